/**
 * What ECS keeps: one record type and one table for each thing, and nothing else of ECS is stored anywhere.
 * Times are milliseconds since the epoch; absent members are absent, never null. Fields below "desired" are
 * written by the API and the reconcilers, fields below "observed" by the agent session only.
 */
import type { ecs } from '@oreno/aws-wire';
import { defineTable } from '@oreno/store';

/** The account and region that keep every record apart from the same name elsewhere. */
export interface Scope {
  readonly account: string;
  readonly region: string;
}

export interface ClusterRecord extends Scope {
  readonly clusterName: string;
  readonly clusterArn: string;
  readonly status: 'ACTIVE' | 'INACTIVE';
  readonly createdAt: number;
  readonly inactiveAt?: number | undefined;
  readonly settings: readonly ecs.ClusterSetting[];
  readonly configuration?: ecs.ClusterConfiguration | undefined;
  readonly serviceConnectDefaults?: ecs.ClusterServiceConnectDefaults | undefined;
  readonly capacityProviders: readonly string[];
  readonly defaultCapacityProviderStrategy: readonly ecs.CapacityProviderStrategyItem[];
  readonly tags: readonly ecs.Tag[];
}

/** A revision. `definition` is what was registered, with ECS's own defaults filled in as DescribeTaskDefinition shows them. */
export interface TaskDefinitionRecord extends Scope {
  readonly family: string;
  readonly revision: number;
  readonly taskDefinitionArn: string;
  readonly status: 'ACTIVE' | 'INACTIVE' | 'DELETE_IN_PROGRESS';
  readonly definition: ecs.TaskDefinition;
  readonly tags: readonly ecs.Tag[];
  /** Only while it is DELETE_IN_PROGRESS. */
  readonly deleteRequestedAt?: number | undefined;
}

/** The highest revision that a family ever had: revision numbers are never used again. */
export interface FamilyRecord extends Scope {
  readonly family: string;
  readonly latestRevision: number;
}

/** What an instance registered, in the units of the API: CPU units (1,024 a core), MiB, port numbers. */
export interface InstanceResources {
  readonly cpu: number;
  readonly memory: number;
  /** Ports that the instance keeps for itself. */
  readonly ports: readonly number[];
  readonly portsUdp: readonly number[];
  readonly gpus: readonly string[];
}

export interface ContainerInstanceRecord extends Scope {
  readonly clusterName: string;
  /** The last segment of the ARN. */
  readonly containerInstanceId: string;
  readonly containerInstanceArn: string;
  readonly ec2InstanceId?: string | undefined;
  readonly capacityProviderName?: string | undefined;
  readonly registeredAt: number;
  readonly registered: InstanceResources;
  readonly attributes: readonly ecs.Attribute[];
  readonly tags: readonly ecs.Tag[];
  readonly versionInfo?: ecs.VersionInfo | undefined;
  readonly agentUpdateStatus?: ecs.AgentUpdateStatus | undefined;
  /** The address under which this instance reaches the servers: scheme, host and port. Payloads name it. */
  readonly origin: string;
  // desired
  readonly status: 'ACTIVE' | 'DRAINING' | 'INACTIVE';
  readonly statusReason?: string | undefined;
  readonly deregisteredAt?: number | undefined;
  // observed
  readonly agentConnected: boolean;
  /** When agentConnected last changed. */
  readonly agentConnectedAt: number;
  /** The ACS session that holds the instance: only that one may say that its agent is gone. */
  readonly agentSessionId?: string | undefined;
  readonly healthStatus?: ecs.ContainerInstanceHealthStatus | undefined;
}

/** What a task occupies on its instance from its placement until it is STOPPED. */
export interface TaskResources {
  /** CPU units. */
  readonly cpu: number;
  /** MiB. */
  readonly memory: number;
  /** Fixed host ports. */
  readonly ports: readonly number[];
  readonly portsUdp: readonly number[];
  readonly gpus: number;
}

/** A container of a task, as DescribeTasks shows it. */
export interface TaskContainerRecord {
  readonly name: string;
  readonly containerArn: string;
  readonly image: string;
  readonly essential: boolean;
  readonly cpu: string;
  readonly memory?: string | undefined;
  readonly memoryReservation?: string | undefined;
  /** What is to be pulled, whatever the image's tag means by then. */
  readonly pinnedDigest?: string | undefined;
  // observed
  readonly lastStatus: 'PENDING' | 'RUNNING' | 'STOPPED';
  readonly imageDigest?: string | undefined;
  readonly runtimeId?: string | undefined;
  readonly exitCode?: number | undefined;
  readonly reason?: string | undefined;
  readonly networkBindings?: readonly ecs.NetworkBinding[] | undefined;
  readonly networkInterfaces?: readonly ecs.NetworkInterface[] | undefined;
  readonly healthStatus?: ecs.HealthStatus | undefined;
  readonly managedAgents?: readonly ecs.ManagedAgent[] | undefined;
  /** The GPUs that placement gave this container. */
  readonly gpuIds?: readonly string[] | undefined;
}

/** The moves a task makes; domain/task/lifecycle.ts holds which follow which. */
export type TaskStatus =
  | 'PROVISIONING'
  | 'PENDING'
  | 'ACTIVATING'
  | 'RUNNING'
  | 'DEACTIVATING'
  | 'STOPPING'
  | 'DEPROVISIONING'
  | 'STOPPED';

