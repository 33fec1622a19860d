/** Made by tools/lxdgen from the API descriptions of LXD 5.0.2 and Incus 6.0.4; not to be changed by hand. */

export interface Access {

}

export interface AccessEntry {
  readonly identifier: string;
  readonly provider: string;
  readonly role: string;
}

export interface Certificate {
  readonly certificate: string;
  readonly fingerprint: string;
  readonly name: string;
  readonly projects: readonly string[];
  readonly restricted: boolean;
  readonly type: string;
  readonly description?: string;
}

export interface CertificateAddToken {
  readonly addresses: readonly string[];
  readonly client_name: string;
  readonly expires_at: string;
  readonly fingerprint: string;
  readonly secret: string;
}

export interface CertificatePut {
  readonly certificate?: string;
  readonly name?: string;
  readonly projects?: readonly string[];
  readonly restricted?: boolean;
  readonly type?: string;
  readonly description?: string;
}

export interface CertificatesPost {
  readonly certificate?: string;
  readonly name?: string;
  readonly password?: string;
  readonly projects?: readonly string[];
  readonly restricted?: boolean;
  readonly token?: boolean;
  readonly type?: string;
  readonly description?: string;
  readonly trust_token?: string;
}

export interface Cluster {
  readonly enabled: boolean;
  readonly member_config: readonly ClusterMemberConfigKey[];
  readonly server_name: string;
}

export interface ClusterCertificatePut {
  readonly cluster_certificate?: string;
  readonly cluster_certificate_key?: string;
}

export interface ClusterGroup {
  readonly description: string;
  readonly members: readonly string[];
  readonly name: string;
}

export interface ClusterGroupPost {
  readonly name?: string;
}

export interface ClusterGroupPut {
  readonly description?: string;
  readonly members?: readonly string[];
}

export interface ClusterGroupsPost {
  readonly description?: string;
  readonly members?: readonly string[];
  readonly name?: string;
}

export interface ClusterMember {
  readonly architecture: string;
  readonly config: { readonly [name: string]: string };
  readonly database: boolean;
  readonly description: string;
  readonly failure_domain: string;
  readonly groups: readonly string[];
  readonly message: string;
  readonly roles: readonly string[];
  readonly server_name: string;
  readonly status: string;
  readonly url: string;
}

export interface ClusterMemberConfigKey {
  readonly description: string;
  readonly entity: string;
  readonly key: string;
  readonly name: string;
  readonly value: string;
}

export interface ClusterMemberJoinToken {
  readonly addresses: readonly string[];
  readonly expires_at: string;
  readonly fingerprint: string;
  readonly secret: string;
  readonly server_name: string;
}

export interface ClusterMemberPost {
  readonly server_name?: string;
}

export interface ClusterMemberPut {
  readonly config?: { readonly [name: string]: string };
  readonly description?: string;
  readonly failure_domain?: string;
  readonly groups?: readonly string[];
  readonly roles?: readonly string[];
}

export interface ClusterMemberState {
  readonly storage_pools: { readonly [name: string]: StoragePoolState };
  readonly sysinfo: ClusterMemberSysInfo;
}

export interface ClusterMemberStatePost {
  readonly action?: string;
  readonly mode?: string;
}

export interface ClusterMemberSysInfo {
  readonly buffered_ram: number;
  readonly free_ram: number;
  readonly free_swap: number;
  readonly load_averages: readonly number[];
  readonly processes: number;
  readonly shared_ram: number;
  readonly total_ram: number;
  readonly total_swap: number;
  readonly uptime: number;
}

export interface ClusterMembersPost {
  readonly server_name?: string;
}

export interface ClusterPut {
  readonly cluster_address?: string;
  readonly cluster_certificate?: string;
  readonly cluster_password?: string;
  readonly enabled?: boolean;
  readonly member_config?: readonly ClusterMemberConfigKey[];
  readonly server_address?: string;
  readonly server_name?: string;
  readonly cluster_token?: string;
}

export interface Event {
  readonly location?: string;
  readonly metadata: { readonly [name: string]: unknown };
  readonly project?: string;
  readonly timestamp: string;
  readonly type: string;
}

export interface Image {
  readonly aliases: readonly ImageAlias[];
  readonly architecture: string;
  readonly auto_update: boolean;
  readonly cached: boolean;
  readonly created_at: string;
  readonly expires_at: string;
  readonly filename: string;
  readonly fingerprint: string;
  readonly last_used_at: string;
  readonly profiles: readonly string[];
  readonly properties: { readonly [name: string]: string };
  readonly public: boolean;
  readonly size: number;
  readonly type: string;
  readonly update_source?: ImageSource | null;
  readonly uploaded_at: string;
  readonly project?: string;
}

export interface ImageAlias {
  readonly description: string;
  readonly name: string;
}

export interface ImageAliasesEntry {
  readonly description: string;
  readonly name: string;
  readonly target: string;
  readonly type: string;
}

export interface ImageAliasesEntryPost {
  readonly name?: string;
}

export interface ImageAliasesEntryPut {
  readonly description?: string;
  readonly target?: string;
}

export interface ImageAliasesPost {
  readonly description?: string;
  readonly name?: string;
  readonly target?: string;
  readonly type?: string;
}

export interface ImageExportPost {
  readonly aliases?: readonly ImageAlias[];
  readonly certificate?: string;
  readonly profiles?: readonly string[];
  readonly project?: string;
  readonly secret?: string;
  readonly target?: string;
}

