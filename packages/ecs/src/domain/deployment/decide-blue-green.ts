/**
 * The decision for a BLUE_GREEN deployment until its last stage: the new revision (green) comes up whole while the one
 * before (blue) is held whole, and nothing of blue is taken away. The last stage is decided as a rolling deployment is:
 * green is there, so blue goes. Pure.
 *
 * Invariants:
 * - no task of blue is stopped to deploy before CLEAN_UP;
 * - each stage is entered once, in order, and left when its hooks have passed and what it waits for is there.
 */
import type { ServiceDeploymentRecord, ServiceRevisionRecord } from '../../service-records.ts';
import { decideReplicas, mostAtOnce } from './decide-replicas.ts';
import { countFailures, nextStart } from './failures.ts';
import type { ServiceSnapshot, ServiceStep } from './snapshot.ts';
import { hooksNow, nextStage } from './stages.ts';
import { earliest, isSettled, standingOf } from './standing.ts';
import { isAround, moveSteps, noteFailures, retryPlacementAt, stopOf } from './steps.ts';

export interface BlueGreenDecision {
  readonly steps: readonly ServiceStep[];
  readonly waitingOn: readonly string[];
  readonly wakeAt?: number | undefined;
}

interface Held {
  readonly steps: readonly ServiceStep[];
  readonly settled: boolean;
  readonly wakeAt: number | undefined;
}

/** Decides for a deployment that keeps both of its revisions. `now` is in milliseconds since the epoch. */
export const decideBlueGreen = (
  snapshot: ServiceSnapshot,
  green: ServiceRevisionRecord,
  deployment: ServiceDeploymentRecord,
  now: number,
): BlueGreenDecision => {
  const blue = blueOf(snapshot, green);
  const stage = deployment.lifecycleStage;
  const greenIsWanted = stage !== undefined && stage !== 'RECONCILE_SERVICE' && stage !== 'PRE_SCALE_UP';
  const heldGreen = greenIsWanted ? hold(snapshot, green, now) : undefined;
  const heldBlue = blue === undefined ? undefined : hold(snapshot, blue, now);
  const strays = strayStops(snapshot, [green, ...(blue === undefined ? [] : [blue])]);
  const leaving = leave(snapshot, deployment, { settled: heldGreen?.settled === true, strays: strays.length > 0 }, now);
  const stops: readonly ServiceStep[] =
    strays.length === 0 ? [] : [{ kind: 'stopTasks', service: snapshot.service, stops: strays }];
  const wakeAt = earliest([heldGreen?.wakeAt, heldBlue?.wakeAt, leaving.wakeAt]);
  return {
    steps: [...(heldGreen?.steps ?? []), ...(heldBlue?.steps ?? []), ...stops, ...leaving.steps],
    waitingOn: leaving.waitingOn,
    ...(wakeAt === undefined ? {} : { wakeAt }),
  };
};

/** What is gone back to, or else the oldest one that is there besides green. */
const blueOf = (
  { revisions, lastCompleted }: ServiceSnapshot,
  green: ServiceRevisionRecord,
): ServiceRevisionRecord | undefined => {
  const others = revisions.filter(({ revisionId }) => revisionId !== green.revisionId);
  return others.find(({ revisionId }) => revisionId === lastCompleted?.revisionId) ?? others[0];
};

/** Holds a revision at the desired count, as if the service had no other one. */
const hold = (snapshot: ServiceSnapshot, revision: ServiceRevisionRecord, now: number): Held => {
  const own: ServiceSnapshot = {
    ...snapshot,
    revisions: [{ ...revision, status: 'PRIMARY' }],
    tasks: snapshot.tasks.filter(({ revisionId }) => revisionId === revision.revisionId),
  };
  const { desiredCount, deploymentConfiguration } = snapshot.service;
  const failures = countFailures(revision, own.tasks, deploymentConfiguration.deploymentCircuitBreaker);
  const startAt = nextStart(failures, own.tasks, revision.revisionId, desiredCount, now);
  const retryAt = retryPlacementAt(snapshot, now);
  const standing = standingOf(own, now);
  const moves = decideReplicas(own, standing, { held: startAt > now, blocked: retryAt !== undefined }, now);
  const settled = moves.starts === 0 && moves.stops.length === 0 && isSettled(standing, desiredCount);
  return {
    steps: [
      ...(revision.status === 'PRIMARY' ? noteFailures(snapshot, revision, failures, startAt > now) : []),
      ...moveSteps(snapshot, revision, { ...moves, targets: undefined }, standing),
    ],
    settled,
    wakeAt: earliest([standing.changesAt, startAt > now ? startAt : undefined, settled ? undefined : retryAt]),
  };
};

/** Tasks of neither revision: deployments before this one were not over. */
const strayStops = ({ tasks }: ServiceSnapshot, kept: readonly ServiceRevisionRecord[]) => {
  const known = new Set(kept.map(({ revisionId }) => revisionId));
  return tasks
    .filter((task) => !known.has(task.revisionId) && isAround(task) && task.life !== 'stopping')
    .slice(0, mostAtOnce)
    .map((task) => stopOf(task, 'scaling'));
};

/** Goes on to the next stage, where this one is over; else why not, and when to look again. */
const leave = (
  { service, alarms }: ServiceSnapshot,
  deployment: ServiceDeploymentRecord,
  { settled, strays }: { readonly settled: boolean; readonly strays: boolean },
  now: number,
): BlueGreenDecision => {
  const { lifecycleStage: stage, stageSince = now } = deployment;
  const waiting = hooksNow(deployment).filter(({ status }) => status === 'AWAITING_ACTION');
  const expired = waiting.filter(({ expiresAt }) => now >= expiresAt);
  if (expired.length > 0) {
    const steps = expired.map(({ hookId }) => ({ kind: 'expireHook' as const, service, deployment, hookId }));
    return { steps, waitingOn: [] };
  }
  const stay = (reason: string, wakeAt?: number): BlueGreenDecision => ({
    steps: [],
    waitingOn: [`${stage}: ${reason}`],
    ...(wakeAt === undefined ? {} : { wakeAt }),
  });
  if (waiting.length > 0) {
    return stay(`${waiting.length} hooks await action`, earliest(waiting.map(({ expiresAt }) => expiresAt)));
  }
  if (stage === 'RECONCILE_SERVICE' && strays) return stay('tasks of older deployments to stop');
  if (stage === 'SCALE_UP' && !settled) return stay('tasks of the new revision to become healthy');
  if (stage === 'BAKE_TIME') {
    const bake = Math.max(
      deployment.deploymentConfiguration.bakeTimeInMinutes * 60_000,
      ...alarms.map((alarm) => alarm.bakeTime),
    );
    if (now < stageSince + bake) return stay(`${stageSince + bake - now} ms`, stageSince + bake);
  }
  return { steps: [{ kind: 'enterStage', service, deployment, stage: nextStage(deployment) }], waitingOn: [] };
};