export interface TaskRecord extends Scope {
  readonly clusterName: string;
  /** 32 hexadecimal digits: the last segment of the ARN. */
  readonly taskId: string;
  readonly taskArn: string;
  readonly clusterArn: string;
  readonly taskDefinitionArn: string;
  readonly family: string;
  readonly revision: number;
  readonly group: string;
  readonly startedBy?: string | undefined;
  readonly createdAt: number;
  readonly launchType?: ecs.LaunchType | undefined;
  readonly capacityProviderName?: string | undefined;
  /** Of Fargate's tasks. */
  readonly platformVersion?: string | undefined;
  /** Of Fargate's tasks. */
  readonly ephemeralStorage?: ecs.EphemeralStorage | undefined;
  readonly cpu?: string | undefined;
  readonly memory?: string | undefined;
  readonly overrides: ecs.TaskOverride;
  readonly tags: readonly ecs.Tag[];
  readonly attributes: readonly ecs.Attribute[];
  readonly attachments: readonly ecs.Attachment[];
  readonly enableExecuteCommand: boolean;
  readonly resources: TaskResources;
  /** Stable for the task's life: the paths under which its containers fetch credentials carry them. */
  readonly credentialsId: string;
  readonly executionCredentialsId: string;
  // desired
  readonly desiredStatus: 'RUNNING' | 'STOPPED';
  readonly stopCode?: ecs.TaskStopCode | undefined;
  readonly stoppedReason?: string | undefined;
  readonly stoppingAt?: number | undefined;
  /** Absent until the task is placed (never, for one that could not be). */
  readonly containerInstanceId?: string | undefined;
  readonly containerInstanceArn?: string | undefined;
  readonly availabilityZone?: string | undefined;
  // observed
  readonly lastStatus: TaskStatus;
  readonly containers: readonly TaskContainerRecord[];
  readonly connectivity?: ecs.Connectivity | undefined;
  readonly connectivityAt?: number | undefined;
  readonly healthStatus?: ecs.HealthStatus | undefined;
  readonly pullStartedAt?: number | undefined;
  readonly pullStoppedAt?: number | undefined;
  readonly startedAt?: number | undefined;
  readonly executionStoppedAt?: number | undefined;
  readonly stoppedAt?: number | undefined;
  /** The desired status that the agent last acknowledged: what is not acknowledged is sent again. */
  readonly acknowledged?: 'RUNNING' | 'STOPPED' | undefined;
}

/** What a `clientToken` of RunTask or StartTask did, kept for 24 hours. */
export interface IdempotencyRecord extends Scope {
  readonly operation: string;
  readonly clientToken: string;
  /** Hash of the request without the token: the same token with other parameters is a ConflictException. */
  readonly requestHash: string;
  readonly taskIds: readonly string[];
  readonly clusterName: string;
  readonly expiresAt: number;
}

/** An account setting of a principal; the empty principalArn is the account's default. */
export interface AccountSettingRecord extends Scope {
  readonly principalArn: string;
  readonly name: string;
  readonly value: string;
}

export const clusters = defineTable<ClusterRecord>()('ecs_clusters', ['account', 'region', 'clusterName'], {
  byStatus: ['account', 'region', 'status', 'clusterName'],
});

export const taskDefinitions = defineTable<TaskDefinitionRecord>()(
  'ecs_task_definitions',
  ['account', 'region', 'family', 'revision'],
  {
    byStatus: ['account', 'region', 'status', 'family', 'revision'],
    byDeleteRequestedAt: ['deleteRequestedAt'],
  },
);

export const families = defineTable<FamilyRecord>()('ecs_families', ['account', 'region', 'family']);

export const containerInstances = defineTable<ContainerInstanceRecord>()(
  'ecs_container_instances',
  ['account', 'region', 'clusterName', 'containerInstanceId'],
  {
    byStatus: ['account', 'region', 'clusterName', 'status', 'containerInstanceId'],
    byDeregisteredAt: ['deregisteredAt'],
  },
);

export const tasks = defineTable<TaskRecord>()('ecs_tasks', ['account', 'region', 'clusterName', 'taskId'], {
  byInstance: ['account', 'region', 'clusterName', 'containerInstanceId', 'taskId'],
  byDesiredStatus: ['account', 'region', 'clusterName', 'desiredStatus', 'taskId'],
  byLastStatus: ['account', 'region', 'clusterName', 'lastStatus', 'taskId'],
  byFamily: ['account', 'region', 'clusterName', 'family', 'taskId'],
  byGroup: ['account', 'region', 'clusterName', 'group', 'taskId'],
  byStartedBy: ['account', 'region', 'clusterName', 'startedBy', 'taskId'],
  byStoppedAt: ['stoppedAt'],
});

export const idempotency = defineTable<IdempotencyRecord>()(
  'ecs_idempotency',
  ['account', 'region', 'operation', 'clientToken'],
  { byExpiry: ['expiresAt'] },
);

export const accountSettings = defineTable<AccountSettingRecord>()('ecs_account_settings', [
  'account',
  'region',
  'principalArn',
  'name',
]);
