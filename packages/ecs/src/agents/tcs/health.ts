/** Health as agents publish it: of the containers of tasks, and of the container instance itself. Pure. */
import type { ecs } from '@oreno/aws-wire';
import type { Members } from '../envelope.ts';
import { list, number, text } from '../envelope.ts';

const containerStatuses: ReadonlySet<string> = new Set<ecs.HealthStatus>(['HEALTHY', 'UNHEALTHY', 'UNKNOWN']);

const isHealthStatus = (status: string | undefined): status is ecs.HealthStatus =>
  status !== undefined && containerStatuses.has(status);

/** The health of each container by name, for each task that a PublishHealthRequest names. */
export interface TaskHealth {
  readonly taskId: string;
  readonly containers: ReadonlyMap<string, ecs.HealthStatus>;
}

export const readTaskHealth = (message: Members): readonly TaskHealth[] =>
  list(message, 'tasks').map((task) => {
    const taskArn = text(task, 'taskArn') ?? '';
    const containers = list(task, 'containers').flatMap((container) => {
      const status = text(container, 'healthStatus');
      return isHealthStatus(status) ? [[text(container, 'containerName') ?? '', status] as const] : [];
    });
    return { taskId: taskArn.slice(taskArn.lastIndexOf('/') + 1), containers: new Map(containers) };
  });

/** Agents name the checks in their own spelling. */
const checkTypes: Readonly<Record<string, ecs.InstanceHealthCheckType | undefined>> = {
  ContainerRuntime: 'CONTAINER_RUNTIME',
  AcceleratedCompute: 'ACCELERATED_COMPUTE',
  Daemon: 'DAEMON',
};

/** Worst first: the overall status is the worst of the checks. */
const checkStates = [
  'IMPAIRED',
  'INSUFFICIENT_DATA',
  'INITIALIZING',
  'OK',
] as const satisfies ecs.InstanceHealthCheckState[];

/** A time in seconds as milliseconds; agents send a large negative one before their first check. */
const time = (message: Members, name: string): number | undefined => {
  const seconds = number(message, name);
  return seconds === undefined || seconds <= 0 ? undefined : Math.round(seconds * 1_000);
};

/** The health in a PublishInstanceStatusRequest, or undefined when it names no check that ECS has. */
export const readInstanceHealth = (message: Members): ecs.ContainerInstanceHealthStatus | undefined => {
  const details = list(message, 'statuses').flatMap((status): ecs.InstanceHealthCheckResult[] => {
    const type = checkTypes[text(status, 'type') ?? ''];
    const state = checkStates.find((candidate) => candidate === text(status, 'status'));
    if (type === undefined || state === undefined) return [];
    return [
      {
        type,
        status: state,
        lastUpdated: time(status, 'lastUpdated'),
        lastStatusChange: time(status, 'lastStatusChange'),
      },
    ];
  });
  const overallStatus = checkStates.find((state) => details.some((detail) => detail.status === state));
  return overallStatus === undefined ? undefined : { overallStatus, details };
};

/** Whether two healths say the same; when a check last ran is no news worth a write. */
export const saysTheSame = (
  left: ecs.ContainerInstanceHealthStatus | undefined,
  right: ecs.ContainerInstanceHealthStatus,
): boolean => {
  const gist = (health: ecs.ContainerInstanceHealthStatus | undefined) =>
    JSON.stringify(health?.details?.map(({ type, status, lastStatusChange }) => [type, status, lastStatusChange]));
  return left?.overallStatus === right.overallStatus && gist(left) === gist(right);
};
