/**
 * The one decision of a container's life: from what is known of a task, which step this container takes next, or
 * why it takes none. Pure; the clock is passed in. The caller takes one step of a container at a time and decides
 * again when anything of the task changed or `wakeAt` has come.
 */
import { dependenciesOf, stateOfDependency, stopsBefore } from './dependencies.ts';
import type { ContainerState, TaskState } from './task-state.ts';

export type ContainerStep =
  | { readonly kind: 'pull' }
  | { readonly kind: 'create' }
  | { readonly kind: 'start' }
  /** Start it again under its restart policy. */
  | { readonly kind: 'restart' }
  | { readonly kind: 'stop'; readonly timeoutSeconds: number }
  /** It counts as STOPPED from now on, without a call to the engine: it never ran, or it has ended already. */
  | { readonly kind: 'settle'; readonly reason?: string | undefined }
  | { readonly kind: 'none'; readonly reason: string; readonly wakeAt?: number | undefined };

export interface StepContext {
  readonly now: number;
  /** Where the container has no `stopTimeout`. */
  readonly defaultStopTimeoutSeconds: number;
  /** Execution-role credentials of the task are at hand. */
  readonly hasExecutionCredentials: boolean;
}

const hasStopped: ContainerStep = { kind: 'none', reason: 'it has stopped' };

/** The next step of `container` within `task`. */
export function decideContainerStep(task: TaskState, container: ContainerState, context: StepContext): ContainerStep {
  return container.desiredStatus === 'STOPPED'
    ? decideStop(task, container, context)
    : decideProgress(task, container, context);
}

function decideStop(task: TaskState, container: ContainerState, context: StepContext): ContainerStep {
  if (container.knownStatus === 'STOPPED') return hasStopped;
  if (container.knownStatus !== 'RUNNING' || container.restartDue) return { kind: 'settle' };
  const first = stopsBefore(task, container);
  if (first.length > 0)
    return { kind: 'none', reason: `waiting for ${first.map(({ name }) => name).join(', ')} to stop` };
  return { kind: 'stop', timeoutSeconds: container.definition.stopTimeout ?? context.defaultStopTimeoutSeconds };
}

function decideProgress(task: TaskState, container: ContainerState, context: StepContext): ContainerStep {
  const { knownStatus } = container;
  if (knownStatus === 'STOPPED') return hasStopped;
  if (knownStatus === 'RUNNING')
    return container.restartDue ? { kind: 'restart' } : { kind: 'none', reason: 'it runs' };
  let wait: { reason: string; wakeAt: number | undefined } | undefined;
  for (const dependency of dependenciesOf(task, container)) {
    const state = stateOfDependency(task, dependency, context.now);
    if (state.kind === 'never') return { kind: 'settle', reason: state.reason };
    if (state.kind === 'waiting') wait = sooner(wait, state);
  }
  if (wait) return { kind: 'none', ...wait };
  return nextOf[knownStatus](container, context);
}

/** Of two waits the first reason, and the earlier of the times. */
function sooner(
  wait: { reason: string; wakeAt: number | undefined } | undefined,
  other: { readonly reason: string; readonly wakeAt?: number | undefined },
) {
  const times = [wait?.wakeAt, other.wakeAt].filter((time) => time !== undefined);
  return { reason: wait?.reason ?? other.reason, wakeAt: times.length > 0 ? Math.min(...times) : undefined };
}

const nextOf: Readonly<
  Record<'NONE' | 'PULLED' | 'CREATED', (container: ContainerState, context: StepContext) => ContainerStep>
> = {
  NONE(container, context) {
    const byExecutionRole = container.definition.registryAuthentication?.ecrAuthData?.useExecutionRole === true;
    if (byExecutionRole && !context.hasExecutionCredentials)
      return { kind: 'none', reason: 'waiting for credentials of the execution role' };
    return { kind: 'pull' };
  },
  PULLED: () => ({ kind: 'create' }),
  CREATED: () => ({ kind: 'start' }),
};
