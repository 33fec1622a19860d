/**
 * What ECS keeps of services: the service itself, its revisions (what DescribeServices calls deployments), the
 * service deployments that carry it from one revision to another, its events, and which tasks are protected.
 *
 * Invariants: a service that is not INACTIVE has exactly one PRIMARY revision, or, where its controller is EXTERNAL,
 * at most one; a task belongs to a service by
 * `group: service:<name>` and to a revision by `startedBy: ecs-svc/<revisionId>`. Times are milliseconds since
 * the epoch. The API writes what is desired; the members below "scheduler" are written by the service scheduler.
 */
import type { ecs } from '@oreno/aws-wire';
import { defineTable } from '@oreno/store';
import type { Scope } from './records.ts';

/** Names a service and everything that belongs to it. */
export interface ServiceKey extends Scope {
  readonly clusterName: string;
  readonly serviceName: string;
}

/** The deployment configuration with ECS's defaults written out. */
export interface DeploymentConfiguration {
  readonly deploymentCircuitBreaker: ecs.DeploymentCircuitBreaker;
  readonly maximumPercent: number;
  readonly minimumHealthyPercent: number;
  readonly strategy: 'ROLLING' | 'BLUE_GREEN';
  readonly bakeTimeInMinutes: number;
  readonly lifecycleHooks?: readonly ecs.DeploymentLifecycleHook[] | undefined;
  readonly alarms?: ecs.DeploymentAlarms | undefined;
}

/** The members of a service that make new tasks: another value of one of them is a new revision. */
export interface RevisionSettings {
  /** The ARN of the revision of the task definition; empty while an EXTERNAL service has no primary task set. */
  readonly taskDefinition: string;
  readonly launchType?: ecs.LaunchType | undefined;
  readonly capacityProviderStrategy?: readonly ecs.CapacityProviderStrategyItem[] | undefined;
  readonly platformVersion?: string | undefined;
  readonly networkConfiguration?: ecs.NetworkConfiguration | undefined;
}

/** Tasks that found no room. */
export interface BlockedPlacement {
  readonly at: number;
  /** The event's text, with the closest instance's refusal. */
  readonly message: string;
  /** What the loop had seen of the cluster's instances: with other instances it is worth trying at once. */
  readonly instancesSeen: string;
}

export interface ServiceRecord extends ServiceKey, RevisionSettings {
  readonly serviceArn: string;
  readonly clusterArn: string;
  readonly createdAt: number;
  readonly createdBy: string;
  readonly clientToken?: string | undefined;
  readonly schedulingStrategy: ecs.SchedulingStrategy;
  readonly deploymentController?: ecs.DeploymentController | undefined;
  readonly status: 'ACTIVE' | 'DRAINING' | 'INACTIVE';
  /** Of a DAEMON service, how many instances it belongs on, as the scheduler last saw. */
  readonly desiredCount: number;
  readonly deploymentConfiguration: DeploymentConfiguration;
  readonly placementConstraints: readonly ecs.PlacementConstraint[];
  readonly placementStrategy: readonly ecs.PlacementStrategy[];
  readonly healthCheckGracePeriodSeconds?: number | undefined;
  readonly availabilityZoneRebalancing: ecs.AvailabilityZoneRebalancing;
  readonly enableECSManagedTags: boolean;
  readonly propagateTags: ecs.PropagateTags;
  readonly tags: readonly ecs.Tag[];
  readonly inactiveAt?: number | undefined;
  // scheduler
  /** Grows with every batch of tasks started: of two schedulers that decided on the same, one is refused. */
  readonly turn: number;
  readonly blocked?: BlockedPlacement | undefined;
  /** While its tasks are being balanced over zones; `blocked` where the emptiest zone had no room. */
  readonly rebalancing?: { readonly blocked?: BlockedPlacement | undefined } | undefined;
  /** When the steady state was last announced; absent while something is under way. */
  readonly steadyAt?: number | undefined;
}

/** What a task set has that other revisions have not. */
export interface TaskSetMembers {
  readonly externalId?: string | undefined;
  readonly clientToken?: string | undefined;
  /** Percent of the service's desired count, 0 to 100. */
  readonly scale: number;
  readonly tags: readonly ecs.Tag[];
}

