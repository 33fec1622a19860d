import type { InstanceIdentity } from '../domain/agent-state.ts';
import type { ContainerState, TaskState } from '../domain/task-state.ts';
import type { StatsSample } from './docker-stats.ts';
import { type ContainerMetric, containerMetric } from './stats-set.ts';

/**
 * The messages that the agent publishes on its telemetry websocket. Pure. At most ten tasks a message; the messages
 * of one round share an id, and the last one says so. Times are seconds since the epoch.
 */
export interface TaskMetric {
  readonly taskArn: string;
  readonly taskDefinitionFamily: string;
  readonly taskDefinitionVersion: string;
  readonly containerMetrics: readonly ContainerMetric[];
}

export interface TaskHealth {
  readonly taskArn: string;
  readonly taskDefinitionFamily: string;
  readonly taskDefinitionVersion: string;
  readonly containers: readonly {
    readonly containerName: string;
    readonly healthStatus: string;
    readonly statusSince: number;
  }[];
}

export type InstanceStatus = 'OK' | 'IMPAIRED' | 'INSUFFICIENT_DATA' | 'INITIALIZING';

export interface TcsMessage {
  readonly type: 'PublishMetricsRequest' | 'PublishHealthRequest' | 'PublishInstanceStatusRequest';
  readonly message: Readonly<Record<string, unknown>>;
}

const TASKS_A_MESSAGE = 10;

const seconds = (milliseconds: number): number => milliseconds / 1000;

const chunks = <T>(list: readonly T[]): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(list.length / TASKS_A_MESSAGE) }, (_, at) =>
    list.slice(at * TASKS_A_MESSAGE, (at + 1) * TASKS_A_MESSAGE),
  );

const definitionOf = (
  task: TaskState,
): Pick<TaskMetric, 'taskArn' | 'taskDefinitionFamily' | 'taskDefinitionVersion'> => ({
  taskArn: task.arn,
  taskDefinitionFamily: task.family,
  taskDefinitionVersion: task.version,
});

/**
 * The metrics of one task; undefined while there are none. In awsvpc the interfaces are those of the pause
 * container, and each other container counts an equal part of them.
 */
export const taskMetric = (
  task: TaskState,
  samplesOf: (container: ContainerState) => readonly StatsSample[],
): TaskMetric | undefined => {
  const counted = task.containers.filter(({ type }) => type === 'NORMAL');
  const pause = task.containers.find(({ type }) => type === 'CNI_PAUSE');
  const shared = task.networkMode === 'awsvpc' && pause !== undefined ? samplesOf(pause) : [];
  const newest = shared.at(-1);
  const containerMetrics = counted.flatMap((container) => {
    const own = samplesOf(container);
    const samples =
      newest === undefined
        ? own
        : own.map((sample, at) => {
            const { network, rates } = shared[at] ?? newest;
            return { ...sample, network, rates };
          });
    const target = {
      name: container.name,
      arn: container.definition.containerArn,
      networkSharedBy: newest === undefined ? 1 : Math.max(1, counted.length),
    };
    return containerMetric(target, samples) ?? [];
  });
  return containerMetrics.length === 0 ? undefined : { ...definitionOf(task), containerMetrics };
};

/** The metrics of one round: one idle message when there is nothing to tell. */
export const metricsMessages = (
  metrics: readonly TaskMetric[],
  identity: InstanceIdentity,
  round: { readonly id: string; readonly at: number },
): readonly TcsMessage[] => {
  const about = { cluster: identity.cluster, containerInstance: identity.containerInstanceArn, messageId: round.id };
  const timestamp = seconds(round.at);
  if (metrics.length === 0) {
    return [{ type: 'PublishMetricsRequest', message: { metadata: { ...about, idle: true, fin: true }, timestamp } }];
  }
  const parts = chunks(metrics);
  return parts.map((taskMetrics, at) => ({
    type: 'PublishMetricsRequest',
    message: { metadata: { ...about, idle: false, fin: at === parts.length - 1 }, taskMetrics, timestamp },
  }));
};

/** The health of the running containers whose health check is tracked. */
export const taskHealths = (tasks: Iterable<TaskState>): readonly TaskHealth[] =>
  [...tasks].flatMap((task) => {
    const containers = task.containers
      .filter(({ definition, knownStatus }) => definition.healthCheckType === 'docker' && knownStatus === 'RUNNING')
      .map(({ name, health, startedAt }) => ({
        containerName: name,
        healthStatus: health?.status ?? 'UNKNOWN',
        statusSince: seconds(health?.since ?? startedAt ?? task.receivedAt),
      }));
    return containers.length === 0 ? [] : [{ ...definitionOf(task), containers }];
  });

/** The health messages of one round; none when no container has a health check. */
export const healthMessages = (
  tasks: readonly TaskHealth[],
  identity: InstanceIdentity,
  round: { readonly id: string; readonly at: number },
): readonly TcsMessage[] => {
  const parts = chunks(tasks);
  const about = { cluster: identity.cluster, containerInstance: identity.containerInstanceArn, messageId: round.id };
  return parts.map((part, at) => ({
    type: 'PublishHealthRequest',
    message: { metadata: { ...about, fin: at === parts.length - 1 }, tasks: part, timestamp: seconds(round.at) },
  }));
};

/** How the container runtime does. */
export const instanceStatusMessage = (
  status: { readonly status: InstanceStatus; readonly updatedAt: number; readonly changedAt: number },
  identity: InstanceIdentity,
  round: { readonly id: string; readonly at: number },
): TcsMessage => ({
  type: 'PublishInstanceStatusRequest',
  message: {
    metadata: { cluster: identity.cluster, containerInstance: identity.containerInstanceArn, requestId: round.id },
    statuses: [
      {
        type: 'ContainerRuntime',
        status: status.status,
        lastUpdated: seconds(status.updatedAt),
        lastStatusChange: seconds(status.changedAt),
      },
    ],
    timestamp: seconds(round.at),
  },
});
