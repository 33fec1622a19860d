/**
 * Which tasks go when a service has too many: first those that are not healthy, then, one by one, a task of a
 * capacity provider that has more than its share, and of these one from where most are, so that what was divided
 * stays divided and what was spread stays spread. Where the strategy packs, it is the one that leaves most room on
 * its instance, so that instances become empty. Among equals the newest.
 * AWS documentation: "Amazon ECS services", service scheduler concepts (scale-in); "Use strategies to define Amazon
 * ECS task placement" (binpack).
 */
import { isHealthy, type ServiceTask } from '../service/service-task.ts';

/** A task with the names of the crowds it is in, from the widest to the narrowest. */
interface Member {
  readonly task: ServiceTask;
  readonly crowds: readonly string[];
}

/**
 * At most `count` of the candidates, in the order in which they go. `all` are the tasks that count for the balance,
 * `shares` says how many each capacity provider keeps.
 */
export const scaleInOrder = (
  candidates: readonly ServiceTask[],
  all: readonly ServiceTask[],
  count: number,
  shares: ReadonlyMap<string, number> = new Map(),
): readonly ServiceTask[] => {
  const newestFirst = candidates.toSorted(
    (left, right) => right.createdAt - left.createdAt || (left.taskId < right.taskId ? 1 : -1),
  );
  const broken = newestFirst.filter((task) => !isHealthy(task)).slice(0, count);
  const gone = new Set(broken);
  const sizes = new Map<string, number>();
  const surplus = new Map([...shares].map(([name, share]) => [name, -share]));
  const isOver = ({ task }: Member): boolean => shares.size > 0 && (surplus.get(providerOf(task)) ?? 0) > 0;
  const freed = new Map<string, number>();
  const roomAfter = ({ task: { packing, containerInstanceId } }: Member): number =>
    packing === undefined ? 0 : packing.left + packing.takes + (freed.get(containerInstanceId) ?? 0);
  const goesBefore = (left: Member, right: Member): boolean => {
    if (isOver(left) !== isOver(right)) return isOver(left);
    const crowding = crowdingOf(left, right, sizes);
    return crowding === 0 ? roomAfter(left) > roomAfter(right) : crowding > 0;
  };
  for (const task of all) {
    if (gone.has(task)) continue;
    resize(surplus, providerOf(task), 1);
    for (const crowd of crowdsOf(task)) resize(sizes, crowd, 1);
  }
  const healthy = newestFirst.filter(isHealthy).map((task) => ({ task, crowds: crowdsOf(task) }));
  const chosen: ServiceTask[] = [...broken];
  while (chosen.length < count && healthy.length > 0) {
    const [member] = healthy.splice(firstOf(healthy, goesBefore), 1);
    if (member === undefined) break;
    chosen.push(member.task);
    resize(surplus, providerOf(member.task), -1);
    resize(freed, member.task.containerInstanceId, member.task.packing?.takes ?? 0);
    for (const crowd of member.crowds) resize(sizes, crowd, -1);
  }
  return chosen;
};

const crowdsOf = ({ spread }: ServiceTask): readonly string[] =>
  spread.map((_value, level) => JSON.stringify(spread.slice(0, level + 1)));

const resize = (sizes: Map<string, number>, crowd: string, by: number): void =>
  void sizes.set(crowd, (sizes.get(crowd) ?? 0) + by);

const providerOf = ({ capacityProvider = '' }: ServiceTask): string => capacityProvider;

const firstOf = (members: readonly Member[], goesBefore: (left: Member, right: Member) => boolean): number => {
  let best = 0;
  members.forEach((member, index) => {
    const leader = members[best];
    if (leader !== undefined && goesBefore(member, leader)) best = index;
  });
  return best;
};

/** Above zero where the first one's crowds are larger, from the widest to the narrowest. */
const crowdingOf = (left: Member, right: Member, sizes: ReadonlyMap<string, number>): number => {
  for (const [level, crowd] of left.crowds.entries()) {
    const difference = (sizes.get(crowd) ?? 0) - (sizes.get(right.crowds[level] ?? '') ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
};
