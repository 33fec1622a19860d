import type { InstanceIdentity } from '../domain/agent-state.ts';
import type { ContainerHealth, ContainerNetwork, ContainerState, TaskState } from '../domain/task-state.ts';

/**
 * Tasks and containers in the words of the task metadata endpoints (ECS developer guide, "Task metadata endpoint
 * version 4", "version 3"). Pure. Types matter more than they seem to: decoders of monitoring agents want whole
 * numbers in a container's limits, 16-bit ports and times as text, and fail on anything else.
 */
export type MetadataVersion = 'v2' | 'v3' | 'v4';

/** A failed look-up of tags, as version 4 reports it inside the task. */
export interface MetadataError {
  readonly ErrorField: string;
  readonly ErrorCode: string;
  readonly ErrorMessage: string;
  readonly StatusCode: number;
  readonly RequestId: string;
  readonly ResourceARN: string;
}

export interface MetadataTags {
  readonly TaskTags?: Readonly<Record<string, string>>;
  readonly ContainerInstanceTags?: Readonly<Record<string, string>>;
  readonly Errors?: readonly MetadataError[];
}

/** RFC 3339, or undefined for a time that has not come. */
export const timeText = (milliseconds: number | undefined): string | undefined =>
  milliseconds === undefined ? undefined : new Date(milliseconds).toISOString();

const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === '' ||
  (Array.isArray(value) && value.length === 0) ||
  (typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0);

/** Leaves out what Amazon's agent leaves out: absent values, empty texts, lists and maps. */
const withoutEmpty = <T extends object>(value: T): Partial<T> =>
  Object.fromEntries(Object.entries(value).filter(([, member]) => !isEmpty(member))) as Partial<T>;

export interface PortAnswer {
  readonly ContainerPort: number;
  readonly Protocol: string;
  readonly HostPort?: number;
  readonly HostIp?: string;
}

/** The ports of a container; in awsvpc, where nothing is published, host and container port are the same. */
export const portAnswers = (task: TaskState, container: ContainerState, version: MetadataVersion): PortAnswer[] => {
  if (task.networkMode === 'awsvpc') {
    return (container.definition.portMappings ?? [])
      .filter(({ containerPort }) => containerPort !== undefined)
      .map(({ containerPort = 0, protocol = 'tcp' }) => ({
        ContainerPort: containerPort,
        Protocol: protocol,
        HostPort: containerPort,
      }));
  }
  return container.networkBindings
    .filter(({ containerPort }) => containerPort !== undefined)
    .map(({ containerPort = 0, hostPort, protocol, bindIP }) => ({
      ContainerPort: containerPort,
      Protocol: protocol,
      ...(hostPort === undefined ? {} : { HostPort: hostPort }),
      ...(version === 'v4' && bindIP !== '' ? { HostIp: bindIP } : {}),
    }));
};

const networkAnswer = (network: ContainerNetwork, version: MetadataVersion): object => ({
  NetworkMode: network.networkMode,
  ...withoutEmpty({ IPv4Addresses: network.ipv4Addresses, IPv6Addresses: network.ipv6Addresses }),
  ...(version === 'v4' && network.networkMode === 'awsvpc'
    ? withoutEmpty({
        AttachmentIndex: network.attachmentIndex,
        MACAddress: network.macAddress,
        IPv4SubnetCIDRBlock: network.ipv4SubnetCidrBlock,
        DomainNameServers: network.domainNameServers,
        DomainNameSearchList: network.domainNameSearchList,
        PrivateDNSName: network.privateDnsName,
        SubnetGatewayIpv4Address: network.subnetGatewayIpv4Address,
      })
    : {}),
});

/** A container's networks: at least one, because agents take a container without any as not started. */
export const networkAnswers = (task: TaskState, container: ContainerState, version: MetadataVersion): object[] =>
  container.networks.length === 0
    ? [{ NetworkMode: task.networkMode }]
    : container.networks.map((network) => networkAnswer(network, version));

const healthAnswer = (health: ContainerHealth): object => ({
  status: health.status,
  statusSince: timeText(health.since),
  ...withoutEmpty({ exitCode: health.exitCode === 0 ? undefined : health.exitCode, output: health.output }),
});

/** Docker's least shares are 2; that is what a container without a CPU figure is created with. */
const cpuLimit = (container: ContainerState): number =>
  Math.max(2, Math.round(container.cpuShares ?? container.definition.cpu ?? 0));

/** One container. */
export const containerAnswer = (task: TaskState, container: ContainerState, version: MetadataVersion): object => ({
  DockerId: container.dockerId ?? '',
  Name: container.name,
  DockerName: container.dockerName,
  Image: container.image,
  ImageID: container.imageId ?? '',
  ...withoutEmpty({ Ports: portAnswers(task, container, version), Labels: container.labels }),
  DesiredStatus: container.desiredStatus,
  KnownStatus: container.knownStatus,
  ...withoutEmpty({ ExitCode: container.exitCode }),
  Limits: { CPU: cpuLimit(container), Memory: Math.round(container.memoryMiB ?? container.definition.memory ?? 0) },
  ...withoutEmpty({
    CreatedAt: timeText(container.createdAt),
    StartedAt: timeText(container.startedAt),
    FinishedAt: timeText(container.finishedAt),
  }),
  Type: container.type,
  ...withoutEmpty({
    Health: container.health === undefined ? undefined : healthAnswer(container.health),
    Volumes: container.volumes.map((volume) =>
      withoutEmpty({ DockerName: volume.dockerName, Source: volume.source, Destination: volume.destination }),
    ),
  }),
  ...(version === 'v4'
    ? withoutEmpty({
        LogDriver: container.logDriver,
        LogOptions: container.logOptions,
        ContainerARN: container.definition.containerArn,
        RestartCount: container.definition.restartPolicy?.enabled === true ? container.restartCount : undefined,
      })
    : {}),
  Networks: networkAnswers(task, container, version),
});

/** Containers that the engine knows or whose image is there; earlier ones are not shown. */
const shown = ({ dockerId, knownStatus }: ContainerState): boolean =>
  dockerId !== undefined || knownStatus === 'PULLED';

const taskLimits = ({ payload: { cpu, memory } }: TaskState): object =>
  withoutEmpty({ CPU: cpu === 0 ? undefined : cpu, Memory: memory === 0 ? undefined : memory });

/** One task. CPU in its limits is in vCPU. */
export const taskAnswer = (
  task: TaskState,
  identity: InstanceIdentity,
  version: MetadataVersion,
  tags: MetadataTags = {},
): object => ({
  Cluster: identity.cluster,
  TaskARN: task.arn,
  Family: task.family,
  Revision: task.version,
  DesiredStatus: task.desiredStatus,
  KnownStatus: task.knownStatus,
  ...withoutEmpty({
    Limits: taskLimits(task),
    PullStartedAt: timeText(task.pullStartedAt),
    PullStoppedAt: timeText(task.pullStoppedAt),
    ExecutionStoppedAt: timeText(task.executionStoppedAt),
    AvailabilityZone: identity.availabilityZone,
    TaskTags: tags.TaskTags,
    ContainerInstanceTags: tags.ContainerInstanceTags,
    LaunchType: version === 'v4' ? (task.payload.launchType ?? 'EC2') : undefined,
    Errors: version === 'v4' ? tags.Errors : undefined,
    ServiceName: version === 'v4' ? task.payload.serviceName : undefined,
    Group: version === 'v4' ? task.payload.group : undefined,
  }),
  ...(version === 'v4' ? { FaultInjectionEnabled: false } : {}),
  Containers: task.containers.filter(shown).map((container) => containerAnswer(task, container, version)),
});
