/**
 * Pickers choose one instance after the other from a division, by a chain of rules or by chance. What the batch
 * has put on an instance so far is kept beside the view, in rooms that only the batch knows; an instance's room
 * only shrinks within a batch, so a picker that finds none will never find one.
 */
import type { TaskResources } from '../../records.ts';
import { passingRefusal, type Filters } from './filters.ts';
import { popHeap, pushHeap } from './heap.ts';
import type { InstanceState, Room } from './instance-state.ts';
import { firstAbove, firstAtLeast, type Ranking } from './ranking.ts';
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

/** The instances that the batch has not touched and that have room, one after the other, best first. */
export type Supply = () => Room | undefined;

/**
 * The first by rules that compare instances by themselves: of those that the batch has not touched the supply's
 * next, and those that already have a task of the batch compete from a heap.
 */
export const pickBySelection = (supply: Supply, batch: BatchState, compare: Compare): Picker => {
  let fresh: Room | undefined;
  let begun = false;
  const touched: Room[] = [];
  return () => {
    if (!begun) fresh = supply();
    begun = true;
    const used = touched[0];
    const takeFresh = fresh !== undefined && (used === undefined || compare(fresh, used) <= 0);
    const chosen = takeFresh ? fresh : popHeap(touched, compare);
    if (takeFresh) fresh = supply();
    if (chosen === undefined) return undefined;
    const room = put(batch, chosen);
    if (hasRoom(batch, room)) pushHeap(touched, room, compare);
    return chosen.instance;
  };
};

/** A supply by any rules. Only the best few that the batch can need are sorted. */
export const supplyBySelection = (members: readonly InstanceState[], batch: BatchState, compare: Compare): Supply => {
  let best: readonly Room[] | undefined;
  let next = 0;
  return () => {
    best ??= selectBest(members, batch, compare);
    next += 1;
    return best[next - 1];
  };
};

/** A supply for binpack, from instances that are ranked already: only those that are taken are looked at. */
export const supplyByRanking = (ranking: Ranking, batch: BatchState): Supply => {
  const { ranked, left, resource } = ranking;
  // Before these nothing has enough left.
  let next = firstAtLeast(left, batch.resources[resource]);
  let runEnd = next;
  let runStart = next;
  let offset = 0;
  return () => {
    for (; next < ranked.length;) {
      if (next === runEnd) {
        // Among equals one by chance is the first, and the others follow it in a circle.
        runStart = next;
        runEnd = firstAbove(left, left[next] ?? 0);
        offset = Math.floor(batch.random() * (runEnd - runStart));
      }
      const place = next + offset < runEnd ? next + offset : next + offset - (runEnd - runStart);
      next += 1;
      const instance = ranked[place];
      if (instance !== undefined && hasRoom(batch, instance)) return instance;
    }
    return undefined;
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
