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
  TimeoutError,
} from './errors.ts';
export type { ExecOptions, ExecSession, RunOptions, RunResult } from './exec.ts';
export type { FileAttributes, FileInfo, Files, WriteOptions } from './files.ts';
export type { Image, ImageAlias, ImageFiles, Images, ImportOptions } from './images.ts';
export type {
  Instance,
  InstanceAddress,
  InstanceInfo,
  Instances,
  InstanceSource,
  InstanceState,
  NewInstance,
  StateOptions,
} from './instances.ts';
export { Operation, type OperationOptions, type OperationState } from './operation.ts';
export type { Waiting, WaitOptions } from './wait-for.ts';
export type { Collection, Named } from './collection.ts';
export type { EventOptions, LxdEvent } from './events.ts';
export { parseMetrics, type Sample } from './metrics.ts';
export { remoteOptions } from './remotes.ts';
export type {
  Certificate,
  Certificates,
  ClusterMember,
  ClusterMembers,
  Forward,
  Lease,
  Network,
  Networks,
  NetworkState,
  NewCertificate,
  Operations,
  PoolResources,
  Profile,
  StorageBucket,
  StoragePool,
  StoragePools,
  StorageVolume,
  Warning,
} from './resources.ts';
export type { Backup, BackupOptions, Backups, Snapshot, Snapshots } from './snapshots.ts';
export type { ImageOrigin } from './images.ts';