export interface ImageMetadata {
  readonly architecture: string;
  readonly creation_date: number;
  readonly expiry_date: number;
  readonly properties: { readonly [name: string]: string };
  readonly templates: { readonly [name: string]: ImageMetadataTemplate };
}

export interface ImageMetadataTemplate {
  readonly create_only: boolean;
  readonly properties: { readonly [name: string]: string };
  readonly template: string;
  readonly when: readonly string[];
  readonly gid?: string;
  readonly mode?: string;
  readonly uid?: string;
}

export interface ImagePut {
  readonly auto_update?: boolean;
  readonly expires_at?: string;
  readonly profiles?: readonly string[];
  readonly properties?: { readonly [name: string]: string };
  readonly public?: boolean;
}

export interface ImageSource {
  readonly alias?: string;
  readonly certificate?: string;
  readonly image_type?: string;
  readonly protocol?: string;
  readonly server?: string;
}

export interface ImagesPost {
  readonly aliases?: readonly ImageAlias[];
  readonly auto_update?: boolean;
  readonly compression_algorithm?: string;
  readonly expires_at?: string;
  readonly filename?: string;
  readonly profiles?: readonly string[];
  readonly properties?: { readonly [name: string]: string };
  readonly public?: boolean;
  readonly source?: ImagesPostSource | null;
}

export interface ImagesPostSource {
  readonly alias?: string;
  readonly certificate?: string;
  readonly fingerprint?: string;
  readonly image_type?: string;
  readonly mode?: string;
  readonly name?: string;
  readonly project?: string;
  readonly protocol?: string;
  readonly secret?: string;
  readonly server?: string;
  readonly type?: string;
  readonly url?: string;
}

export interface InitClusterPreseed {
  readonly cluster_address: string;
  readonly cluster_certificate: string;
  readonly cluster_certificate_path: string;
  readonly cluster_password?: string;
  readonly cluster_token: string;
  readonly enabled: boolean;
  readonly member_config: readonly ClusterMemberConfigKey[];
  readonly server_address: string;
  readonly server_name: string;
}

export interface InitLocalPreseed {
  readonly config: { readonly [name: string]: unknown };
  readonly networks: readonly InitNetworksProjectPost[];
  readonly profiles: readonly ProfilesPost[];
  readonly projects: readonly ProjectsPost[];
  readonly storage_pools: readonly StoragePoolsPost[];
  readonly storage_volumes?: readonly InitStorageVolumesProjectPost[];
}

export interface InitNetworksProjectPost {
  readonly Project?: string;
  readonly config?: { readonly [name: string]: string };
  readonly description?: string;
  readonly name?: string;
  readonly type?: string;
}

export interface InitPreseed {
  readonly Node?: InitLocalPreseed;
  readonly cluster: InitClusterPreseed | null;
  readonly Server?: InitLocalPreseed;
}

export interface InitProfileProjectPost {
  readonly Project?: string;
  readonly config?: { readonly [name: string]: string };
  readonly description?: string;
  readonly devices?: { readonly [name: string]: { readonly [name: string]: string } };
  readonly name?: string;
}

export interface InitStorageVolumesProjectPost {
  readonly Pool?: string;
  readonly Project?: string;
  readonly config?: { readonly [name: string]: string };
  readonly content_type?: string;
  readonly description?: string;
  readonly name?: string;
  readonly restore?: string;
  readonly source?: StorageVolumeSource;
  readonly type?: string;
}

export interface Instance {
  readonly architecture: string;
  readonly config: { readonly [name: string]: string };
  readonly created_at: string;
  readonly description: string;
  readonly devices: { readonly [name: string]: { readonly [name: string]: string } };
  readonly ephemeral: boolean;
  readonly expanded_config?: { readonly [name: string]: string };
  readonly expanded_devices?: { readonly [name: string]: { readonly [name: string]: string } };
  readonly last_used_at: string;
  readonly location: string;
  readonly name: string;
  readonly profiles: readonly string[];
  readonly project: string;
  readonly restore?: string;
  readonly stateful: boolean;
  readonly status: string;
  readonly status_code: StatusCode;
  readonly type: string;
}

export interface InstanceBackup {
  readonly container_only?: boolean;
  readonly created_at: string;
  readonly expires_at: string;
  readonly instance_only: boolean;
  readonly name: string;
  readonly optimized_storage: boolean;
}

export interface InstanceBackupPost {
  readonly name?: string;
}

export interface InstanceBackupsPost {
  readonly compression_algorithm?: string;
  readonly container_only?: boolean;
  readonly expires_at?: string;
  readonly instance_only?: boolean;
  readonly name?: string;
  readonly optimized_storage?: boolean;
}

export interface InstanceConsolePost {
  readonly height?: number;
  readonly type?: string;
  readonly width?: number;
  readonly force?: boolean;
}

export interface InstanceExecPost {
  readonly command?: readonly string[];
  readonly cwd?: string;
  readonly environment?: { readonly [name: string]: string };
  readonly group?: number;
  readonly height?: number;
  readonly interactive?: boolean;
  readonly 'record-output'?: boolean;
  readonly user?: number;
  readonly 'wait-for-websocket'?: boolean;
  readonly width?: number;
}

