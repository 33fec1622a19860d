/**
 * How a service in its steady state gets its tasks balanced over Availability Zones again: tasks start where
 * fewest are, and once they are healthy as many stop where most are. Pure.
 *
 * Invariants:
 * - only a service at its desired count is rebalanced, and never below it: what stops was replaced before;
 * - there are never more tasks than the maximum;
 * - a task is started only where a later stop can bring the balance nearer, so this ends;
 * - protected tasks are not stopped.
 *
 * AWS documentation: "Balancing an Amazon ECS service across Availability Zones".
 */
import type { ServiceRevisionRecord } from '../../service-records.ts';
import { isHealthy, isProtected, type ServiceTask } from '../service/service-task.ts';
import { mostAtOnce } from './decide-replicas.ts';
import { limitsOf } from './limits.ts';
import { scaleInOrder } from './scale-in.ts';
import type { ServiceSnapshot, ServiceStep, ZoneCount } from './snapshot.ts';
import type { Standing } from './standing.ts';
import { stopOf } from './steps.ts';

export interface RebalancingDecision {
  readonly steps: readonly ServiceStep[];
  readonly waitingOn: readonly string[];
  readonly wakeAt?: number | undefined;
}

/** How long after tasks found no room in a zone it is tried again while the cluster's instances stay as they are. */
const zoneRetry = 60_000;

/** What to do about the zones; undefined where the service is balanced, or has something else to do first. */
export const decideRebalancing = (
  snapshot: ServiceSnapshot,
  primary: ServiceRevisionRecord,
  standing: Standing,
  now: number,
): RebalancingDecision | undefined => {
  const { service, zones } = snapshot;
  const { current, unhealthy, outdated, lost, stopping } = standing;
  const isUnderWay = service.rebalancing !== undefined;
  const isQuiet = unhealthy.length + outdated.length + lost.length === 0 && primary.rolloutState === 'COMPLETED';
  const isWanted = service.availabilityZoneRebalancing === 'ENABLED' && service.schedulingStrategy === 'REPLICA';
  if (!isWanted || !isQuiet || zones.length < 2 || current.length < service.desiredCount) return undefined;
  if (!isUnderWay && (service.steadyAt === undefined || current.length > service.desiredCount)) return undefined;
  if (stopping.length > 0) return isUnderWay ? waitFor(`${stopping.length} tasks to stop`) : undefined;
  const counts = countZones(zones, current);
  const settling = current.filter((task) => !isHealthy(task)).length;
  if (settling > 0) return isUnderWay ? waitFor(`${settling} tasks to become healthy`) : undefined;
  if (current.length > service.desiredCount) return stopSurplus(snapshot, current, counts, now);
  if (isBalanced(counts)) return isUnderWay ? { steps: [setBalanced(snapshot, counts)], waitingOn: [] } : undefined;
  return startInEmptiest(snapshot, primary, current, counts, now);
};

const waitFor = (reason: string): RebalancingDecision => ({ steps: [], waitingOn: [`AZ rebalancing: ${reason}`] });

/** Tasks in each zone, the fullest zone first. Tasks elsewhere, where no instance takes tasks, do not count. */
const countZones = (zones: readonly string[], tasks: readonly ServiceTask[]): readonly ZoneCount[] =>
  zones
    .map((zone) => ({ zone, tasks: tasks.filter((task) => task.zone === zone).length }))
    .toSorted((left, right) => right.tasks - left.tasks || (left.zone < right.zone ? -1 : 1));

const isBalanced = (counts: readonly ZoneCount[]): boolean =>
  (counts[0]?.tasks ?? 0) - (counts.at(-1)?.tasks ?? 0) <= 1;

const setBalanced = ({ service }: ServiceSnapshot, counts: readonly ZoneCount[]): ServiceStep => ({
  kind: 'setRebalancing',
  service,
  counts,
  isUnderWay: false,
});

/** Stops from the fullest zones what was started in the emptiest. */
const stopSurplus = (
  { service, tasks }: ServiceSnapshot,
  current: readonly ServiceTask[],
  counts: readonly ZoneCount[],
  now: number,
): RebalancingDecision | undefined => {
  const surplus = Math.min(current.length - service.desiredCount, mostAtOnce);
  const least = counts.at(-1)?.tasks ?? 0;
  // Two more than the emptiest zone has: one fewer brings the two nearer.
  const full = counts.find(({ tasks: count }) => count > least + 1) ?? counts[0];
  const candidates = current.filter((task) => task.zone === full?.zone && !isProtected(task, now));
  const excess = Math.max(1, (full?.tasks ?? 0) - least);
  const stops = scaleInOrder(candidates, current, Math.min(surplus, excess));
  const protectedUntil = tasks.flatMap((task) => (isProtected(task, now) ? [task.protectedUntil ?? now] : []));
  if (stops.length + protectedUntil.length === 0) return undefined;
  return stops.length > 0
    ? {
        steps: [{ kind: 'stopTasks', service, stops: stops.map((task) => stopOf(task, 'rebalancing')) }],
        waitingOn: [],
      }
    : { ...waitFor(`the protected tasks in ${full?.zone ?? ''}`), wakeAt: Math.min(...protectedUntil) };
};

const startInEmptiest = (
  { service, zones, instancesSeen }: ServiceSnapshot,
  revision: ServiceRevisionRecord,
  current: readonly ServiceTask[],
  counts: readonly ZoneCount[],
  now: number,
): RebalancingDecision => {
  const { desiredCount, deploymentConfiguration, rebalancing } = service;
  const fullest = counts[0];
  const emptiest = counts.at(-1);
  if (fullest === undefined || emptiest === undefined) return waitFor('zones');
  const announce: readonly ServiceStep[] =
    rebalancing === undefined ? [{ kind: 'setRebalancing', service, counts, isUnderWay: true }] : [];
  const blocked = rebalancing?.blocked;
  if (blocked !== undefined && blocked.instancesSeen === instancesSeen && now < blocked.at + zoneRetry) {
    return { ...waitFor(`room in ${emptiest.zone}`), wakeAt: blocked.at + zoneRetry };
  }
  const movable = current.filter((task) => task.zone === fullest.zone && !isProtected(task, now)).length;
  if (movable === 0) return { ...waitFor(`the protected tasks in ${fullest.zone}`), steps: announce };
  const room = limitsOf(desiredCount, deploymentConfiguration).maximum - current.length;
  const missing = Math.max(1, Math.floor(desiredCount / zones.length) - emptiest.tasks);
  const count = Math.min(room, missing, movable, mostAtOnce);
  if (count <= 0) return { ...waitFor('a maximumPercent that leaves room for another task'), steps: announce };
  // The announcement changes the service, and activates the loop for the start.
  if (announce.length > 0) return { steps: announce, waitingOn: [] };
  const { zone } = emptiest;
  return {
    steps: [{ kind: 'startTasks', service, revision, count, zone, instancesSeen, replacingUnhealthy: 0 }],
    waitingOn: [],
  };
};
