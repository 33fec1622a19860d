/**
 * The decision for a service whose deployment controller is EXTERNAL: every task set is held at its share of the
 * service's desired count, and who made the sets moves the shares. Pure.
 *
 * AWS documentation: "Deploy Amazon ECS services using a third-party controller"; TaskSet in the API reference.
 */
import type { ServiceRecord, ServiceRevisionRecord } from '../../service-records.ts';
import type { ServiceTask } from '../service/service-task.ts';
import { computedDesiredCount } from '../service/task-set.ts';
import { decideReplicas, mostAtOnce } from './decide-replicas.ts';
import { countFailures, nextStart } from './failures.ts';
import type { ServiceSnapshot, ServiceStep } from './snapshot.ts';
import { earliest, isSettled, standingOf } from './standing.ts';
import { announceSteadyState, isAround, moveSteps, noteFailures, retryPlacementAt, stopOf } from './steps.ts';

export interface TaskSetsDecision {
  readonly steps: readonly ServiceStep[];
  readonly waitingOn: readonly string[];
  readonly wakeAt?: number | undefined;
}

interface Part extends TaskSetsDecision {
  readonly settled: boolean;
}

/** Decides for all task sets of an ACTIVE service. `now` is in milliseconds since the epoch. */
export const decideTaskSets = (snapshot: ServiceSnapshot, now: number): TaskSetsDecision => {
  const { service, revisions, tasks } = snapshot;
  const parts = [
    ...revisions.map((set) =>
      set.status === 'DRAINING' ? decideDeleted(snapshot, set) : decideTaskSet(snapshot, set, now),
    ),
    decideStray(service, strayTasks(revisions, tasks)),
  ];
  const settled = parts.every((part) => part.settled);
  const steady = settled ? announceSteadyState(service, now) : undefined;
  const wakeAt = earliest([...parts.map((part) => part.wakeAt), steady?.again]);
  return {
    steps: [...parts.flatMap(({ steps }) => steps), ...(steady?.steps ?? [])],
    waitingOn: parts.flatMap(({ waitingOn }) => waitingOn),
    ...(wakeAt === undefined ? {} : { wakeAt }),
  };
};

/** A set is a service of its own for everything but the settings that it shares with the others. */
const decideTaskSet = (snapshot: ServiceSnapshot, set: ServiceRevisionRecord, now: number): Part => {
  const desiredCount = computedDesiredCount(snapshot.service, set);
  const own: ServiceSnapshot = {
    ...snapshot,
    service: { ...snapshot.service, desiredCount, blocked: set.blocked },
    revisions: [{ ...set, status: 'PRIMARY' }],
    tasks: snapshot.tasks.filter(({ revisionId }) => revisionId === set.revisionId),
  };
  const failures = countFailures(set, own.tasks, {});
  const startAt = nextStart(failures, own.tasks, set.revisionId, desiredCount, now);
  const retryAt = retryPlacementAt(own, now);
  const standing = standingOf(own, now);
  const moves = decideReplicas(own, standing, { held: startAt > now, blocked: retryAt !== undefined }, now);
  const settled = moves.starts === 0 && moves.stops.length === 0 && isSettled(standing, desiredCount);
  const missing = desiredCount - standing.current.length;
  const wait = startAt > now ? startAt : undefined;
  return {
    steps: [
      ...noteFailures(snapshot, set, failures, wait !== undefined),
      ...moveSteps(snapshot, set, { ...moves, targets: undefined }, standing),
    ],
    waitingOn: settled ? [] : [`task set ecs-svc/${set.revisionId}: ${missing} tasks to start, or others to settle`],
    wakeAt: settled ? standing.changesAt : earliest([standing.changesAt, wait, retryAt]),
    settled,
  };
};

/** A deleted set loses its tasks, and with the last one it is gone. */
const decideDeleted = ({ service, tasks }: ServiceSnapshot, set: ServiceRevisionRecord): Part => {
  const around = tasks.filter((task) => task.revisionId === set.revisionId && isAround(task));
  if (around.length === 0) {
    return { steps: [{ kind: 'retireRevision', service, revision: set }], waitingOn: [], settled: false };
  }
  return decideStray(service, around);
};

const strayTasks = (
  revisions: readonly ServiceRevisionRecord[],
  tasks: readonly ServiceTask[],
): readonly ServiceTask[] => {
  const known = new Set(revisions.map(({ revisionId }) => revisionId));
  return tasks.filter((task) => !known.has(task.revisionId) && isAround(task));
};

/** Tasks that belong to no set any more. */
const decideStray = (service: ServiceRecord, stray: readonly ServiceTask[]): Part => {
  const live = stray.filter(({ life }) => life !== 'stopping').slice(0, mostAtOnce);
  return {
    steps:
      live.length === 0 ? [] : [{ kind: 'stopTasks', service, stops: live.map((task) => stopOf(task, 'scaling')) }],
    waitingOn: stray.length === 0 ? [] : [`${stray.length} tasks of deleted task sets to stop`],
    settled: stray.length === 0,
  };
};
