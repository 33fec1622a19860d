/**
 * A task as the service scheduler sees it: how far it is, whether it counts as healthy, and what keeps it where
 * it is. AWS documentation: "Amazon ECS service definition parameters" (minimumHealthyPercent,
 * healthCheckGracePeriodSeconds), "Determine Amazon ECS task health using container health checks".
 */
import type { TaskRecord } from '../../records.ts';

/** How long an instance's agent may be away, once it counts as disconnected, until its tasks are replaced. */
export const lostAfter = 30_000;

export interface ServiceTask {
  readonly taskId: string;
  /** Of `startedBy: ecs-svc/<revisionId>`. */
  readonly revisionId: string;
  readonly containerInstanceId: string;
  /** `stopping` is to stop and may still run; the others are wanted. */
  readonly life: 'starting' | 'running' | 'stopping' | 'stopped';
  /** `NONE` where no essential container has a health check. */
  readonly health: 'NONE' | 'UNKNOWN' | 'HEALTHY' | 'UNHEALTHY';
  readonly createdAt: number;
  readonly startedAt?: number | undefined;
  readonly stoppedAt?: number | undefined;
  /** Why a stopped task stopped: it could not start, it ended by itself, its health checks failed, or others' will. */
  readonly ended?: 'failedToStart' | 'exited' | 'unhealthy' | 'stopped' | undefined;
  /** Since when its instance has had no agent. */
  readonly disconnectedAt?: number | undefined;
  readonly protectedUntil?: number | undefined;
  /** New in a deployment, without health checks, and not running for long enough to stand in for another one. */
  readonly isOnProbation?: true | undefined;
  /** The Availability Zone of its instance. */
  readonly zone: string;
  readonly capacityProvider?: string | undefined;
  /** Where it is, in the terms of the placement strategy's spread rules before the first binpack. */
  readonly spread: readonly string[];
  /** Where the strategy packs: what is left on the instance of the packed resource, and what the task takes of it. */
  readonly packing?: { readonly left: number; readonly takes: number } | undefined;
}

/** What a task's own row says of it, and what it takes of its instance. */
export type TaskFacts = Omit<ServiceTask, 'packing' | 'protectedUntil' | 'spread'> & Pick<TaskRecord, 'resources'>;

/** What the scheduler writes as the reason when it stops a task that fails its health checks. */
export const failedHealthChecks = 'Task failed container health checks';

const idPrefix = 'ecs-svc/';
const groupPrefix = 'service:';

/** The id that DescribeServices shows of a revision's deployment, and tasks carry as `startedBy`. */
export const deploymentIdOf = (revisionId: string): string => `${idPrefix}${revisionId}`;

/** The group of a service's tasks. */
export const groupOf = (serviceName: string): string => `${groupPrefix}${serviceName}`;

/** The service that a task is of; undefined for a task of none. */
export const serviceNameOf = ({ group }: Pick<TaskRecord, 'group'>): string | undefined =>
  group.startsWith(groupPrefix) ? group.slice(groupPrefix.length) : undefined;

/** The revision that started a service's task. */
export const revisionIdOf = ({ startedBy = '' }: Pick<TaskRecord, 'startedBy'>): string =>
  startedBy.slice(idPrefix.length);

const lifeOf = ({ lastStatus, desiredStatus }: TaskRecord): ServiceTask['life'] => {
  if (lastStatus === 'STOPPED') return 'stopped';
  if (desiredStatus === 'STOPPED') return 'stopping';
  return lastStatus === 'RUNNING' ? 'running' : 'starting';
};

const endOf = (task: TaskRecord): ServiceTask['ended'] => {
  if (task.lastStatus !== 'STOPPED') return undefined;
  if (task.stopCode === 'ServiceSchedulerInitiated') {
    return task.stoppedReason === failedHealthChecks ? 'unhealthy' : 'stopped';
  }
  if (task.stopCode === 'UserInitiated') return 'stopped';
  return task.startedAt === undefined ? 'failedToStart' : 'exited';
};

/** Reads a task's row. */
export const taskFacts = (task: TaskRecord): TaskFacts => ({
  taskId: task.taskId,
  revisionId: revisionIdOf(task),
  containerInstanceId: task.containerInstanceId ?? '',
  life: lifeOf(task),
  health: task.containers.some(({ essential, healthStatus }) => essential && healthStatus !== undefined)
    ? (task.healthStatus ?? 'UNKNOWN')
    : 'NONE',
  createdAt: task.createdAt,
  startedAt: task.startedAt,
  stoppedAt: task.stoppedAt,
  ended: endOf(task),
  zone: task.availabilityZone ?? '',
  capacityProvider: task.capacityProviderName,
  disconnectedAt: task.connectivity === 'DISCONNECTED' ? (task.connectivityAt ?? 0) : undefined,
  resources: task.resources,
});

/** RUNNING, and its health checks, where it has any, have passed. */
export const isHealthy = ({ life, health }: ServiceTask): boolean =>
  life === 'running' && (health === 'NONE' || health === 'HEALTHY');

/** Healthy, and no longer on probation: another task may be stopped for it. */
export const isProven = (task: ServiceTask): boolean => isHealthy(task) && task.isOnProbation !== true;

/** RUNNING, and its health checks fail after the grace period (milliseconds). */
export const isUnhealthy = (task: ServiceTask, grace: number, now: number): boolean =>
  task.life === 'running' && task.health === 'UNHEALTHY' && now >= (task.startedAt ?? now) + grace;

export const isProtected = ({ protectedUntil = 0 }: ServiceTask, now: number): boolean => protectedUntil > now;
