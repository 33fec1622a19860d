/** The steps that every kind of service takes: tasks that start and stop, failures that are counted. Pure. */
import type { ServiceRecord, ServiceRevisionRecord } from '../../service-records.ts';
import type { ServiceTask } from '../service/service-task.ts';
import type { Moves } from './decide-replicas.ts';
import { isSameCount, type Failures } from './failures.ts';
import type { DaemonInstance, ServiceSnapshot, ServiceStep, StopCause } from './snapshot.ts';
import type { Standing } from './standing.ts';

/** How long after a refused placement the next one is tried while the cluster's instances stay as they are. */
const placementRetry = 15_000;

export const stopOf = ({ taskId, revisionId }: ServiceTask, cause: StopCause) => ({ taskId, revisionId, cause });

/** When a placement that was refused is tried again; undefined where nothing was, or instances changed since. */
export const retryPlacementAt = ({ service, instancesSeen }: ServiceSnapshot, now: number): number | undefined => {
  const { blocked } = service;
  if (blocked === undefined || blocked.instancesSeen !== instancesSeen) return undefined;
  return blocked.at + placementRetry > now ? blocked.at + placementRetry : undefined;
};

/** Writes down what was counted, where it is another count than before; `isThrottled` tells the user, once. */
export const noteFailures = (
  { service }: ServiceSnapshot,
  revision: ServiceRevisionRecord,
  failures: Failures,
  isThrottled: boolean,
): readonly ServiceStep[] => {
  const tellUser = isThrottled && failures.failedTasks > 0 && revision.toldOfFailures !== true;
  if (isSameCount(revision, failures) && !tellUser) return [];
  return [{ kind: 'noteFailures', service, revision, ...failures, tellUser }];
};

export type AnyMoves = Moves & { readonly targets: readonly DaemonInstance[] | undefined };

export const moveSteps = (
  { service, instancesSeen }: ServiceSnapshot,
  revision: ServiceRevisionRecord,
  { starts, stops, deadlocked, targets }: AnyMoves,
  { unhealthy }: Standing,
): readonly ServiceStep[] => [
  ...(stops.length > 0
    ? [{ kind: 'stopTasks' as const, service, stops: stops.map(({ task, cause }) => stopOf(task, cause)) }]
    : []),
  ...(starts > 0
    ? [
        {
          kind: 'startTasks' as const,
          service,
          revision,
          count: starts,
          targets,
          instancesSeen,
          replacingUnhealthy: Math.min(unhealthy.length, starts),
        },
      ]
    : []),
  ...(deadlocked ? [{ kind: 'announceDeadlock' as const, service }] : []),
];

/** A service that stays as it is says so again after this time. */
const steadyStateIsRepeated = 6 * 3_600_000;

/** Says that a settled service is in its steady state, and when it says so again (milliseconds since the epoch). */
export const announceSteadyState = (
  service: ServiceRecord,
  now: number,
): { readonly steps: readonly ServiceStep[]; readonly again: number } => {
  const again = (service.steadyAt ?? now) + steadyStateIsRepeated;
  const isDue = service.steadyAt === undefined || now >= again;
  return { steps: isDue ? [{ kind: 'announceSteadyState', service }] : [], again };
};

/** Whether a task is there or about to be, as far as anybody knows. */
export const isAround = ({ life, disconnectedAt }: ServiceTask): boolean =>
  life === 'starting' || life === 'running' || (life === 'stopping' && disconnectedAt === undefined);
