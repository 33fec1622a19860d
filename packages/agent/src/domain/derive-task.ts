/**
 * What follows for a task from the state of its containers: the end of an essential container ends the task, the
 * task's status is that of its least advanced container, and it never goes back. Pure. Every change of a task goes
 * through here before anyone sees it.
 */
import { compareStatus } from './dependencies.ts';
import type { ContainerState, TaskState, TaskStatus } from './task-state.ts';

/** The task with everything that its containers imply. `now` is used where no container has a time of its own. */
export function deriveTask(task: TaskState, now: number): TaskState {
  const desiredStatus = decideDesired(task);
  const containers =
    desiredStatus === 'STOPPED' ? task.containers.map((container) => wantStopped(container)) : task.containers;
  const knownStatus = advance(task.knownStatus, statusOf(containers));
  return {
    ...task,
    desiredStatus,
    containers,
    knownStatus,
    executionStoppedAt: task.executionStoppedAt ?? firstEssentialStop(containers, knownStatus, now),
    stoppedAt: task.stoppedAt ?? (knownStatus === 'STOPPED' ? now : undefined),
  };
}

function decideDesired(task: TaskState): 'RUNNING' | 'STOPPED' {
  if (task.desiredStatus === 'STOPPED') return 'STOPPED';
  const own = task.containers.filter(({ type }) => type === 'NORMAL');
  const over =
    own.every(({ knownStatus }) => knownStatus === 'STOPPED') ||
    task.containers.some((container) => container.knownStatus === 'STOPPED' && isEssential(container));
  return over ? 'STOPPED' : 'RUNNING';
}

/** A pause container holds what the others live in: its end is the end of the task. */
export const isEssential = (container: ContainerState): boolean =>
  container.type !== 'NORMAL' || container.definition.essential !== false;

const wantStopped = (container: ContainerState): ContainerState =>
  container.desiredStatus === 'STOPPED' ? container : { ...container, desiredStatus: 'STOPPED' };

/** A task whose essential container has ended is not called RUNNING any more, however its other containers do. */
function statusOf(containers: readonly ContainerState[]): TaskStatus {
  const least = leastAdvanced(containers);
  const ending = containers.some((container) => container.knownStatus === 'STOPPED' && isEssential(container));
  return ending && least === 'RUNNING' ? 'NONE' : least;
}

function leastAdvanced(containers: readonly ContainerState[]): TaskStatus {
  return containers.reduce<TaskStatus>(
    (least, { knownStatus }) => (compareStatus(knownStatus, least) < 0 ? knownStatus : least),
    'STOPPED',
  );
}

const advance = (known: TaskStatus, derived: TaskStatus): TaskStatus =>
  compareStatus(derived, known) > 0 ? derived : known;

function firstEssentialStop(
  containers: readonly ContainerState[],
  knownStatus: TaskStatus,
  now: number,
): number | undefined {
  const stops = containers
    .filter((container) => container.knownStatus === 'STOPPED' && container.type === 'NORMAL' && isEssential(container))
    .map(({ finishedAt }) => finishedAt ?? now);
  if (stops.length > 0) return Math.min(...stops);
  return knownStatus === 'STOPPED' ? now : undefined;
}

/** The task with one container replaced, and what follows from it. A container that has stopped stays as it is. */
export function changeContainer(task: TaskState, name: string, patch: Partial<ContainerState>, now: number): TaskState {
  const containers = task.containers.map((container) =>
    container.name === name && container.knownStatus !== 'STOPPED' ? { ...container, ...patch } : container,
  );
  return deriveTask({ ...task, containers }, now);
}
