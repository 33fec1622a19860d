/**
 * On which instances to start a DAEMON service's task, and which of its tasks to stop. Pure.
 *
 * Invariants: at most one task on an instance, so an old one goes before the new one comes; stopping leaves the
 * minimum of healthy tasks; a task on a DRAINING instance leaves when the others have left.
 * AWS documentation: "Amazon ECS services" (DAEMON), "Deploy Amazon ECS services by replacing tasks".
 */
import { isHealthy, isProtected, isProven, type ServiceTask } from '../service/service-task.ts';
import { mostAtOnce, type Moves } from './decide-replicas.ts';
import { limitsOf } from './limits.ts';
import type { DaemonInstance, ServiceSnapshot } from './snapshot.ts';
import { spendBudget, type Standing } from './standing.ts';

export interface DaemonMoves extends Pick<Moves, 'stops'> {
  readonly targets: readonly DaemonInstance[];
}

/** How many tasks a DAEMON service should have: one on each of its instances. */
export const daemonCount = ({ daemonInstances }: ServiceSnapshot): number => daemonInstances.length;

export const decideDaemons = (
  snapshot: ServiceSnapshot,
  standing: Standing,
  startsHeld: boolean,
  now: number,
): DaemonMoves => {
  const { service, daemonInstances, draining } = snapshot;
  const { current, unhealthy, outdated, stopping } = standing;
  const { minimum } = limitsOf(daemonInstances.length, service.deploymentConfiguration);
  const places = new Set(daemonInstances.map(({ containerInstanceId }) => containerInstanceId));
  const busy = new Set(draining.filter(({ hasOtherTasks }) => hasOtherTasks).map((each) => each.containerInstanceId));
  const active = [...current, ...unhealthy, ...outdated];

  const misplaced = active.filter(
    ({ containerInstanceId }) => !places.has(containerInstanceId) && !busy.has(containerInstanceId),
  );
  const placed = active.filter(({ containerInstanceId }) => places.has(containerInstanceId));
  const kept = bestOfEach(placed.filter((task) => current.includes(task)));
  const doubles = placed.filter((task) => current.includes(task) && !kept.has(task));
  const budget = placed.filter(isProven).length - minimum;
  const sick = placed.filter((task) => unhealthy.includes(task));
  const old = startsHeld ? [] : placed.filter((task) => outdated.includes(task));
  const { taken } = spendBudget(old, budget, old.length, now);
  const gone = [...misplaced, ...doubles].filter((task) => !isProtected(task, now));

  const occupied = new Set([...active, ...stopping].map(({ containerInstanceId }) => containerInstanceId));
  const free = daemonInstances.filter(
    ({ containerInstanceId, agentConnected }) => agentConnected && !occupied.has(containerInstanceId),
  );
  return {
    targets: startsHeld ? [] : free.slice(0, mostAtOnce),
    stops: [
      ...sick.map((task) => ({ task, cause: 'unhealthy' as const })),
      ...[...gone, ...taken].map((task) => ({ task, cause: 'scaling' as const })),
    ].slice(0, mostAtOnce),
  };
};

/** One task for each instance: a healthy one before one that is not, the older before the newer. */
const bestOfEach = (tasks: readonly ServiceTask[]): ReadonlySet<ServiceTask> => {
  const best = new Map<string, ServiceTask>();
  for (const task of tasks) {
    const known = best.get(task.containerInstanceId);
    const isBetter =
      known === undefined ||
      (isHealthy(task) && !isHealthy(known)) ||
      (isHealthy(task) === isHealthy(known) && task.createdAt < known.createdAt);
    if (isBetter) best.set(task.containerInstanceId, task);
  }
  return new Set(best.values());
};