export interface InstanceFull {
  readonly architecture: string;
  readonly backups: readonly InstanceBackup[];
  readonly config: { readonly [name: string]: string };
  readonly created_at: string;
  readonly description: string;
  readonly devices: { readonly [name: string]: { readonly [name: string]: string } };
  readonly ephemeral: boolean;
  readonly expanded_config?: { readonly [name: string]: string };
  readonly expanded_devices?: { readonly [name: string]: { readonly [name: string]: string } };
  readonly last_used_at: string;
  readonly location: string;
  readonly name: string;
  readonly profiles: readonly string[];
  readonly project: string;
  readonly restore?: string;
  readonly snapshots: readonly InstanceSnapshot[];
  readonly state: InstanceState | null;
  readonly stateful: boolean;
  readonly status: string;
  readonly status_code: StatusCode;
  readonly type: string;
}

export interface InstancePost {
  readonly allow_inconsistent?: boolean;
  readonly container_only?: boolean;
  readonly instance_only?: boolean;
  readonly live?: boolean;
  readonly migration?: boolean;
  readonly name?: string;
  readonly pool?: string;
  readonly project?: string;
  readonly target?: InstancePostTarget | null;
  readonly Config?: { readonly [name: string]: string };
  readonly Devices?: { readonly [name: string]: { readonly [name: string]: string } };
  readonly Profiles?: readonly string[];
}

export interface InstancePostTarget {
  readonly certificate?: string;
  readonly operation?: string;
  readonly secrets?: { readonly [name: string]: string };
}

export interface InstancePut {
  readonly architecture?: string;
  readonly config?: { readonly [name: string]: string };
  readonly description?: string;
  readonly devices?: { readonly [name: string]: { readonly [name: string]: string } };
  readonly ephemeral?: boolean;
  readonly profiles?: readonly string[];
  readonly restore?: string;
  readonly stateful?: boolean;
}

export interface InstanceRebuildPost {
  readonly source?: InstanceSource;
}

export interface InstanceSnapshot {
  readonly architecture: string;
  readonly config: { readonly [name: string]: string };
  readonly created_at: string;
  readonly devices: { readonly [name: string]: { readonly [name: string]: string } };
  readonly ephemeral: boolean;
  readonly expanded_config?: { readonly [name: string]: string };
  readonly expanded_devices?: { readonly [name: string]: { readonly [name: string]: string } };
  readonly expires_at: string;
  readonly last_used_at: string;
  readonly name: string;
  readonly profiles: readonly string[];
  readonly size: number;
  readonly stateful: boolean;
}

export interface InstanceSnapshotPost {
  readonly live?: boolean;
  readonly migration?: boolean;
  readonly name?: string;
  readonly target?: InstancePostTarget | null;
}

export interface InstanceSnapshotPut {
  readonly expires_at?: string;
}

export interface InstanceSnapshotsPost {
  readonly expires_at?: string | null;
  readonly name?: string;
  readonly stateful?: boolean;
}

export interface InstanceSource {
  readonly alias?: string;
  readonly allow_inconsistent?: boolean;
  readonly 'base-image'?: string;
  readonly certificate?: string;
  readonly container_only?: boolean;
  readonly fingerprint?: string;
  readonly instance_only?: boolean;
  readonly live?: boolean;
  readonly mode?: string;
  readonly operation?: string;
  readonly project?: string;
  readonly properties?: { readonly [name: string]: string };
  readonly protocol?: string;
  readonly refresh?: boolean;
  readonly secret?: string;
  readonly secrets?: { readonly [name: string]: string };
  readonly server?: string;
  readonly source?: string;
  readonly type?: string;
  readonly refresh_exclude_older?: boolean;
}

export interface InstanceState {
  readonly cpu: InstanceStateCPU;
  readonly disk: { readonly [name: string]: InstanceStateDisk } | null;
  readonly memory: InstanceStateMemory;
  readonly network: { readonly [name: string]: InstanceStateNetwork } | null;
  readonly pid: number;
  readonly processes: number;
  readonly status: string;
  readonly status_code: StatusCode;
  readonly os_info?: InstanceStateOSInfo | null;
  readonly started_at?: string;
}

export interface InstanceStateCPU {
  readonly usage: number;
  readonly allocated_time?: number;
}

export interface InstanceStateDisk {
  readonly usage: number;
  readonly total?: number;
}

export interface InstanceStateMemory {
  readonly swap_usage: number;
  readonly swap_usage_peak: number;
  readonly usage: number;
  readonly usage_peak: number;
  readonly total?: number;
}

export interface InstanceStateNetwork {
  readonly addresses: readonly InstanceStateNetworkAddress[];
  readonly counters: InstanceStateNetworkCounters;
  readonly host_name: string;
  readonly hwaddr: string;
  readonly mtu: number;
  readonly state: string;
  readonly type: string;
}

export interface InstanceStateNetworkAddress {
  readonly address: string;
  readonly family: string;
  readonly netmask: string;
  readonly scope: string;
}

export interface InstanceStateNetworkCounters {
  readonly bytes_received: number;
  readonly bytes_sent: number;
  readonly errors_received: number;
  readonly errors_sent: number;
  readonly packets_dropped_inbound: number;
  readonly packets_dropped_outbound: number;
  readonly packets_received: number;
  readonly packets_sent: number;
}

export interface InstanceStateOSInfo {
  readonly fqdn: string;
  readonly hostname: string;
  readonly kernel_version: string;
  readonly os: string;
  readonly os_version: string;
}

export interface InstanceStatePut {
  readonly action?: string;
  readonly force?: boolean;
  readonly stateful?: boolean;
  readonly timeout?: number;
}

export type InstanceType = string;

export interface InstancesPost {
  readonly architecture?: string;
  readonly config?: { readonly [name: string]: string };
  readonly description?: string;
  readonly devices?: { readonly [name: string]: { readonly [name: string]: string } };
  readonly ephemeral?: boolean;
  readonly instance_type?: string;
  readonly name?: string;
  readonly profiles?: readonly string[];
  readonly restore?: string;
  readonly source?: InstanceSource;
  readonly stateful?: boolean;
  readonly type?: InstanceType;
  readonly start?: boolean;
}

