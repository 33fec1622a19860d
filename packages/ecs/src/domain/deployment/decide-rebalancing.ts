/**
 * How a service in its steady state gets its tasks balanced over Availability Zones again: tasks start where
 * fewest are, and once they are healthy as many stop where most are. Pure.
 *
 * Invariants:
 * - only a service at its desired count is rebalanced, and never below it: what stops was replaced before;
 * - there are never more tasks than the maximum;
 * - a task is started only where a later stop can bring the balance nearer, so this ends;
 * - protected tasks are not stopped;
 * - a task is replaced by one of the same capacity provider: their division stays.
 *
 * AWS documentation: "Balancing an Amazon ECS service across Availability Zones".
 */
import type { ServiceRevisionRecord } from '../../service-records.ts';
import { allotProviders } from '../capacity-provider/allot-providers.ts';
import { isHealthy, isProtected, type ServiceTask } from '../service/service-task.ts';
import { mostAtOnce } from './decide-replicas.ts';
import { limitsOf } from './limits.ts';
import { scaleInOrder } from './scale-in.ts';
import type { ServiceSnapshot, ServiceStep, ZoneCount, ZonePool } from './snapshot.ts';
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
  const hasZones = zones.some((pool) => pool.zones.length > 1);
  if (!isWanted || !isQuiet || !hasZones || current.length < service.desiredCount) return undefined;
  if (!isUnderWay && (service.steadyAt === undefined || current.length > service.desiredCount)) return undefined;
  if (stopping.length > 0) return isUnderWay ? waitFor(`${stopping.length} tasks to stop`) : undefined;
  const settling = current.filter((task) => !isHealthy(task)).length;
  if (settling > 0) return isUnderWay ? waitFor(`${settling} tasks to become healthy`) : undefined;
  const parts = zones.map((pool) => partOf(pool, current));
  if (current.length > service.desiredCount) return stopSurplus(snapshot, current, parts, now);
  const uneven = parts.find(({ counts }) => !isBalanced(counts));
  if (uneven !== undefined) return startInEmptiest(snapshot, primary, current.length, uneven, now);
  return isUnderWay ? { steps: [setBalanced(snapshot, current)], waitingOn: [] } : undefined;
};

const waitFor = (reason: string): RebalancingDecision => ({ steps: [], waitingOn: [`AZ rebalancing: ${reason}`] });

/** The tasks of a pool, and how many of them are in each zone: the fullest zone first. */
interface Part {
  readonly pool: ZonePool;
  readonly tasks: readonly ServiceTask[];
  readonly counts: readonly ZoneCount[];
}

const partOf = (pool: ZonePool, current: readonly ServiceTask[]): Part => {
  const { providers, zones } = pool;
  const tasks = current.filter(
    ({ capacityProvider = '' }) => providers.length === 0 || providers.includes(capacityProvider),
  );
  return { pool, tasks, counts: countZones(zones, tasks) };
};

/** Tasks elsewhere, where no instance takes tasks, do not count. */
const countZones = (zones: readonly string[], tasks: readonly ServiceTask[]): readonly ZoneCount[] =>
  zones
    .map((zone) => ({ zone, tasks: tasks.filter((task) => task.zone === zone).length }))
    .toSorted((left, right) => right.tasks - left.tasks || (left.zone < right.zone ? -1 : 1));

const isBalanced = (counts: readonly ZoneCount[]): boolean =>
  (counts[0]?.tasks ?? 0) - (counts.at(-1)?.tasks ?? 0) <= 1;

const setBalanced = ({ service, zones }: ServiceSnapshot, current: readonly ServiceTask[]): ServiceStep => {
  const all = [...new Set(zones.flatMap((pool) => pool.zones))];
  return { kind: 'setRebalancing', service, counts: countZones(all, current), isUnderWay: false };
};

/** Stops from the fullest zone what was started in the emptiest. */
const stopSurplus = (
  { service }: ServiceSnapshot,
  current: readonly ServiceTask[],
  parts: readonly Part[],
  now: number,
): RebalancingDecision | undefined => {
  const { desiredCount, capacityProviderStrategy = [] } = service;
  const shares =
    capacityProviderStrategy.length > 1 ? allotProviders(capacityProviderStrategy, [], desiredCount) : undefined;
  const shareOf = ({ providers }: ZonePool): number =>
    shares === undefined ? desiredCount : providers.reduce((sum, name) => sum + (shares.get(name) ?? 0), 0);
  const part = parts.find(({ pool, tasks }) => tasks.length > shareOf(pool));
  const full = part?.counts[0];
  if (part === undefined || full === undefined) return undefined;
  const inFull = part.tasks.filter((task) => task.zone === full.zone);
  const candidates = inFull.filter((task) => !isProtected(task, now));
  const surplus = Math.min(part.tasks.length - shareOf(part.pool), current.length - desiredCount, mostAtOnce);
  const excess = Math.max(1, full.tasks - (part.counts.at(-1)?.tasks ?? 0));
  const stops = scaleInOrder(candidates, current, Math.min(surplus, excess), shares);
  if (stops.length > 0) {
    const step = { kind: 'stopTasks' as const, service, stops: stops.map((task) => stopOf(task, 'rebalancing')) };
    return { steps: [step], waitingOn: [] };
  }
  const times = inFull.flatMap(({ protectedUntil }) => protectedUntil ?? []);
  return times.length === 0
    ? undefined
    : { ...waitFor(`the protected tasks in ${full.zone}`), wakeAt: Math.min(...times) };
};

const startInEmptiest = (
  { service, instancesSeen }: ServiceSnapshot,
  revision: ServiceRevisionRecord,
  count: number,
  { pool, tasks, counts }: Part,
  now: number,
): RebalancingDecision => {
  const { desiredCount, deploymentConfiguration, rebalancing } = service;
  const fullest = counts[0]?.zone ?? '';
  const emptiest = counts.at(-1) ?? { zone: '', tasks: 0 };
  const announce: readonly ServiceStep[] =
    rebalancing === undefined ? [{ kind: 'setRebalancing', service, counts, isUnderWay: true }] : [];
  const blocked = rebalancing?.blocked;
  if (blocked !== undefined && blocked.instancesSeen === instancesSeen && now < blocked.at + zoneRetry) {
    return { ...waitFor(`room in ${emptiest.zone}`), wakeAt: blocked.at + zoneRetry };
  }
  const movable = tasks.filter((task) => task.zone === fullest && !isProtected(task, now));
  const [first] = movable;
  if (first === undefined) return { ...waitFor(`the protected tasks in ${fullest}`), steps: announce };
  const alike = movable.filter(({ capacityProvider }) => capacityProvider === first.capacityProvider).length;
  const room = limitsOf(desiredCount, deploymentConfiguration).maximum - count;
  const missing = Math.max(1, Math.floor(tasks.length / pool.zones.length) - emptiest.tasks);
  const starts = Math.min(room, missing, alike, mostAtOnce);
  if (starts <= 0) return { ...waitFor('a maximumPercent that leaves room for another task'), steps: announce };
  // The announcement changes the service, and activates the loop for the start.
  if (announce.length > 0) return { steps: announce, waitingOn: [] };
  return {
    steps: [
      {
        kind: 'startTasks',
        service,
        revision,
        count: starts,
        zone: emptiest.zone,
        capacityProvider: first.capacityProvider,
        instancesSeen,
        replacingUnhealthy: 0,
      },
    ],
    waitingOn: [],
  };
};
