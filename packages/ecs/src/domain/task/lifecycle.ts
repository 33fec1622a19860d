/**
 * The life of a task: which status follows which, and the one function that moves a task.
 *
 * Invariants:
 * - what was observed only moves forward, in the order of `statuses`; a late or repeated report changes nothing
 *   that a further one has settled, and may still add what was not known (an exit code, a digest);
 * - a task is one-shot: from STOPPED there is no way on, from desired STOPPED none back;
 * - whoever first decides that a task stops gives the stop code and the reason.
 *
 * AWS documentation: "Amazon ECS task lifecycle", "Stopped tasks error codes".
 */
import type { ecs } from '@oreno/aws-wire';
import type { TaskRecord, TaskStatus } from '../../records.ts';
import { mergeReport, type AgentReport } from './agent-report.ts';
import type { PlacedTask } from '../placement/placement.ts';
import { healthOf } from './health.ts';
import { onInstance } from './new-task.ts';

/** The order of a life. A step without work of its own is passed over, so each may follow any before it. */
export const statuses: readonly TaskStatus[] = [
  'PROVISIONING',
  'PENDING',
  'ACTIVATING',
  'RUNNING',
  'DEACTIVATING',
  'STOPPING',
  'DEPROVISIONING',
  'STOPPED',
];

/** Whether a task that was seen in `from` can still be seen in `to`. */
export const follows = (from: TaskStatus, to: TaskStatus): boolean => statuses.indexOf(to) > statuses.indexOf(from);

/** What happens to a task. Times are milliseconds since the epoch. */
export type TaskEvent =
  /** A place was found for a task that waited for one. */
  | {
      readonly kind: 'placed';
      readonly on: PlacedTask;
      /** GPUs that each container wants, by its name. */
      readonly gpuNeeds: ReadonlyMap<string, number>;
      readonly at: number;
    }
  /** The agent took over what the task should be. */
  | { readonly kind: 'acknowledged'; readonly desiredStatus: 'RUNNING' | 'STOPPED' }
  /** SubmitTaskStateChange, SubmitContainerStateChange. */
  | { readonly kind: 'reported'; readonly report: AgentReport; readonly at: number }
  /** Somebody wants the task gone: the user, a scheduler, a draining instance. */
  | {
      readonly kind: 'stopRequested';
      readonly stopCode: ecs.TaskStopCode;
      readonly reason: string;
      readonly at: number;
    }
  /** The instance will not come back to say how the task ended. */
  | { readonly kind: 'lost'; readonly stopCode: ecs.TaskStopCode; readonly reason: string; readonly at: number }
  | { readonly kind: 'connectivityChanged'; readonly connectivity: ecs.Connectivity; readonly at: number }
  /** Health of containers by name, as the telemetry session hears it. */
  | { readonly kind: 'healthReported'; readonly containers: ReadonlyMap<string, ecs.HealthStatus> };

/** What became of an event: a task to write, nothing to write, or an event that this task cannot have. */
export type Advance =
  | { readonly kind: 'moved'; readonly task: TaskRecord }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'refused'; readonly reason: string };

const unchanged: Advance = { kind: 'unchanged' };

const refused = (reason: string): Advance => ({ kind: 'refused', reason });

/** Moves a task. The only place where a task's statuses, stop code and times are set after its creation. */
export const advance = <Kind extends TaskEvent['kind']>(
  task: TaskRecord,
  event: Extract<TaskEvent, { readonly kind: Kind }>,
): Advance => {
  const move: (task: TaskRecord, event: Extract<TaskEvent, { readonly kind: Kind }>) => Advance = moves[event.kind];
  return move(task, event);
};

/** One move for each kind of event: the type makes a missing one an error. */
const moves: {
  readonly [Kind in TaskEvent['kind']]: (
    task: TaskRecord,
    event: Extract<TaskEvent, { readonly kind: Kind }>,
  ) => Advance;
} = {
  placed: (task, { on, gpuNeeds, at }) => {
    if (task.desiredStatus === 'STOPPED') return refused('The task is to be STOPPED.');
    if (task.containerInstanceId !== undefined) return refused('The task is on an instance.');
    return { kind: 'moved', task: onInstance(task, on, gpuNeeds, at) };
  },

  acknowledged: (task, { desiredStatus }) => {
    if (task.acknowledged === desiredStatus || task.acknowledged === 'STOPPED') return unchanged;
    const next: TaskStatus = desiredStatus === 'STOPPED' ? 'STOPPING' : 'PENDING';
    const lastStatus = follows(task.lastStatus, next) ? next : task.lastStatus;
    return { kind: 'moved', task: { ...task, acknowledged: desiredStatus, lastStatus } };
  },

  reported: (task, { report, at }) => {
    const merged = mergeReport(task, report, at);
    return merged === undefined ? unchanged : { kind: 'moved', task: merged };
  },

  stopRequested: (task, { stopCode, reason, at }) => {
    if (task.desiredStatus === 'STOPPED') return unchanged;
    const stopping: TaskRecord = {
      ...task,
      desiredStatus: 'STOPPED',
      stopCode,
      stoppedReason: reason,
      stoppingAt: at,
    };
    return { kind: 'moved', task: reachedAgent(task) ? stopping : end(stopping, at) };
  },

  lost: (task, { stopCode, reason, at }) => {
    if (task.lastStatus === 'STOPPED') return unchanged;
    const stopping: TaskRecord =
      task.desiredStatus === 'STOPPED'
        ? task
        : { ...task, desiredStatus: 'STOPPED', stopCode, stoppedReason: reason, stoppingAt: at };
    return { kind: 'moved', task: end(stopping, at) };
  },

  connectivityChanged: (task, { connectivity, at }) => {
    if (task.lastStatus === 'STOPPED') return refused('The task is STOPPED.');
    if (task.connectivity === connectivity) return unchanged;
    return { kind: 'moved', task: { ...task, connectivity, connectivityAt: at } };
  },

  healthReported: (task, { containers }) => {
    if (task.lastStatus === 'STOPPED') return refused('The task is STOPPED.');
    const next = task.containers.map((container) => {
      const healthStatus = containers.get(container.name);
      const isNews = container.healthStatus !== undefined && healthStatus !== undefined;
      return isNews && healthStatus !== container.healthStatus ? { ...container, healthStatus } : container;
    });
    if (next.every((container, index) => container === task.containers[index])) return unchanged;
    return { kind: 'moved', task: { ...task, containers: next, healthStatus: healthOf(next) } };
  },
};

/** Whether an agent may have started the task: it was placed, and may have been sent. */
const reachedAgent = (task: TaskRecord): boolean => task.containerInstanceId !== undefined;

const end = (task: TaskRecord, at: number): TaskRecord => ({
  ...task,
  lastStatus: 'STOPPED',
  stoppedAt: at,
  executionStoppedAt: task.executionStoppedAt ?? (task.startedAt === undefined ? undefined : at),
  containers: task.containers.map((container) => ({ ...container, lastStatus: 'STOPPED' })),
  attachments: task.attachments.map((attachment) => ({ ...attachment, status: 'DELETED' })),
});