export interface InstancesPut {
  readonly state?: InstanceStatePut | null;
}

export interface MetadataConfig {

}

export type MetadataConfigEntityName = string;

export interface MetadataConfigGroup {
  readonly keys: readonly ({ readonly [name: string]: MetadataConfigKey })[];
}

export type MetadataConfigGroupName = string;

export interface MetadataConfigKey {
  readonly condition?: string;
  readonly defaultdesc?: string;
  readonly liveupdate?: string;
  readonly longdesc: string;
  readonly scope?: string;
  readonly shortdesc: string;
  readonly type: string;
}

export interface MetadataConfiguration {
  readonly configs: MetadataConfig;
}

export interface Network {
  readonly config: { readonly [name: string]: string };
  readonly description: string;
  readonly locations: readonly string[];
  readonly managed: boolean;
  readonly name: string;
  readonly status: string;
  readonly type: string;
  readonly used_by: readonly string[];
  readonly project?: string;
}

export interface NetworkACL {
  readonly config: { readonly [name: string]: string };
  readonly description: string;
  readonly egress: readonly NetworkACLRule[];
  readonly ingress: readonly NetworkACLRule[];
  readonly name: string;
  readonly used_by: readonly string[];
  readonly project?: string;
}

export interface NetworkACLPost {
  readonly name?: string;
}

export interface NetworkACLPut {
  readonly config?: { readonly [name: string]: string };
  readonly description?: string;
  readonly egress?: readonly NetworkACLRule[];
  readonly ingress?: readonly NetworkACLRule[];
}

export interface NetworkACLRule {
  readonly action: string;
  readonly description?: string;
  readonly destination?: string;
  readonly destination_port?: string;
  readonly icmp_code?: string;
  readonly icmp_type?: string;
  readonly protocol?: string;
  readonly source?: string;
  readonly source_port?: string;
  readonly state: string;
}

export interface NetworkACLsPost {
  readonly config?: { readonly [name: string]: string };
  readonly description?: string;
  readonly egress?: readonly NetworkACLRule[];
  readonly ingress?: readonly NetworkACLRule[];
  readonly name?: string;
}

export interface NetworkAllocations {
  readonly addresses: string;
  readonly hwaddr: string;
  readonly nat: boolean;
  readonly type: string;
  readonly used_by: string;
}

export interface NetworkForward {
  readonly config: { readonly [name: string]: string };
  readonly description: string;
  readonly listen_address: string;
  readonly location: string;
  readonly ports: readonly NetworkForwardPort[];
}

export interface NetworkForwardPort {
  readonly description: string;
  readonly listen_port: string;
  readonly protocol: string;
  readonly target_address: string;
  readonly target_port: string;
}

export interface NetworkForwardPut {
  readonly config?: { readonly [name: string]: string };
  readonly description?: string;
  readonly ports?: readonly NetworkForwardPort[];
}

export interface NetworkForwardsPost {
  readonly config?: { readonly [name: string]: string };
  readonly description?: string;
  readonly listen_address?: string;
  readonly ports?: readonly NetworkForwardPort[];
}

export interface NetworkIntegration {
  readonly config: { readonly [name: string]: string };
  readonly description: string;
  readonly name: string;
  readonly type: string;
  readonly used_by: readonly string[];
}

export interface NetworkIntegrationPost {
  readonly name?: string;
}

export interface NetworkIntegrationPut {
  readonly config?: { readonly [name: string]: string };
  readonly description?: string;
}

export interface NetworkIntegrationsPost {
  readonly config?: { readonly [name: string]: string };
  readonly description?: string;
  readonly name?: string;
  readonly type?: string;
}

export interface NetworkLease {
  readonly address: string;
  readonly hostname: string;
  readonly hwaddr: string;
  readonly location: string;
  readonly type: string;
}

export interface NetworkLoadBalancer {
  readonly backends: readonly NetworkLoadBalancerBackend[];
  readonly config: { readonly [name: string]: string };
  readonly description: string;
  readonly listen_address: string;
  readonly location: string;
  readonly ports: readonly NetworkLoadBalancerPort[];
}

export interface NetworkLoadBalancerBackend {
  readonly description: string;
  readonly name: string;
  readonly target_address: string;
  readonly target_port: string;
}

export interface NetworkLoadBalancerPort {
  readonly description: string;
  readonly listen_port: string;
  readonly protocol: string;
  readonly target_backend: readonly string[];
}

export interface NetworkLoadBalancerPut {
  readonly backends?: readonly NetworkLoadBalancerBackend[];
  readonly config?: { readonly [name: string]: string };
  readonly description?: string;
  readonly ports?: readonly NetworkLoadBalancerPort[];
}

export interface NetworkLoadBalancerState {
  readonly backend_health: { readonly [name: string]: NetworkLoadBalancerStateBackendHealth };
}

export interface NetworkLoadBalancerStateBackendHealth {
  readonly address: string;
  readonly ports: readonly NetworkLoadBalancerStateBackendHealthPort[];
}

export interface NetworkLoadBalancerStateBackendHealthPort {
  readonly port: number;
  readonly protocol: string;
  readonly status: string;
}

export interface NetworkLoadBalancersPost {
  readonly backends?: readonly NetworkLoadBalancerBackend[];
  readonly config?: { readonly [name: string]: string };
  readonly description?: string;
  readonly listen_address?: string;
  readonly ports?: readonly NetworkLoadBalancerPort[];
}

