/**
 * Which tasks go when a service has too many: first those that are not healthy, then, one by one, a task from
 * where most are, so that what was spread stays spread; among equals the newest.
 * AWS documentation: "Amazon ECS services", service scheduler concepts (scale-in).
 */
import { isHealthy, type ServiceTask } from '../service/service-task.ts';

/** A task with the names of the crowds it is in, from the widest to the narrowest. */
interface Member {
  readonly task: ServiceTask;
  readonly crowds: readonly string[];
}

/** At most `count` of the candidates, in the order in which they go. `all` are the tasks that count for the balance. */
export const scaleInOrder = (
  candidates: readonly ServiceTask[],
  all: readonly ServiceTask[],
  count: number,
): readonly ServiceTask[] => {
  const newestFirst = candidates.toSorted(
    (left, right) => right.createdAt - left.createdAt || (left.taskId < right.taskId ? 1 : -1),
  );
  const broken = newestFirst.filter((task) => !isHealthy(task)).slice(0, count);
  const gone = new Set(broken);
  const sizes = new Map<string, number>();
  for (const task of all) {
    if (!gone.has(task)) for (const crowd of crowdsOf(task)) resize(sizes, crowd, 1);
  }
  const healthy = newestFirst.filter(isHealthy).map((task) => ({ task, crowds: crowdsOf(task) }));
  const chosen: ServiceTask[] = [...broken];
  while (chosen.length < count && healthy.length > 0) {
    const [member] = healthy.splice(mostCrowded(healthy, sizes), 1);
    if (member === undefined) break;
    chosen.push(member.task);
    for (const crowd of member.crowds) resize(sizes, crowd, -1);
  }
  return chosen;
};

const crowdsOf = ({ spread }: ServiceTask): readonly string[] =>
  spread.map((_value, level) => JSON.stringify(spread.slice(0, level + 1)));

const resize = (sizes: Map<string, number>, crowd: string, by: number): void =>
  void sizes.set(crowd, (sizes.get(crowd) ?? 0) + by);

const mostCrowded = (members: readonly Member[], sizes: ReadonlyMap<string, number>): number => {
  let best = 0;
  members.forEach((member, index) => {
    const leader = members[best];
    if (leader !== undefined && isMoreCrowded(member, leader, sizes)) best = index;
  });
  return best;
};

const isMoreCrowded = (left: Member, right: Member, sizes: ReadonlyMap<string, number>): boolean => {
  for (const [level, crowd] of left.crowds.entries()) {
    const difference = (sizes.get(crowd) ?? 0) - (sizes.get(right.crowds[level] ?? '') ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return false;
};
