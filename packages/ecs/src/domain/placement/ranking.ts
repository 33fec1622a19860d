/**
 * The instances of a division by what is left of one resource, least first: what binpack takes from. It is
 * ordered once, and then only what was touched since is moved, so that a batch of one task need not look at all.
 *
 * Invariant: after `refreshRanking`, `ranked` are the members, and `left` what each has left, ascending.
 */
import type { InstanceState } from './instance-state.ts';
import { endOf, touchedSince, type Touched } from './touched.ts';

export type PackedResource = 'cpu' | 'memory';

export interface Ranking {
  readonly resource: PackedResource;
  ranked: InstanceState[];
  /** Beside `ranked`: CPU units or MiB. */
  left: number[];
  /** What each was ranked by. */
  readonly known: Map<InstanceState, number>;
  /** How far of what was touched is in here. */
  position: number;
}

export const createRanking = (resource: PackedResource): Ranking => ({
  resource,
  ranked: [],
  left: [],
  known: new Map(),
  position: -1,
});

/** Brings the ranking of `members` up to date. `isMember` says whether an instance is one of them. */
export const refreshRanking = (
  ranking: Ranking,
  members: readonly InstanceState[],
  isMember: (instance: InstanceState) => boolean,
  touched: Touched,
): void => {
  const news = ranking.position < 0 ? undefined : touchedSince(touched, ranking.position);
  ranking.position = endOf(touched);
  if (news === undefined || news.length > members.length) return rankAll(ranking, members);
  for (const instance of news) {
    const before = ranking.known.get(instance);
    const after = isMember(instance) ? instance[ranking.resource] : undefined;
    if (before === after) continue;
    if (before !== undefined) takeOut(ranking, instance, before);
    if (after !== undefined) putIn(ranking, instance, after);
  }
};

const rankAll = (ranking: Ranking, members: readonly InstanceState[]): void => {
  const { resource, known } = ranking;
  ranking.ranked = members.toSorted((one, other) => one[resource] - other[resource]);
  ranking.left = ranking.ranked.map((instance) => instance[resource]);
  known.clear();
  for (const instance of ranking.ranked) known.set(instance, instance[resource]);
};

const takeOut = ({ ranked, left, known }: Ranking, instance: InstanceState, before: number): void => {
  const index = ranked.indexOf(instance, firstAtLeast(left, before));
  ranked.splice(index, 1);
  left.splice(index, 1);
  known.delete(instance);
};

const putIn = ({ ranked, left, known }: Ranking, instance: InstanceState, after: number): void => {
  const index = firstAtLeast(left, after);
  ranked.splice(index, 0, instance);
  left.splice(index, 0, after);
  known.set(instance, after);
};

/** The index of the first value that is at least this one; the length where there is none. */
export const firstAtLeast = (ascending: readonly number[], least: number): number =>
  firstThat(ascending, (value) => value >= least);

/** The index of the first value above this one; the length where there is none. */
export const firstAbove = (ascending: readonly number[], value: number): number =>
  firstThat(ascending, (each) => each > value);

const firstThat = (ascending: readonly number[], holds: (value: number) => boolean): number => {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(ascending[middle] ?? Infinity)) high = middle;
    else low = middle + 1;
  }
  return low;
};