export interface NetworkPeer {
  readonly config: { readonly [name: string]: string };
  readonly description: string;
  readonly name: string;
  readonly status: string;
  readonly target_network?: string;
  readonly target_project?: string;
  readonly used_by: readonly string[];
  readonly target_integration?: string;
  readonly type?: string;
}

export interface NetworkPeerPut {
  readonly config?: { readonly [name: string]: string };
  readonly description?: string;
}

export interface NetworkPeersPost {
  readonly config?: { readonly [name: string]: string };
  readonly description?: string;
  readonly name?: string;
  readonly target_network?: string;
  readonly target_project?: string;
  readonly target_integration?: string;
  readonly type?: string;
}

export interface NetworkPost {
  readonly name?: string;
}

export interface NetworkPut {
  readonly config?: { readonly [name: string]: string };
  readonly description?: string;
}

export interface NetworkState {
  readonly addresses: readonly NetworkStateAddress[];
  readonly bond: NetworkStateBond | null;
  readonly bridge: NetworkStateBridge | null;
  readonly counters: NetworkStateCounters | null;
  readonly hwaddr: string;
  readonly mtu: number;
  readonly ovn: NetworkStateOVN | null;
  readonly state: string;
  readonly type: string;
  readonly vlan: NetworkStateVLAN | null;
}

export interface NetworkStateAddress {
  readonly address: string;
  readonly family: string;
  readonly netmask: string;
  readonly scope: string;
}

export interface NetworkStateBond {
  readonly down_delay: number;
  readonly lower_devices: readonly string[];
  readonly mii_frequency: number;
  readonly mii_state: string;
  readonly mode: string;
  readonly transmit_policy: string;
  readonly up_delay: number;
}

export interface NetworkStateBridge {
  readonly forward_delay: number;
  readonly id: string;
  readonly stp: boolean;
  readonly upper_devices: readonly string[];
  readonly vlan_default: number;
  readonly vlan_filtering: boolean;
}

export interface NetworkStateCounters {
  readonly bytes_received: number;
  readonly bytes_sent: number;
  readonly packets_received: number;
  readonly packets_sent: number;
}

export interface NetworkStateOVN {
  readonly chassis: string;
  readonly logical_router?: string;
  readonly logical_switch?: string;
  readonly uplink_ipv4?: string;
  readonly uplink_ipv6?: string;
}

export interface NetworkStateVLAN {
  readonly lower_device: string;
  readonly vid: number;
}

export interface NetworkZone {
  readonly config: { readonly [name: string]: string };
  readonly description: string;
  readonly name: string;
  readonly used_by: readonly string[];
  readonly project?: string;
}

export interface NetworkZonePut {
  readonly config?: { readonly [name: string]: string };
  readonly description?: string;
}

export interface NetworkZoneRecord {
  readonly config: { readonly [name: string]: string };
  readonly description: string;
  readonly entries: readonly NetworkZoneRecordEntry[];
  readonly name: string;
}

export interface NetworkZoneRecordEntry {
  readonly ttl?: number;
  readonly type: string;
  readonly value: string;
}

export interface NetworkZoneRecordPut {
  readonly config?: { readonly [name: string]: string };
  readonly description?: string;
  readonly entries?: readonly NetworkZoneRecordEntry[];
}

export interface NetworkZoneRecordsPost {
  readonly config?: { readonly [name: string]: string };
  readonly description?: string;
  readonly entries?: readonly NetworkZoneRecordEntry[];
  readonly name?: string;
}

export interface NetworkZonesPost {
  readonly config?: { readonly [name: string]: string };
  readonly description?: string;
  readonly name?: string;
}

export interface NetworksPost {
  readonly config?: { readonly [name: string]: string };
  readonly description?: string;
  readonly name?: string;
  readonly type?: string;
}

export interface Operation {
  readonly class: string;
  readonly created_at: string;
  readonly description: string;
  readonly err: string;
  readonly id: string;
  readonly location: string;
  readonly may_cancel: boolean;
  readonly metadata: { readonly [name: string]: unknown } | null;
  readonly resources: { readonly [name: string]: readonly string[] } | null;
  readonly status: string;
  readonly status_code: StatusCode;
  readonly updated_at: string;
}

export interface Profile {
  readonly config: { readonly [name: string]: string };
  readonly description: string;
  readonly devices: { readonly [name: string]: { readonly [name: string]: string } };
  readonly name: string;
  readonly used_by: readonly string[];
  readonly project?: string;
}

export interface ProfilePost {
  readonly name?: string;
}

export interface ProfilePut {
  readonly config?: { readonly [name: string]: string };
  readonly description?: string;
  readonly devices?: { readonly [name: string]: { readonly [name: string]: string } };
}

export interface ProfilesPost {
  readonly config?: { readonly [name: string]: string };
  readonly description?: string;
  readonly devices?: { readonly [name: string]: { readonly [name: string]: string } };
  readonly name?: string;
}

export interface Project {
  readonly config: { readonly [name: string]: string };
  readonly description: string;
  readonly name: string;
  readonly used_by: readonly string[];
}

export interface ProjectPost {
  readonly name?: string;
}

export interface ProjectPut {
  readonly config?: { readonly [name: string]: string };
  readonly description?: string;
}

export interface ProjectState {
  readonly resources: { readonly [name: string]: ProjectStateResource };
}

export interface ProjectStateResource {
  readonly Limit: number;
  readonly Usage: number;
}

