/**
 * Pickers choose one instance after the other from a division, by a chain of rules or by chance. What the batch
 * has put on an instance so far is kept beside the view, in rooms that only the batch knows; an instance's room
 * only shrinks within a batch, so a picker that finds none will never find one.
 */
import type { TaskResources } from '../../records.ts';
import { passingRefusal, type Filters } from './filters.ts';
import { popHeap, pushHeap } from './heap.ts';
import type { InstanceState, Room } from './instance-state.ts';
import type { Compare } from './strategy.ts';

/** Takes the next instance and puts a task on it; undefined when none has room. */
export type Picker = () => InstanceState | undefined;

/** What pickers of one batch share. */
export interface BatchState {
  readonly filters: Filters;
  readonly resources: TaskResources;
  /** Instances that the batch has put tasks on. */
  readonly rooms: Map<InstanceState, Room>;
  readonly random: () => number;
  /** Tasks that are still to be placed. */
  remaining: number;
}

export const roomOf = (batch: BatchState, instance: InstanceState): Room => batch.rooms.get(instance) ?? instance;

const hasRoom = (batch: BatchState, room: Room): boolean => passingRefusal(batch.filters, room) === undefined;

const put = (batch: BatchState, { instance, cpu, memory, gpus, placed }: Room): Room => {
  const { resources } = batch;
  const room: Room = {
    instance,
    cpu: cpu - resources.cpu,
    memory: memory - resources.memory,
    gpus: gpus - resources.gpus,
    placed: placed + 1,
  };
  batch.rooms.set(instance, room);
  batch.remaining -= 1;
  return room;
};

/** Where to begin among equals, so that the same instance is not always the first. */
const offsetIn = (members: readonly InstanceState[], random: () => number): number =>
  Math.floor(random() * members.length);

/** Any instance with room: one by chance, and from there the next that has. */
export const pickByChance =
  (members: readonly InstanceState[], batch: BatchState): Picker =>
  () => {
    let next = offsetIn(members, batch.random);
    for (let looked = 0; looked < members.length; looked += 1) {
      const instance = members[next];
      next = next + 1 < members.length ? next + 1 : 0;
      if (instance === undefined) continue;
      const room = roomOf(batch, instance);
      if (!hasRoom(batch, room)) continue;
      put(batch, room);
      return instance;
    }
    return undefined;
  };

/**
 * The first by rules that compare instances by themselves. Only the best few that the batch can need are
 * sorted; those that already have a task of the batch compete from a heap.
 */
export const pickBySelection = (members: readonly InstanceState[], batch: BatchState, compare: Compare): Picker => {
  let untouched: readonly Room[] | undefined;
  let next = 0;
  const touched: Room[] = [];
  return () => {
    untouched ??= selectBest(members, batch, compare);
    const fresh = untouched[next];
    const used = touched[0];
    const takeFresh = fresh !== undefined && (used === undefined || compare(fresh, used) <= 0);
    const chosen = takeFresh ? fresh : popHeap(touched, compare);
    if (takeFresh) next += 1;
    if (chosen === undefined) return undefined;
    const room = put(batch, chosen);
    if (hasRoom(batch, room)) pushHeap(touched, room, compare);
    return chosen.instance;
  };
};

/** The best instances with room, as many as tasks remain, best first. */
const selectBest = (members: readonly InstanceState[], batch: BatchState, compare: Compare): readonly Room[] => {
  const wanted = batch.remaining;
  const worstFirst: Compare = (left, right) => compare(right, left);
  const best: Room[] = [];
  let next = offsetIn(members, batch.random);
  for (let looked = 0; looked < members.length; looked += 1) {
    const instance = members[next];
    next = next + 1 < members.length ? next + 1 : 0;
    if (instance === undefined) continue;
    const isFull = best.length === wanted;
    if (isFull && compare(instance, best[0] ?? instance) >= 0) continue;
    if (!hasRoom(batch, instance)) continue;
    if (isFull) popHeap(best, worstFirst);
    pushHeap(best, instance, worstFirst);
  }
  return best.toSorted(compare);
};

/** The first by rules under which one placement changes how all others compare: everything is looked at each time. */
export const pickByScan =
  (members: readonly InstanceState[], batch: BatchState, compare: () => Compare): Picker =>
  () => {
    const order = compare();
    let best: Room | undefined;
    let next = offsetIn(members, batch.random);
    for (let looked = 0; looked < members.length; looked += 1) {
      const instance = members[next];
      next = next + 1 < members.length ? next + 1 : 0;
      if (instance === undefined) continue;
      const room = roomOf(batch, instance);
      if ((best === undefined || order(room, best) < 0) && hasRoom(batch, room)) best = room;
    }
    if (best === undefined) return undefined;
    put(batch, best);
    return best.instance;
  };
