/**
 * Where a service stands: its tasks sorted by what is to become of them. Every task that is not stopped is in
 * exactly one of the lists.
 */
import { isHealthy, isProtected, isProven, isUnhealthy, lostAfter, type ServiceTask } from '../service/service-task.ts';
import type { ServiceSnapshot } from './snapshot.ts';

export interface Standing {
  /** Of the PRIMARY revision, where they may stay, and not failing: starting or running. */
  readonly current: readonly ServiceTask[];
  /** Like `current`, but their health checks fail. */
  readonly unhealthy: readonly ServiceTask[];
  /** Of another revision, or on an instance that is to be emptied. */
  readonly outdated: readonly ServiceTask[];
  /** On an instance whose agent has been gone for so long that they count for nothing. */
  readonly lost: readonly ServiceTask[];
  /** On their way out. Where no agent is connected nobody waits for them. */
  readonly stopping: readonly ServiceTask[];
  /** When time alone changes something of this, milliseconds since the epoch. */
  readonly changesAt: number | undefined;
}

/** Sorts the tasks. With `waitsForAgents` (DAEMON) tasks whose agent is gone stay what they are. */
export const standingOf = (
  { service, revisions, tasks, draining }: ServiceSnapshot,
  now: number,
  waitsForAgents = false,
): Standing => {
  const primary = revisions.find(({ status }) => status === 'PRIMARY')?.revisionId;
  const grace = (service.healthCheckGracePeriodSeconds ?? 0) * 1000;
  const leaving = new Set(draining.map(({ containerInstanceId }) => containerInstanceId));
  const listOf = (task: ServiceTask): keyof Omit<Standing, 'changesAt'> | undefined => {
    if (task.life === 'stopped') return undefined;
    if (task.life === 'stopping') return task.disconnectedAt === undefined ? 'stopping' : undefined;
    if (!waitsForAgents && isLost(task, now)) return 'lost';
    if (task.revisionId !== primary || leaving.has(task.containerInstanceId)) return 'outdated';
    return isUnhealthy(task, grace, now) ? 'unhealthy' : 'current';
  };
  const sorted = Map.groupBy(tasks, listOf);
  return {
    current: sorted.get('current') ?? [],
    unhealthy: sorted.get('unhealthy') ?? [],
    outdated: sorted.get('outdated') ?? [],
    lost: sorted.get('lost') ?? [],
    stopping: sorted.get('stopping') ?? [],
    changesAt: earliest(tasks.map((task) => nextChange(task, grace, now))),
  };
};

const isLost = ({ disconnectedAt }: ServiceTask, now: number): boolean =>
  disconnectedAt !== undefined && now >= disconnectedAt + lostAfter;

/** The next of a task's deadlines: it is lost, its grace ends, its protection ends. */
const nextChange = (task: ServiceTask, grace: number, now: number): number | undefined => {
  if (task.life !== 'starting' && task.life !== 'running') return undefined;
  const isInGrace = task.life === 'running' && task.health === 'UNHEALTHY';
  return earliest(
    [
      task.disconnectedAt === undefined ? undefined : task.disconnectedAt + lostAfter,
      isInGrace ? (task.startedAt ?? now) + grace : undefined,
      task.protectedUntil,
    ].filter((time) => time !== undefined && time > now),
  );
};

/** The smallest of the times that there are. */
export const earliest = (times: readonly (number | undefined)[]): number | undefined =>
  times.reduce<number | undefined>(
    (first, time) => (first === undefined || (time !== undefined && time < first) ? time : first),
    undefined,
  );

/**
 * Takes tasks that may stop: what is not healthy costs nothing, a healthy one is taken as long as the budget of
 * healthy tasks that can be spared lasts. Protected tasks stay.
 */
export const spendBudget = (
  tasks: readonly ServiceTask[],
  budget: number,
  count: number,
  now: number,
): { readonly taken: readonly ServiceTask[]; readonly left: number } => {
  const taken: ServiceTask[] = [];
  let left = budget;
  for (const task of tasks) {
    if (taken.length >= count) break;
    if (isProtected(task, now)) continue;
    if (isHealthy(task)) {
      if (left <= 0) continue;
      left -= 1;
    }
    taken.push(task);
  }
  return { taken, left };
};

/** Every wanted task is healthy, and no other is there. */
export const isSettled = ({ current, unhealthy, outdated, lost, stopping }: Standing, desiredCount: number): boolean =>
  current.length === desiredCount &&
  current.every(isProven) &&
  unhealthy.length + outdated.length + lost.length + stopping.length === 0;