export interface ProjectsPost {
  readonly config?: { readonly [name: string]: string };
  readonly description?: string;
  readonly name?: string;
}

export interface Resources {
  readonly cpu: ResourcesCPU;
  readonly gpu: ResourcesGPU;
  readonly memory: ResourcesMemory;
  readonly network: ResourcesNetwork;
  readonly pci: ResourcesPCI;
  readonly storage: ResourcesStorage;
  readonly system: ResourcesSystem;
  readonly usb: ResourcesUSB;
  readonly load?: ResourcesLoad;
}

export interface ResourcesCPU {
  readonly architecture: string;
  readonly sockets: readonly ResourcesCPUSocket[];
  readonly total: number;
}

export interface ResourcesCPUCache {
  readonly level: number;
  readonly size: number;
  readonly type: string;
}

export interface ResourcesCPUCore {
  readonly core: number;
  readonly die: number;
  readonly frequency?: number;
  readonly threads: readonly ResourcesCPUThread[];
  readonly flags?: readonly string[];
}

export interface ResourcesCPUSocket {
  readonly cache?: readonly ResourcesCPUCache[];
  readonly cores: readonly ResourcesCPUCore[];
  readonly frequency?: number;
  readonly frequency_minimum?: number;
  readonly frequency_turbo?: number;
  readonly name?: string;
  readonly socket: number;
  readonly vendor?: string;
}

export interface ResourcesCPUThread {
  readonly id: number;
  readonly isolated: boolean;
  readonly numa_node: number;
  readonly online: boolean;
  readonly thread: number;
}

export interface ResourcesGPU {
  readonly cards: readonly ResourcesGPUCard[];
  readonly total: number;
}

export interface ResourcesGPUCard {
  readonly driver?: string;
  readonly driver_version?: string;
  readonly drm?: ResourcesGPUCardDRM | null;
  readonly mdev?: { readonly [name: string]: ResourcesGPUCardMdev };
  readonly numa_node: number;
  readonly nvidia?: ResourcesGPUCardNvidia | null;
  readonly pci_address?: string;
  readonly product?: string;
  readonly product_id?: string;
  readonly sriov?: ResourcesGPUCardSRIOV | null;
  readonly usb_address?: string;
  readonly vendor?: string;
  readonly vendor_id?: string;
}

export interface ResourcesGPUCardDRM {
  readonly card_device: string;
  readonly card_name: string;
  readonly control_device?: string;
  readonly control_name?: string;
  readonly id: number;
  readonly render_device?: string;
  readonly render_name?: string;
}

export interface ResourcesGPUCardMdev {
  readonly api: string;
  readonly available: number;
  readonly description?: string;
  readonly devices: readonly string[];
  readonly name?: string;
}

export interface ResourcesGPUCardNvidia {
  readonly architecture?: string;
  readonly brand: string;
  readonly card_device: string;
  readonly card_name: string;
  readonly cuda_version?: string;
  readonly model: string;
  readonly nvrm_version?: string;
  readonly uuid?: string;
}

export interface ResourcesGPUCardSRIOV {
  readonly current_vfs: number;
  readonly maximum_vfs: number;
  readonly vfs: readonly ResourcesGPUCard[];
}

export interface ResourcesLoad {
  readonly Average1Min: number;
  readonly Average5Min: number;
  readonly Average10Min: number;
  readonly Processes: number;
}

export interface ResourcesMemory {
  readonly hugepages_size: number;
  readonly hugepages_total: number;
  readonly hugepages_used: number;
  readonly nodes?: readonly ResourcesMemoryNode[];
  readonly total: number;
  readonly used: number;
}

export interface ResourcesMemoryNode {
  readonly hugepages_total: number;
  readonly hugepages_used: number;
  readonly numa_node: number;
  readonly total: number;
  readonly used: number;
}

export interface ResourcesNetwork {
  readonly cards: readonly ResourcesNetworkCard[];
  readonly total: number;
}

export interface ResourcesNetworkCard {
  readonly driver?: string;
  readonly driver_version?: string;
  readonly firmware_version?: string;
  readonly numa_node: number;
  readonly pci_address?: string;
  readonly ports?: readonly ResourcesNetworkCardPort[];
  readonly product?: string;
  readonly product_id?: string;
  readonly sriov?: ResourcesNetworkCardSRIOV | null;
  readonly usb_address?: string;
  readonly vendor?: string;
  readonly vendor_id?: string;
  readonly vdpa?: ResourcesNetworkCardVDPA | null;
}

export interface ResourcesNetworkCardPort {
  readonly address?: string;
  readonly auto_negotiation: boolean;
  readonly id: string;
  readonly infiniband?: ResourcesNetworkCardPortInfiniband | null;
  readonly link_detected: boolean;
  readonly link_duplex?: string;
  readonly link_speed?: number;
  readonly port: number;
  readonly port_type?: string;
  readonly protocol: string;
  readonly supported_modes?: readonly string[];
  readonly supported_ports?: readonly string[];
  readonly transceiver_type?: string;
}

export interface ResourcesNetworkCardPortInfiniband {
  readonly issm_device?: string;
  readonly issm_name?: string;
  readonly mad_device?: string;
  readonly mad_name?: string;
  readonly verb_device?: string;
  readonly verb_name?: string;
}

export interface ResourcesNetworkCardSRIOV {
  readonly current_vfs: number;
  readonly maximum_vfs: number;
  readonly vfs: readonly ResourcesNetworkCard[];
}

