/**
 * Why a task that nobody asked to stop did stop, in ECS's words.
 * AWS documentation: "Stopped tasks error codes", "Viewing Amazon ECS stopped task errors".
 */
import type { TaskContainerRecord, TaskRecord } from '../../records.ts';

export const essentialContainerExited = 'Essential container in task exited';
export const failedToStart = 'Task failed to start';
/** What StopTask writes where the user gave no reason. */
export const stoppedByUser = 'Task stopped by user';
/** DeregisterContainerInstance with force. */
export const instanceDeregistered = 'Container instance deregistration forced by user';
/** A task that waited in PROVISIONING for as long as ECS lets it. */
export const noCapacity = 'Timeout waiting for a container instance of the capacity provider with room for the task.';

/** Reasons of a container that the engine never got to run, whatever exit code it may show. */
const neverRan = /^(Cannot(Pull|Create|Start)|DockerTimeoutError|HostConfigError|DockerClientConfigError)/;

const hasRun = (container: TaskContainerRecord): boolean =>
  container.exitCode !== undefined && !neverRan.test(container.reason ?? '');

/**
 * Fills in the stop's side of a record after a report: once an essential container or the whole task has
 * stopped, the task is to stop, with EssentialContainerExited when it had run and TaskFailedToStart when not.
 * A stop that somebody else decided keeps its code and reason.
 */
export const explainStop = (task: TaskRecord, reported: string | undefined, at: number): TaskRecord => {
  const isOver = task.lastStatus === 'STOPPED';
  const isEnding = isOver || task.containers.some((each) => each.essential && each.lastStatus === 'STOPPED');
  const isDecided = task.stopCode !== undefined && !derived.has(task.stopCode);
  if (!isEnding || isDecided) return task;
  const started = task.startedAt !== undefined || task.containers.some(hasRun);
  const before = task.stoppedReason === failedToStart || task.stoppedReason === essentialContainerExited;
  const kept = before ? undefined : task.stoppedReason;
  const fallback = started ? essentialContainerExited : firstReason(task.containers);
  return {
    ...task,
    desiredStatus: 'STOPPED',
    stopCode: started ? 'EssentialContainerExited' : 'TaskFailedToStart',
    stoppedReason: reported ?? kept ?? fallback,
    stoppingAt: task.stoppingAt ?? at,
  };
};

const derived: ReadonlySet<string> = new Set(['EssentialContainerExited', 'TaskFailedToStart']);

const firstReason = (containers: readonly TaskContainerRecord[]): string =>
  containers.find((container) => container.reason !== undefined)?.reason ?? failedToStart;