/** One revision of a service: the Deployment of DescribeServices and the ServiceRevision of its own API. */
export interface ServiceRevisionRecord extends ServiceKey, RevisionSettings {
  /** Decimal digits: the deployment's id is `ecs-svc/<revisionId>`. */
  readonly revisionId: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** DRAINING is a task set that was deleted and still has tasks. */
  readonly status: 'PRIMARY' | 'ACTIVE' | 'DRAINING' | 'INACTIVE';
  /** Of a service whose deployment controller is EXTERNAL: the revision is a task set. */
  readonly taskSet?: TaskSetMembers | undefined;
  readonly rolloutState: ecs.DeploymentRolloutState;
  readonly rolloutStateReason: string;
  /** Whether it ever reached its steady state: then a failed deployment can go back to it. */
  readonly completedAt?: number | undefined;
  // observed
  /** By container name: what its image was to the first task that told. Later tasks are started with that. */
  readonly imageDigests?: Readonly<Record<string, string>> | undefined;
  // scheduler
  /** Tasks that failed in a row. */
  readonly failedTasks: number;
  readonly lastFailureAt?: number | undefined;
  /** Ids of stopped tasks that are in `failedTasks` already, as long as their rows are there. */
  readonly countedTasks: readonly string[];
  /** Whether the event about tasks that do not start was written. */
  readonly toldOfFailures?: boolean | undefined;
  /** Of a task set: sets wait for room each by itself. */
  readonly blocked?: BlockedPlacement | undefined;
}

/** A hook of the target type PAUSE that a deployment came to. */
export interface DeploymentHook {
  readonly hookId: string;
  readonly stage: ecs.ServiceDeploymentLifecycleStage;
  readonly status: ecs.DeploymentLifecycleHookStatus;
  readonly expiresAt: number;
  readonly timeoutAction: ecs.DeploymentLifecycleHookAction;
}

/** What moves a service to a revision: the ServiceDeployment of its own API. */
export interface ServiceDeploymentRecord extends ServiceKey {
  /** Behind the last slash of its ARN. */
  readonly serviceDeploymentId: string;
  readonly createdAt: number;
  readonly startedAt: number;
  readonly updatedAt: number;
  readonly finishedAt?: number | undefined;
  readonly stoppedAt?: number | undefined;
  readonly status: ecs.ServiceDeploymentStatus;
  readonly statusReason?: string | undefined;
  readonly targetRevisionId: string;
  readonly sourceRevisionIds: readonly string[];
  readonly deploymentConfiguration: DeploymentConfiguration;
  readonly rollback?: { readonly reason: string; readonly startedAt: number; readonly revisionId: string } | undefined;
  /** What StopServiceDeployment asked for; the scheduler carries it out. */
  readonly stopRequested?: ecs.StopServiceDeploymentStopType | undefined;
  readonly circuitBreaker: {
    readonly status: ecs.ServiceDeploymentRollbackMonitorsStatus;
    readonly failureCount: number;
    readonly threshold: number;
  };
  /** Where the configuration names alarms. */
  readonly alarms?:
    | {
        readonly status: ecs.ServiceDeploymentRollbackMonitorsStatus;
        readonly triggeredAlarmNames: readonly string[];
      }
    | undefined;
  /** Since when the service is as wanted and the alarms alone are waited for. */
  readonly bakingSince?: number | undefined;
  /** Of a BLUE_GREEN deployment: where it is, since when, and the hooks that it came to. */
  readonly lifecycleStage?: ecs.ServiceDeploymentLifecycleStage | undefined;
  readonly stageSince?: number | undefined;
  readonly hooks?: readonly DeploymentHook[] | undefined;
}

/** A line of a service's history. */
export interface ServiceEventRecord extends ServiceKey {
  /** Grows by one with each event of the service. */
  readonly sequence: number;
  readonly id: string;
  readonly createdAt: number;
  readonly message: string;
}

/** A task that the scheduler must not stop to scale in or to deploy. */
export interface TaskProtectionRecord extends Scope {
  readonly clusterName: string;
  readonly taskId: string;
  readonly expiresAt: number;
}

export const services = defineTable<ServiceRecord>()(
  'ecs_services',
  ['account', 'region', 'clusterName', 'serviceName'],
  { byStatus: ['account', 'region', 'clusterName', 'status', 'serviceName'] },
);

export const serviceRevisions = defineTable<ServiceRevisionRecord>()(
  'ecs_service_revisions',
  ['account', 'region', 'clusterName', 'serviceName', 'revisionId'],
  { byStatus: ['account', 'region', 'clusterName', 'serviceName', 'status', 'createdAt'] },
);

export const serviceDeployments = defineTable<ServiceDeploymentRecord>()(
  'ecs_service_deployments',
  ['account', 'region', 'clusterName', 'serviceName', 'serviceDeploymentId'],
  { byCreatedAt: ['account', 'region', 'clusterName', 'serviceName', 'createdAt', 'serviceDeploymentId'] },
);

export const serviceEvents = defineTable<ServiceEventRecord>()('ecs_service_events', [
  'account',
  'region',
  'clusterName',
  'serviceName',
  'sequence',
]);

export const taskProtections = defineTable<TaskProtectionRecord>()(
  'ecs_task_protections',
  ['account', 'region', 'clusterName', 'taskId'],
  { byExpiry: ['expiresAt'] },
);
