/**
 * Who waits for whom inside a task. A container depends on others by `dependsOn`, by links (they must run), by
 * volumesFrom (they must have been created) and, in task namespaces, on the pause containers that hold those. The
 * same relation, turned round, orders the shutdown. Conditions as in the developer guide, "Container dependency".
 */
import type { AcsDependencyCondition } from '../protocol/acs-messages.ts';
import type { ContainerState, ContainerStatus, TaskState } from './task-state.ts';

export interface Dependency {
  readonly containerName: string;
  readonly condition: AcsDependencyCondition | 'CREATE';
}

/** What a dependency says about the container that has it. */
export type DependencyState =
  | { readonly kind: 'resolved' }
  | { readonly kind: 'waiting'; readonly reason: string; readonly wakeAt?: number | undefined }
  | { readonly kind: 'never'; readonly reason: string };

const RESOLVED: DependencyState = { kind: 'resolved' };

const order: Readonly<Record<ContainerStatus, number>> = { NONE: 0, PULLED: 1, CREATED: 2, RUNNING: 3, STOPPED: 4 };

/** Negative, zero or positive, as `left` is less advanced than, as far as, or beyond `right`. */
export const compareStatus = (left: ContainerStatus, right: ContainerStatus): number => order[left] - order[right];

/** What must be true of other containers before this one may be pulled, created and started. */
export function dependenciesOf(task: TaskState, container: ContainerState): readonly Dependency[] {
  if (container.type !== 'NORMAL') return [];
  const { dependsOn = [], links = [], volumesFrom = [] } = container.definition;
  return [
    ...task.containers
      .filter(({ type }) => type !== 'NORMAL')
      .map(({ name }): Dependency => ({ containerName: name, condition: 'START' })),
    ...dependsOn,
    ...links.map((link): Dependency => ({ containerName: linkTarget(link), condition: 'START' })),
    ...volumesFrom.map(({ sourceContainer }): Dependency => ({ containerName: sourceContainer, condition: 'CREATE' })),
  ];
}

/** The container that a link (`name` or `name:alias`) leads to. */
export const linkTarget = (link: string): string => link.split(':', 1)[0] ?? link;

/** How one dependency stands now; `now` decides over start timeouts, which bound the wait for an end or for health. */
export function stateOfDependency(task: TaskState, dependency: Dependency, now: number): DependencyState {
  const target = task.containers.find(({ name }) => name === dependency.containerName);
  if (!target) return { kind: 'never', reason: `container ${dependency.containerName} is not part of the task` };
  const neverRan = target.knownStatus === 'STOPPED' && target.startedAt === undefined;
  if (neverRan) return { kind: 'never', reason: `dependency ${target.name} never started` };
  const state = conditions[dependency.condition](target);
  if (state.kind !== 'waiting') return state;
  return boundedByStartTimeout(target, dependency, state.reason, now);
}

const waiting = (target: ContainerState, what: string): DependencyState => ({
  kind: 'waiting',
  reason: `waiting for ${target.name} to ${what}`,
});

const conditions: Readonly<Record<Dependency['condition'], (target: ContainerState) => DependencyState>> = {
  CREATE: (target) => (compareStatus(target.knownStatus, 'CREATED') >= 0 ? RESOLVED : waiting(target, 'be created')),
  START: (target) => (compareStatus(target.knownStatus, 'RUNNING') >= 0 ? RESOLVED : waiting(target, 'start')),
  COMPLETE: (target) => (target.knownStatus === 'STOPPED' ? RESOLVED : waiting(target, 'complete')),
  SUCCESS(target) {
    if (target.knownStatus !== 'STOPPED') return waiting(target, 'complete successfully');
    if (target.exitCode === 0) return RESOLVED;
    return { kind: 'never', reason: `dependency ${target.name} did not exit successfully` };
  },
  HEALTHY(target) {
    if (target.health?.status === 'HEALTHY') return RESOLVED;
    if (target.definition.healthCheckType === undefined)
      return { kind: 'never', reason: `dependency ${target.name} has no health check` };
    if (target.knownStatus === 'STOPPED')
      return { kind: 'never', reason: `dependency ${target.name} stopped before it was healthy` };
    return waiting(target, 'be healthy');
  },
};

function boundedByStartTimeout(
  target: ContainerState,
  dependency: Dependency,
  reason: string,
  now: number,
): DependencyState {
  const seconds = target.definition.startTimeout ?? 0;
  const bounded = dependency.condition !== 'START' && dependency.condition !== 'CREATE';
  if (!bounded || seconds <= 0 || target.startedAt === undefined) return { kind: 'waiting', reason };
  const wakeAt = target.startedAt + seconds * 1000;
  if (now < wakeAt) return { kind: 'waiting', reason, wakeAt };
  return { kind: 'never', reason: `dependency ${target.name} timed out after ${seconds} seconds` };
}

/** Containers that must have stopped before this one is asked to stop. */
export function stopsBefore(task: TaskState, container: ContainerState): readonly ContainerState[] {
  return task.containers.filter(
    (other) =>
      other.name !== container.name &&
      other.knownStatus !== 'STOPPED' &&
      dependenciesOf(task, other).some(({ containerName }) => containerName === container.name),
  );
}

/** True when the dependencies name only containers of the task and run in no circle. */
export function dependenciesCanResolve(task: TaskState): boolean {
  const resolved = new Set<string>();
  let left = [...task.containers];
  while (left.length > 0) {
    const free = left.filter((container) =>
      dependenciesOf(task, container).every(({ containerName }) => resolved.has(containerName)),
    );
    if (free.length === 0) return false;
    for (const { name } of free) resolved.add(name);
    left = left.filter((container) => !resolved.has(container.name));
  }
  return true;
}
