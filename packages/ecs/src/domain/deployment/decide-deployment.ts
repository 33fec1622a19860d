/**
 * The service scheduler's decision: from everything there is of one service to the steps to take now, and why
 * nothing more happens. Pure: the clock is passed in, and a step leaves its effect nothing to choose.
 *
 * Invariants:
 * - a deployment ends when an alarm that it is watched by is seen in ALARM, and completes after its bake time;
 * - a deployment completes only when every wanted task is healthy and no other is left, and then once;
 * - a deployment that goes back does so once: when the older revision fails too, nothing is started any more;
 * - an ACTIVE service with a wanted task missing has a step to take, or a reason to wait and a time to look again.
 */
import type { ServiceRevisionRecord } from '../../service-records.ts';
import { isProtected, isProven } from '../service/service-task.ts';
import { decideBaking, triggeredAlarms, watchedNames } from './alarms.ts';
import { daemonCount, decideDaemons } from './decide-daemons.ts';
import { decideBlueGreen } from './decide-blue-green.ts';
import { decideReplicas, mostAtOnce } from './decide-replicas.ts';
import { decideRebalancing } from './decide-rebalancing.ts';
import { decideTaskSets } from './decide-task-sets.ts';
import { countFailures, failureThreshold, nextStart, type Failures } from './failures.ts';
import type { ServiceSnapshot, ServiceStep } from './snapshot.ts';
import { onProbation } from './probation.ts';
import { failedHook, keepsBoth } from './stages.ts';
import { earliest, isSettled, standingOf, type Standing } from './standing.ts';
import {
  announceSteadyState,
  isAround,
  moveSteps,
  noteFailures,
  retryPlacementAt,
  stopOf,
  type AnyMoves,
} from './steps.ts';

export interface ServiceDecision {
  readonly steps: readonly ServiceStep[];
  readonly waitingOn: readonly string[];
  readonly wakeAt?: number | undefined;
}

/** For how long an INACTIVE service can be described. */
export const inactiveServicesAreKept = 3_600_000;

/** Decides for one service. `now` is in milliseconds since the epoch. */
export const decideDeployment = (snapshot: ServiceSnapshot, now: number): ServiceDecision => {
  const { service } = snapshot;
  if (service.status === 'INACTIVE') return decideForgetting(snapshot, now);
  if (service.status === 'DRAINING') return decideDraining(snapshot, now);
  if (service.deploymentController?.type === 'EXTERNAL') return decideTaskSets(snapshot, now);
  const primary = snapshot.revisions.find(({ status }) => status === 'PRIMARY');
  if (primary === undefined) return { steps: [], waitingOn: [] };
  const { tasks, provenAt } = onProbation(snapshot.tasks, primary, now);
  const decision = decideActive({ ...snapshot, tasks }, primary, now);
  const wakeAt = earliest([decision.wakeAt, provenAt]);
  return { ...decision, ...(wakeAt === undefined ? {} : { wakeAt }) };
};

const decideForgetting = ({ service }: ServiceSnapshot, now: number): ServiceDecision => {
  const wakeAt = (service.inactiveAt ?? 0) + inactiveServicesAreKept;
  return now >= wakeAt
    ? { steps: [{ kind: 'forgetService', service }], waitingOn: [] }
    : { steps: [], waitingOn: [], wakeAt };
};

const decideDraining = ({ service, tasks }: ServiceSnapshot, _now: number): ServiceDecision => {
  const live = tasks.filter(({ life }) => life === 'starting' || life === 'running');
  const leaving = tasks.filter(({ life, disconnectedAt }) => life === 'stopping' && disconnectedAt === undefined);
  if (live.length > 0) {
    const stops = live.slice(0, mostAtOnce).map((task) => stopOf(task, 'scaling'));
    return { steps: [{ kind: 'stopTasks', service, stops }], waitingOn: [] };
  }
  if (leaving.length > 0) return { steps: [], waitingOn: [`${leaving.length} tasks are stopping`] };
  return { steps: [{ kind: 'deactivate', service }], waitingOn: [] };
};