export interface ResourcesNetworkCardVDPA {
  readonly device: string;
  readonly name: string;
}

export interface ResourcesPCI {
  readonly devices: readonly ResourcesPCIDevice[];
  readonly total: number;
}

export interface ResourcesPCIDevice {
  readonly driver: string;
  readonly driver_version: string;
  readonly iommu_group: number;
  readonly numa_node: number;
  readonly pci_address: string;
  readonly product: string;
  readonly product_id: string;
  readonly vendor: string;
  readonly vendor_id: string;
  readonly vpd: ResourcesPCIVPD;
}

export interface ResourcesPCIVPD {
  readonly entries?: { readonly [name: string]: string };
  readonly product_name?: string;
}

export interface ResourcesStorage {
  readonly disks: readonly ResourcesStorageDisk[];
  readonly total: number;
}

export interface ResourcesStorageDisk {
  readonly block_size: number;
  readonly device: string;
  readonly device_id: string;
  readonly device_path?: string;
  readonly firmware_version?: string;
  readonly id: string;
  readonly model?: string;
  readonly numa_node: number;
  readonly partitions: readonly ResourcesStorageDiskPartition[];
  readonly pci_address?: string;
  readonly read_only: boolean;
  readonly removable: boolean;
  readonly rpm: number;
  readonly serial?: string;
  readonly size: number;
  readonly type?: string;
  readonly usb_address?: string;
  readonly wwn?: string;
}

export interface ResourcesStorageDiskPartition {
  readonly device: string;
  readonly id: string;
  readonly partition: number;
  readonly read_only: boolean;
  readonly size: number;
}

export interface ResourcesStoragePool {
  readonly inodes?: ResourcesStoragePoolInodes;
  readonly space?: ResourcesStoragePoolSpace;
}

export interface ResourcesStoragePoolInodes {
  readonly total: number;
  readonly used: number;
}

export interface ResourcesStoragePoolSpace {
  readonly total: number;
  readonly used?: number;
}

export interface ResourcesSystem {
  readonly chassis: ResourcesSystemChassis | null;
  readonly family: string;
  readonly firmware: ResourcesSystemFirmware | null;
  readonly motherboard: ResourcesSystemMotherboard | null;
  readonly product: string;
  readonly serial: string;
  readonly sku: string;
  readonly type: string;
  readonly uuid: string;
  readonly vendor: string;
  readonly version: string;
}

export interface ResourcesSystemChassis {
  readonly serial: string;
  readonly type: string;
  readonly vendor: string;
  readonly version: string;
}

export interface ResourcesSystemFirmware {
  readonly date: string;
  readonly vendor: string;
  readonly version: string;
}

export interface ResourcesSystemMotherboard {
  readonly product: string;
  readonly serial: string;
  readonly vendor: string;
  readonly version: string;
}

export interface ResourcesUSB {
  readonly devices: readonly ResourcesUSBDevice[];
  readonly total: number;
}

export interface ResourcesUSBDevice {
  readonly bus_address: number;
  readonly device_address: number;
  readonly interfaces: readonly ResourcesUSBDeviceInterface[];
  readonly product: string;
  readonly product_id: string;
  readonly speed: number;
  readonly vendor: string;
  readonly vendor_id: string;
  readonly serial?: string;
}

export interface ResourcesUSBDeviceInterface {
  readonly class: string;
  readonly class_id: number;
  readonly driver: string;
  readonly driver_version: string;
  readonly number: number;
  readonly subclass: string;
  readonly subclass_id: number;
}

export interface Server {
  readonly api_extensions: readonly string[];
  readonly api_status: string;
  readonly api_version: string;
  readonly auth: string;
  readonly auth_methods: readonly string[];
  readonly config: { readonly [name: string]: unknown };
  readonly environment: ServerEnvironment;
  readonly public: boolean;
  readonly auth_user_method?: string;
  readonly auth_user_name?: string;
}

export interface ServerEnvironment {
  readonly addresses: readonly string[];
  readonly architectures: readonly string[];
  readonly certificate: string;
  readonly certificate_fingerprint: string;
  readonly driver: string;
  readonly driver_version: string;
  readonly firewall: string;
  readonly kernel: string;
  readonly kernel_architecture: string;
  readonly kernel_features: { readonly [name: string]: string };
  readonly kernel_version: string;
  readonly lxc_features: { readonly [name: string]: string };
  readonly os_name: string;
  readonly os_version: string;
  readonly project: string;
  readonly server: string;
  readonly server_clustered: boolean;
  readonly server_event_mode: string;
  readonly server_name: string;
  readonly server_pid: number;
  readonly server_version: string;
  readonly storage: string;
  readonly storage_supported_drivers: readonly ServerStorageDriverInfo[];
  readonly storage_version: string;
}

export interface ServerPut {
  readonly config?: { readonly [name: string]: unknown };
}

export interface ServerStorageDriverInfo {
  readonly Name: string;
  readonly Remote: boolean;
  readonly Version: string;
}

export interface ServerUntrusted {
  readonly api_extensions: readonly string[];
  readonly api_status: string;
  readonly api_version: string;
  readonly auth: string;
  readonly auth_methods: readonly string[];
  readonly public: boolean;
  readonly config?: { readonly [name: string]: string };
}

export type StatusCode = number;

export interface StorageBucket {
  readonly config: { readonly [name: string]: string };
  readonly description: string;
  readonly location: string;
  readonly name: string;
  readonly s3_url: string;
  readonly project?: string;
}

export interface StorageBucketBackup {
  readonly compression_algorithm: string;
  readonly expires_at: string;
  readonly name: string;
}

