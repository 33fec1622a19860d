/** A client of the LXD and Incus API. Start at {@link connect}. */
export { connect, type ConnectOptions, type Lxd, type ServerInfo } from './connect.ts';
export type { Client, Call } from './client.ts';
export type { Config, ConfigValue, Devices } from './config-values.ts';
export {
  ChangedError,
  ConflictError,
  ConnectionError,
  ForbiddenError,
  LxdError,
  NotFoundError,
  NotSupportedError,
  QuotaError,
  TimeoutError,
} from './errors.ts';
export type { ExecOptions, ExecSession, RunOptions, RunResult } from './exec.ts';
export type { FileAttributes, FileInfo, Files, WriteOptions } from './files.ts';
export type { Image, ImageAlias, ImageFiles, Images, ImportOptions } from './images.ts';
export type {
  Instance,
  InstanceAddress,
  InstanceInfo,
  InstanceKind,
  InstanceMove,
  Instances,
  InstanceSource,
  InstanceState,
  ListOptions,
  NewInstance,
  StateOptions,
} from './instances.ts';
export { Operation, type OperationOptions, type OperationState } from './operation.ts';
export type { Waiting, WaitOptions } from './wait-for.ts';
export type { Archives } from './archives.ts';
export type { Certificates, NewCertificate } from './certificates.ts';
export type { ClusterJoin, ClusterMembers, ClusterView } from './cluster.ts';
export type { Collection } from './collection.ts';
export type { EventGap, EventOptions, LxdEvent } from './events.ts';
export type { Console, ConsoleOptions, ConsoleSession } from './instances/console.ts';
export type { Logs } from './instances/logs.ts';
export type { Metadata, Templates } from './instances/metadata.ts';
export type { MigrateOptions, MigrationMode } from './instances/migrate.ts';
export type { Trees } from './instances/tree.ts';
export type { TreeOptions } from './instances/tree-by-tar.ts';
export type { RecordOptions } from './instances/record.ts';
export { parseMetrics, type Sample } from './metrics.ts';
export type { NetworkAcls, NetworkZones } from './network/acls-and-zones.ts';
export type { LoadBalancers, Networks } from './network/networks.ts';
export type { Operations } from './operations.ts';
export type { Projects, Warnings } from './projects.ts';
export { remoteOptions } from './remotes.ts';
export type { Backup, BackupOptions, Backups, Snapshot, Snapshots } from './snapshots.ts';
export type { Buckets } from './storage/buckets.ts';
export type { StoragePools } from './storage/pools.ts';
export type { VolumeOrigin, Volumes, VolumeSnapshots } from './storage/volumes.ts';
export { connectByToken, pinned, type TrustOptions } from './pin.ts';
export { parseToken, type TrustToken } from './tokens.ts';
export type { ImageOrigin } from './images.ts';
/** Everything that the servers' API description names. */
export type * as api from './api/types.ts';