const decideActive = (snapshot: ServiceSnapshot, primary: ServiceRevisionRecord, now: number): ServiceDecision => {
  const { service, tasks } = snapshot;
  const isDaemon = service.schedulingStrategy === 'DAEMON';
  const desiredCount = isDaemon ? daemonCount(snapshot) : service.desiredCount;
  const failures = countFailures(primary, tasks, service.deploymentConfiguration.deploymentCircuitBreaker);
  const failing = decideFailure(snapshot, primary, failures, desiredCount);
  if (failing !== undefined) {
    return { steps: [...noteFailures(snapshot, primary, failures, false), ...failing], waitingOn: [] };
  }

  const { deployment } = snapshot;
  if (primary.rolloutState === 'IN_PROGRESS' && keepsBoth(deployment)) {
    return decideBlueGreen(snapshot, primary, deployment, now);
  }
  const standing = standingOf(snapshot, now, isDaemon);
  const startAt = nextStart(failures, tasks, primary.revisionId, desiredCount, now);
  const retryAt = retryPlacementAt(snapshot, now);
  const halted = primary.rolloutState === 'FAILED';
  const held = halted || startAt > now;
  const rebalancing = held ? undefined : decideRebalancing(snapshot, primary, standing, now);
  const moves = isDaemon
    ? daemonMoves(snapshot, standing, held || retryAt !== undefined, now)
    : rebalancing === undefined
      ? { ...decideReplicas(snapshot, standing, { held, blocked: retryAt !== undefined }, now), targets: undefined }
      : none;
  const steps: ServiceStep[] = [
    ...noteFailures(snapshot, primary, failures, startAt > now),
    ...(isDaemon && desiredCount !== service.desiredCount
      ? [{ kind: 'setDesiredCount' as const, service, desiredCount }]
      : []),
    ...moveSteps(snapshot, primary, moves, standing),
    ...retire(snapshot, primary),
    ...(rebalancing?.steps ?? []),
  ];
  const isStill = moves.starts === 0 && moves.stops.length === 0;
  const settled = isStill && isSettled(standing, desiredCount) && !halted && (rebalancing?.steps ?? []).length === 0;
  const baking = settled && primary.rolloutState === 'IN_PROGRESS' ? decideBaking(snapshot, now) : undefined;
  const steady = settled ? announceSteadyState(service, now) : undefined;
  steps.push(...(baking?.steps ?? []));
  if (settled && primary.rolloutState === 'IN_PROGRESS' && baking === undefined) {
    steps.push({ kind: 'completeDeployment', service, revision: primary });
  }
  steps.push(...(steady?.steps ?? []));
  const wakeAt = earliest([
    standing.changesAt,
    rebalancing?.wakeAt,
    !halted && startAt > now ? startAt : undefined,
    retryAt,
    steady?.again,
    baking?.until,
  ]);
  const waitingOn =
    rebalancing?.waitingOn ??
    (baking !== undefined
      ? [`its alarms are watched for ${baking.until - now} ms more`]
      : settled
        ? []
        : reasons(snapshot, standing, desiredCount, { halted, startAt, retryAt, now }));
  return { steps, waitingOn, ...(wakeAt === undefined ? {} : { wakeAt }) };
};

const none: AnyMoves = { starts: 0, stops: [], deadlocked: false, targets: undefined };

/** The end of a deployment that cannot go on: too many failures, an alarm, or somebody stopped it. */
const decideFailure = (
  snapshot: ServiceSnapshot,
  revision: ServiceRevisionRecord,
  { failedTasks }: Failures,
  desiredCount: number,
): readonly ServiceStep[] | undefined => {
  const { service, deployment, lastCompleted } = snapshot;
  if (revision.rolloutState !== 'IN_PROGRESS') return undefined;
  const isGoingBack = deployment?.rollback !== undefined;
  if (deployment?.stopRequested !== undefined && !isGoingBack) {
    const rollbackTo = deployment.stopRequested === 'ROLLBACK' ? lastCompleted : undefined;
    return [{ kind: 'failDeployment', service, revision, rollbackTo, cause: 'stopRequested' }];
  }
  const hook = isGoingBack ? undefined : failedHook(deployment);
  if (hook !== undefined) {
    const { stage } = hook;
    return [{ kind: 'failDeployment', service, revision, rollbackTo: lastCompleted, cause: 'hook', stage }];
  }
  const triggeredAlarmNames = triggeredAlarms(snapshot, revision);
  if (triggeredAlarmNames.length > 0) {
    const rollbackTo = deployment?.deploymentConfiguration.alarms?.rollback === true ? lastCompleted : undefined;
    return [{ kind: 'failDeployment', service, revision, rollbackTo, cause: 'alarm', triggeredAlarmNames }];
  }
  const breaker = service.deploymentConfiguration.deploymentCircuitBreaker;
  if (!breaker.enable || failedTasks < failureThreshold(breaker, desiredCount)) return undefined;
  const rollbackTo = breaker.rollback && !isGoingBack ? lastCompleted : undefined;
  return [{ kind: 'failDeployment', service, revision, rollbackTo, cause: 'circuitBreaker' }];
};

const daemonMoves = (snapshot: ServiceSnapshot, standing: Standing, held: boolean, now: number): AnyMoves => {
  const { targets, stops } = decideDaemons(snapshot, standing, held, now);
  return { starts: targets.length, stops, deadlocked: false, targets };
};

/**
 * Revisions that have no task left, not even one that is about to stop. While alarms are watched the older ones stay:
 * that is what a deployment can go back to, and how users see that it is not over.
 */
const retire = (
  { service, revisions, tasks, deployment }: ServiceSnapshot,
  primary: ServiceRevisionRecord,
): readonly ServiceStep[] =>
  primary.rolloutState === 'IN_PROGRESS' && watchedNames(deployment).length > 0
    ? []
    : revisions
        .filter((revision) => revision !== primary)
        .filter(({ revisionId }) => !tasks.some((task) => task.revisionId === revisionId && isAround(task)))
        .map((revision) => ({ kind: 'retireRevision', service, revision }));

interface Waits {
  readonly halted: boolean;
  readonly startAt: number;
  readonly retryAt: number | undefined;
  readonly now: number;
}

const reasons = (
  { service }: ServiceSnapshot,
  { current, outdated, stopping }: Standing,
  desiredCount: number,
  { halted, startAt, retryAt, now }: Waits,
): readonly string[] => {
  const starting = current.filter((task) => !isProven(task)).length;
  const kept = outdated.filter((task) => isProtected(task, now)).length;
  return [
    ...(halted ? ['the deployment failed: a new one has to be made'] : []),
    ...(!halted && startAt > now ? [`tasks fail to start: the next is started in ${startAt - now} ms`] : []),
    ...(retryAt !== undefined ? [service.blocked?.message ?? 'no container instance has room'] : []),
    ...(starting > 0 ? [`${starting} tasks to become healthy`] : []),
    ...(stopping.length > 0 ? [`${stopping.length} tasks to stop`] : []),
    ...(kept > 0 ? [`${kept} protected tasks`] : []),
    ...(current.length < desiredCount ? [`${desiredCount - current.length} tasks to be started`] : []),
  ];
};
