/**
 * The instances that pass a batch's lasting filters, kept from batch to batch, and divided by the attributes
 * over which tasks are spread. A change of one instance moves that instance alone, so a batch pays for
 * nothing but looking at what is left on its candidates.
 */
import type { Filters, LastingFilter } from './filters.ts';
import type { InstanceState } from './instance-state.ts';
import { createRanking, refreshRanking, type PackedResource, type Ranking } from './ranking.ts';
import type { Touched } from './touched.ts';

/** Instances with equal values of the attributes that lead to this division. */
export interface Division {
  /** Without further attributes: the instances themselves. */
  readonly members: InstanceState[];
  readonly divisions: Map<string, Division>;
  /** Where the instances of all divisions beside this one are. */
  readonly places: Places;
  readonly rankings: Map<PackedResource, Ranking>;
}

type Places = Map<InstanceState, { readonly members: InstanceState[]; position: number }>;

/** A pool divided by a list of attributes, and where in it each instance is. */
interface Partition {
  readonly attributes: readonly string[];
  readonly root: Division;
  readonly places: Places;
}

interface Pool {
  readonly lasting: readonly LastingFilter[];
  readonly members: Set<InstanceState>;
  readonly partitions: Map<string, Partition>;
}

/** The pools of a cluster by their filters, least recently used first. */
export interface Pools {
  readonly byKey: Map<string, Pool>;
}

/** More kinds of tasks than are placed at a time; what falls out is built again when it is needed. */
const maximumPools = 64;

export const createPools = (): Pools => ({ byKey: new Map() });

const isCandidate = (lasting: readonly LastingFilter[], instance: InstanceState): boolean =>
  instance.status === 'ACTIVE' && lasting.every((filter) => filter(instance) === undefined);

/** The candidates of a batch, divided by the attributes named, in their order. */
export const candidates = (
  pools: Pools,
  instances: ReadonlyMap<string, InstanceState>,
  filters: Filters,
  attributes: readonly string[],
): Division => {
  const pool = pools.byKey.get(filters.lastingKey) ?? createPool(filters.lasting, instances);
  pools.byKey.delete(filters.lastingKey);
  pools.byKey.set(filters.lastingKey, pool);
  const oldest = pools.byKey.keys().next();
  if (pools.byKey.size > maximumPools && oldest.done !== true) pools.byKey.delete(oldest.value);
  const key = JSON.stringify(attributes);
  const partition = pool.partitions.get(key) ?? createPartition(pool, attributes);
  pool.partitions.set(key, partition);
  return partition.root;
};

/** The members of a division by what is left of a resource on them, as it is now. */
export const rankingOf = (division: Division, resource: PackedResource, touched: Touched): Ranking => {
  const { members, places, rankings } = division;
  const ranking = rankings.get(resource) ?? createRanking(resource);
  rankings.set(resource, ranking);
  refreshRanking(ranking, members, (instance) => places.get(instance)?.members === members, touched);
  return ranking;
};

/** Moves an instance that has changed to where it belongs now. */
export const refreshPools = (pools: Pools, instance: InstanceState): void => {
  for (const pool of pools.byKey.values()) {
    if (pool.members.delete(instance)) for (const partition of pool.partitions.values()) leave(partition, instance);
    if (!isCandidate(pool.lasting, instance)) continue;
    pool.members.add(instance);
    for (const partition of pool.partitions.values()) enter(partition, instance);
  }
};

const createPool = (lasting: readonly LastingFilter[], instances: ReadonlyMap<string, InstanceState>): Pool => ({
  lasting,
  members: new Set([...instances.values()].filter((instance) => isCandidate(lasting, instance))),
  partitions: new Map(),
});

const createDivision = (places: Places): Division => ({
  members: [],
  divisions: new Map(),
  places,
  rankings: new Map(),
});

const createPartition = (pool: Pool, attributes: readonly string[]): Partition => {
  const places: Places = new Map();
  const partition: Partition = { attributes, root: createDivision(places), places };
  for (const instance of pool.members) enter(partition, instance);
  return partition;
};

const enter = ({ attributes, root, places }: Partition, instance: InstanceState): void => {
  let division = root;
  for (const attribute of attributes) {
    const value = instance.attributes.get(attribute) ?? '';
    const next = division.divisions.get(value) ?? createDivision(places);
    division.divisions.set(value, next);
    division = next;
  }
  places.set(instance, { members: division.members, position: division.members.push(instance) - 1 });
};

const leave = ({ places }: Partition, instance: InstanceState): void => {
  const place = places.get(instance);
  const last = place?.members.pop();
  places.delete(instance);
  if (place === undefined || last === undefined || last === instance) return;
  place.members[place.position] = last;
  const moved = places.get(last);
  if (moved !== undefined) moved.position = place.position;
};