export interface StorageBucketBackupPost {
  readonly name?: string;
}

export interface StorageBucketBackupsPost {
  readonly compression_algorithm?: string;
  readonly expires_at?: string;
  readonly name?: string;
}

export interface StorageBucketKey {
  readonly 'access-key': string;
  readonly description: string;
  readonly name: string;
  readonly role: string;
  readonly 'secret-key': string;
}

export interface StorageBucketKeyPut {
  readonly 'access-key'?: string;
  readonly description?: string;
  readonly role?: string;
  readonly 'secret-key'?: string;
}

export interface StorageBucketKeysPost {
  readonly 'access-key'?: string;
  readonly description?: string;
  readonly name?: string;
  readonly role?: string;
  readonly 'secret-key'?: string;
}

export interface StorageBucketPut {
  readonly config?: { readonly [name: string]: string };
  readonly description?: string;
}

export interface StorageBucketsPost {
  readonly config?: { readonly [name: string]: string };
  readonly description?: string;
  readonly name?: string;
}

export interface StoragePool {
  readonly config: { readonly [name: string]: string };
  readonly description: string;
  readonly driver: string;
  readonly locations: readonly string[];
  readonly name: string;
  readonly status: string;
  readonly used_by: readonly string[];
}

export interface StoragePoolPut {
  readonly config?: { readonly [name: string]: string };
  readonly description?: string;
}

export interface StoragePoolState {
  readonly inodes?: ResourcesStoragePoolInodes;
  readonly space?: ResourcesStoragePoolSpace;
}

export interface StoragePoolVolumeBackup {
  readonly created_at: string;
  readonly expires_at: string;
  readonly name: string;
  readonly optimized_storage: boolean;
  readonly volume_only: boolean;
}

export interface StoragePoolVolumeBackupPost {
  readonly name?: string;
}

export interface StoragePoolVolumeBackupsPost {
  readonly compression_algorithm?: string;
  readonly expires_at?: string;
  readonly name?: string;
  readonly optimized_storage?: boolean;
  readonly volume_only?: boolean;
}

export interface StoragePoolsPost {
  readonly config?: { readonly [name: string]: string };
  readonly description?: string;
  readonly driver?: string;
  readonly name?: string;
}

export interface StorageVolume {
  readonly config: { readonly [name: string]: string };
  readonly content_type: string;
  readonly created_at: string;
  readonly description: string;
  readonly location: string;
  readonly name: string;
  readonly project: string;
  readonly restore?: string;
  readonly type: string;
  readonly used_by: readonly string[];
}

export interface StorageVolumeBackup {
  readonly created_at: string;
  readonly expires_at: string;
  readonly name: string;
  readonly optimized_storage: boolean;
  readonly volume_only: boolean;
}

export interface StorageVolumeBackupPost {
  readonly name?: string;
}

export interface StorageVolumeBackupsPost {
  readonly compression_algorithm?: string;
  readonly expires_at?: string;
  readonly name?: string;
  readonly optimized_storage?: boolean;
  readonly volume_only?: boolean;
}

export interface StorageVolumePost {
  readonly migration?: boolean;
  readonly name?: string;
  readonly pool?: string;
  readonly project?: string;
  readonly target?: StorageVolumePostTarget | null;
  readonly volume_only?: boolean;
  readonly source?: StorageVolumeSource;
}

export interface StorageVolumePostTarget {
  readonly certificate?: string;
  readonly operation?: string;
  readonly secrets?: { readonly [name: string]: string };
}

export interface StorageVolumePut {
  readonly config?: { readonly [name: string]: string };
  readonly description?: string;
  readonly restore?: string;
}

export interface StorageVolumeSnapshot {
  readonly config: { readonly [name: string]: string };
  readonly content_type: string;
  readonly created_at: string;
  readonly description: string;
  readonly expires_at: string | null;
  readonly name: string;
}

export interface StorageVolumeSnapshotPost {
  readonly name?: string;
  readonly migration?: boolean;
  readonly target?: StorageVolumePostTarget | null;
}

export interface StorageVolumeSnapshotPut {
  readonly description?: string;
  readonly expires_at?: string | null;
}

export interface StorageVolumeSnapshotsPost {
  readonly expires_at?: string | null;
  readonly name?: string;
}

export interface StorageVolumeSource {
  readonly certificate?: string;
  readonly mode?: string;
  readonly name?: string;
  readonly operation?: string;
  readonly pool?: string;
  readonly project?: string;
  readonly refresh?: boolean;
  readonly secrets?: { readonly [name: string]: string };
  readonly type?: string;
  readonly volume_only?: boolean;
  readonly location?: string;
  readonly refresh_exclude_older?: boolean;
}

export interface StorageVolumeState {
  readonly usage: StorageVolumeStateUsage | null;
}

export interface StorageVolumeStateUsage {
  readonly total: number;
  readonly used?: number;
}

export interface StorageVolumesPost {
  readonly config?: { readonly [name: string]: string };
  readonly content_type?: string;
  readonly description?: string;
  readonly name?: string;
  readonly restore?: string;
  readonly source?: StorageVolumeSource;
  readonly type?: string;
}

export interface Warning {
  readonly count: number;
  readonly entity_url: string;
  readonly first_seen_at: string;
  readonly last_message: string;
  readonly last_seen_at: string;
  readonly location: string;
  readonly project: string;
  readonly severity: string;
  readonly status: string;
  readonly type: string;
  readonly uuid: string;
}

export interface WarningPut {
  readonly status?: string;
}
