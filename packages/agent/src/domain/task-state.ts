/**
 * What the agent knows of a task and its containers: plain frozen records, replaced and never changed, so that a
 * reader may keep one across an await. Secrets are not in here: credentials live beside the tasks, in memory only
 * (see agent-state.ts). All times are milliseconds since the epoch.
 */
import type { AcsContainer, AcsNetworkMode, AcsTask } from '../protocol/acs-messages.ts';

/** A container's life, in order; it never goes back, but for a restart under its restart policy. */
export type ContainerStatus = 'NONE' | 'PULLED' | 'CREATED' | 'RUNNING' | 'STOPPED';

/** A task's life as the agent sees it: the least advanced of its containers. */
export type TaskStatus = 'NONE' | 'PULLED' | 'CREATED' | 'RUNNING' | 'STOPPED';

/** Where a container runs for the task's own sake, ECS's word in the metadata is the `Type`. */
export type ContainerType = 'NORMAL' | 'CNI_PAUSE' | 'NAMESPACE_PAUSE';

export interface NetworkBinding {
  readonly bindIP: string;
  readonly containerPort?: number | undefined;
  readonly hostPort?: number | undefined;
  readonly containerPortRange?: string | undefined;
  readonly hostPortRange?: string | undefined;
  readonly protocol: 'tcp' | 'udp';
}

/** One network of a container as the metadata endpoints report it. */
export interface ContainerNetwork {
  readonly networkMode: string;
  readonly ipv4Addresses: readonly string[];
  readonly ipv6Addresses?: readonly string[] | undefined;
  readonly macAddress?: string | undefined;
  /** `172.20.0.0/16` */
  readonly ipv4SubnetCidrBlock?: string | undefined;
  /** `172.20.0.1/16`, with the prefix length. */
  readonly subnetGatewayIpv4Address?: string | undefined;
  readonly attachmentIndex?: number | undefined;
  readonly domainNameServers?: readonly string[] | undefined;
  readonly domainNameSearchList?: readonly string[] | undefined;
  readonly privateDnsName?: string | undefined;
}

export type HealthStatus = 'UNKNOWN' | 'HEALTHY' | 'UNHEALTHY';

export interface ContainerHealth {
  readonly status: HealthStatus;
  readonly since: number;
  readonly output?: string | undefined;
  readonly exitCode?: number | undefined;
}

export interface ContainerVolume {
  readonly dockerName?: string | undefined;
  readonly source: string;
  readonly destination: string;
}

export interface ContainerState {
  readonly name: string;
  readonly type: ContainerType;
  /** The container as the payload has it; for a pause container, what the agent made up. */
  readonly definition: AcsContainer;
  /** The UUID of ECS_CONTAINER_METADATA_URI_V4 and ECS_AGENT_URI. */
  readonly metadataId: string;
  /** `ecs-<family>-<version>-<name>-<hex>`: chosen before create, so that a lost answer can be found again. */
  readonly dockerName: string;
  readonly dockerId?: string | undefined;
  readonly image: string;
  readonly imageId?: string | undefined;
  readonly imageDigest?: string | undefined;
  readonly knownStatus: ContainerStatus;
  readonly desiredStatus: 'RUNNING' | 'STOPPED';
  readonly exitCode?: number | undefined;
  readonly reason?: string | undefined;
  readonly createdAt?: number | undefined;
  readonly startedAt?: number | undefined;
  readonly finishedAt?: number | undefined;
  /** Present once the container runs with a health check that is tracked (`healthCheckType: docker`). */
  readonly health?: ContainerHealth | undefined;
  readonly networkBindings: readonly NetworkBinding[];
  readonly networks: readonly ContainerNetwork[];
  /** Labels as created, the `com.amazonaws.ecs.*` ones included. */
  readonly labels: Readonly<Record<string, string>>;
  readonly volumes: readonly ContainerVolume[];
  readonly logDriver?: string | undefined;
  readonly logOptions?: Readonly<Record<string, string>> | undefined;
  /** Times the agent started it again under its restart policy. */
  readonly restartCount: number;
  readonly lastRestartAt?: number | undefined;
  /** It exited and its restart policy wants it back; it stays RUNNING for the world until that fails. */
  readonly restartDue?: boolean | undefined;
  /** `Limits` of the metadata: CPU shares and MiB as created. */
  readonly cpuShares?: number | undefined;
  readonly memoryMiB?: number | undefined;
}

export interface TaskState {
  readonly arn: string;
  /** The payload's task without its credentials. */
  readonly payload: Omit<AcsTask, 'roleCredentials' | 'executionRoleCredentials'>;
  readonly family: string;
  readonly version: string;
  readonly networkMode: AcsNetworkMode;
  readonly desiredStatus: 'RUNNING' | 'STOPPED';
  readonly knownStatus: TaskStatus;
  /** In the payload's order, internal pause containers first. */
  readonly containers: readonly ContainerState[];
  /** Ids under which {@link TaskCredentials} are kept; stable for the task's life. */
  readonly taskCredentialsId?: string | undefined;
  readonly executionCredentialsId?: string | undefined;
  /** The docker name of each volume that is not a host path, by the task definition's volume name. */
  readonly volumeNames: Readonly<Record<string, string>>;
  /** Rebuilt from the engine's labels after the state was lost: a payload of this task completes it. */
  readonly adopted?: boolean | undefined;
  readonly receivedAt: number;
  readonly pullStartedAt?: number | undefined;
  readonly pullStoppedAt?: number | undefined;
  /** When the first essential container stopped. */
  readonly executionStoppedAt?: number | undefined;
  /** When every container had stopped; clean-up counts from here. */
  readonly stoppedAt?: number | undefined;
  /** Why the task as a whole could not run; goes out as the report's `reason`. */
  readonly reason?: string | undefined;
}

/** Credentials of one role of one task, as the control plane issued them. Never written to disk. */
export interface TaskCredentials {
  readonly credentialsId: string;
  readonly taskArn: string;
  readonly roleType: 'TaskApplication' | 'TaskExecution';
  readonly roleArn: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  /** ISO 8601, verbatim. */
  readonly expiration: string;
}
