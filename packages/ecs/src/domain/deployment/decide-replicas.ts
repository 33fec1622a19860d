/**
 * How many tasks of a REPLICA service to start, and which to stop, in one step. Pure.
 *
 * Invariants:
 * - stopping leaves at least the minimum of healthy tasks, where there were as many;
 * - there are never more tasks than the maximum, those that are about to stop included, by starting some;
 * - protected tasks are stopped neither to scale in nor to deploy, and count where they are.
 *
 * AWS documentation: "Deploy Amazon ECS services by replacing tasks" (rolling update), "Draining Amazon ECS
 * container instances", "Replacing unhealthy Amazon ECS tasks".
 */
import type { ServiceRecord } from '../../service-records.ts';
import { allotProviders } from '../capacity-provider/allot-providers.ts';
import { isHealthy, isProtected, isProven, type ServiceTask } from '../service/service-task.ts';
import { limitsOf } from './limits.ts';
import { scaleInOrder } from './scale-in.ts';
import type { ServiceSnapshot, StopCause } from './snapshot.ts';
import { spendBudget, type Standing } from './standing.ts';

/** What keeps new tasks from being started. */
export interface StartsHeld {
  /** Nothing is to be started at all: the deployment failed, or waits after failures. */
  readonly held: boolean;
  /** Tasks found no room a moment ago: room in the cluster has to come first. */
  readonly blocked: boolean;
}

export interface Moves {
  readonly starts: number;
  readonly stops: readonly { readonly task: ServiceTask; readonly cause: StopCause }[];
  /** The percentages let nothing happen, and nothing is under way that could change it. */
  readonly deadlocked: boolean;
}

/** The most tasks in one step, so that a step stays one small transaction. */
export const mostAtOnce = 500;

export const decideReplicas = (
  { service }: ServiceSnapshot,
  standing: Standing,
  { held, blocked }: StartsHeld,
  now: number,
): Moves => {
  const { desiredCount, deploymentConfiguration } = service;
  const { minimum, maximum } = limitsOf(desiredCount, deploymentConfiguration);
  const { current, unhealthy, outdated, lost, stopping } = standing;
  const active = [...current, ...unhealthy, ...outdated];
  const occupied = active.length + stopping.length;
  const need = Math.max(0, desiredCount - current.length);
  const room = Math.max(0, maximum - occupied);
  const starts = held || blocked ? 0 : Math.min(need, room, mostAtOnce);

  const provenCurrent = current.filter(isProven).length;
  let budget = active.filter(isHealthy).length - minimum;
  const take = (tasks: readonly ServiceTask[], count: number): readonly ServiceTask[] => {
    const { taken, left } = spendBudget(tasks, budget, count, now);
    budget = left;
    return taken;
  };

  const surplus = scaleIn(current, active, service, now);
  const scaled = take(surplus, surplus.length);
  const old = oldestFirst(outdated);
  // Old tasks are kept while there are fewer healthy new ones than wanted; those that do nothing yet are not.
  const keep = Math.max(0, desiredCount - provenCurrent);
  const idle = held
    ? []
    : take(
        old.filter((task) => !mayServe(task)),
        old.length,
      );
  // Those go first whose health nobody knows yet; but as long as they may be what serves, they count as that.
  const serving = old.filter(mayServe).toSorted((left, right) => Number(isHealthy(left)) - Number(isHealthy(right)));
  const spared = Math.max(0, provenCurrent + serving.length - minimum);
  const replaced = take(serving, Math.min(serving.length - keep, spared));
  // Room comes with what is stopping already; in a full cluster from nothing else.
  const coming = blocked ? stopping.length : Math.max(0, maximum - occupied + stopping.length);
  const missing = held ? 0 : Math.max(0, need - coming);
  const sick = provenCurrent >= desiredCount ? unhealthy : unhealthy.slice(0, missing > 0 ? 1 : 0);
  const makingRoom = missing > 0 && sick.length === 0;
  const forced = makingRoom
    ? take(
        serving.filter((task) => !replaced.includes(task)),
        Math.min(missing, spared - replaced.length),
      )
    : [];

  const stops = [
    ...lost.map((task) => ({ task, cause: 'lost' as const })),
    ...sick.map((task) => ({ task, cause: 'unhealthy' as const })),
    ...[...scaled, ...idle, ...replaced, ...forced].map((task) => ({ task, cause: 'scaling' as const })),
  ].slice(0, mostAtOnce);
  const deadlocked =
    makingRoom &&
    !blocked &&
    starts === 0 &&
    stops.length === 0 &&
    stopping.length === 0 &&
    outdated.length > 0 &&
    !outdated.some((task) => isProtected(task, now)) &&
    current.every(isProven) &&
    need > 0;
  return { starts, stops, deadlocked };
};

/** Healthy, or running without anybody knowing its health yet. */
const mayServe = (task: ServiceTask): boolean =>
  isHealthy(task) || (task.life === 'running' && task.health === 'UNKNOWN');

const scaleIn = (
  current: readonly ServiceTask[],
  active: readonly ServiceTask[],
  { desiredCount, capacityProviderStrategy = [] }: ServiceRecord,
  now: number,
): readonly ServiceTask[] => {
  const surplus = current.length - desiredCount;
  if (surplus <= 0) return [];
  const candidates = current.filter((task) => !isProtected(task, now));
  const shares =
    capacityProviderStrategy.length > 1 ? allotProviders(capacityProviderStrategy, [], desiredCount) : undefined;
  return scaleInOrder(candidates, active, Math.min(surplus, mostAtOnce), shares);
};

/** Old tasks go oldest first, in an order that is the same every time. */
const oldestFirst = (tasks: readonly ServiceTask[]): readonly ServiceTask[] =>
  tasks.toSorted((left, right) => left.createdAt - right.createdAt || (left.taskId < right.taskId ? -1 : 1));
