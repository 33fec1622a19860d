/**
 * Decides where the tasks of a batch go: pure, from the view, the batch and the randomness passed in, to the
 * instances chosen and the reasons for every task that found none. Nothing is reserved here.
 */
import type { TaskResources } from '../../records.ts';
import { candidates, rankingOf, type Division } from './candidate-pool.ts';
import { otherCapacityProvider, refusalOf, type Filters } from './filters.ts';
import { spreadOf, type Spread } from './group-spread.ts';
import type { InstanceState } from './instance-state.ts';
import {
  pickByChance,
  pickByScan,
  pickBySelection,
  roomOf,
  supplyByRanking,
  supplyBySelection,
  type BatchState,
  type Picker,
} from './pickers.ts';
import type { PlacementFailure, StartTarget } from './placement.ts';
import { compareByChain, isShared, valueOf, type Compare, type Strategy } from './strategy.ts';
import type { ClusterView } from './view.ts';

/** A batch with its request's texts read. */
export interface Batch {
  readonly count: number;
  readonly resources: TaskResources;
  readonly group: string;
  readonly filters: Filters;
  readonly strategy: Strategy;
}

export interface Decided {
  /** One instance for each task placed. */
  readonly instances: readonly InstanceState[];
  /** Empty when all were placed. */
  readonly failures: readonly PlacementFailure[];
  /** Whether the cluster, or the capacity provider asked for, has any ACTIVE instance. */
  readonly hasInstances: boolean;
}

/** A division with the group's tasks counted, and what of it is left to choose from. */
interface Branch {
  tasks: number;
  readonly branches: readonly Branch[];
  readonly pick: Picker;
}

/** Places as many tasks of the batch as fit. */
export const decidePlacements = (cluster: ClusterView, batch: Batch, random: () => number): Decided => {
  const { filters, strategy, resources, count } = batch;
  const state: BatchState = { filters, resources, rooms: new Map(), random, remaining: count };
  const division = candidates(cluster.pools, cluster.instances, filters, strategy.spreadOver);
  const { spreadOver } = strategy;
  // Counted wherever they run: also where no further task may go.
  const spread = spreadOver.length === 0 ? undefined : spreadIn(cluster, batch);
  const root = createBranch(division, spread, spreadOver.length, (leaf) => leafPicker(leaf, cluster, batch, state));
  const instances: InstanceState[] = [];
  while (instances.length < count) {
    const instance = pickFrom(root, random);
    if (instance === undefined) break;
    instances.push(instance);
  }
  if (instances.length === count) return { instances, failures: [], hasInstances: true };
  return { instances, ...explain(cluster, filters, state) };
};

const createBranch = (
  division: Division,
  spread: Spread | undefined,
  depth: number,
  leaf: (division: Division) => Picker,
): Branch => {
  const tasks = spread?.tasks ?? 0;
  if (depth === 0) return { tasks, branches: [], pick: leaf(division) };
  const branches: Branch[] = [];
  for (const [value, inner] of division.divisions) {
    branches.push(createBranch(inner, spread?.byValue.get(value), depth - 1, leaf));
  }
  return { tasks, branches, pick: () => undefined };
};

const spreadIn = ({ spreads, groups }: ClusterView, { group, strategy }: Batch): Spread =>
  spreadOf(spreads, group, strategy.spreadOver, groups.get(group));

/** The branch with the fewest tasks that still has room; among equals, chance decides. */
const pickFrom = (branch: Branch, random: () => number): InstanceState | undefined => {
  const { branches } = branch;
  if (branches.length === 0) return branch.pick();
  const exhausted = new Set<Branch>();
  while (exhausted.size < branches.length) {
    const offset = Math.floor(random() * branches.length);
    let least: Branch | undefined;
    for (let index = 0; index < branches.length; index += 1) {
      const each = branches[(index + offset) % branches.length];
      if (each === undefined || exhausted.has(each)) continue;
      if (least === undefined || each.tasks < least.tasks) least = each;
    }
    if (least === undefined) return undefined;
    const instance = pickFrom(least, random);
    if (instance !== undefined) {
      least.tasks += 1;
      return instance;
    }
    exhausted.add(least);
  }
  return undefined;
};

const leafPicker = (division: Division, cluster: ClusterView, batch: Batch, state: BatchState): Picker => {
  const { order } = batch.strategy;
  const { members } = division;
  if (order.length === 0) return pickByChance(members, state);
  const compare = (): Compare =>
    compareByChain(order, {
      group: batch.group,
      byValue: (attribute) => tasksByValue(attribute, cluster, batch, state),
    });
  if (isShared(order)) return pickByScan(members, state, compare);
  const [first, second] = order;
  const supply =
    first?.kind === 'binpack' && second === undefined
      ? supplyByRanking(rankingOf(division, first.field, cluster.touched), state)
      : supplyBySelection(members, state, compare());
  return pickBySelection(supply, state, compare());
};

const tasksByValue = (
  attribute: string,
  cluster: ClusterView,
  { group }: Batch,
  { rooms }: BatchState,
): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>();
  const add = (instance: InstanceState, tasks: number): void => {
    const value = valueOf(instance, attribute);
    counts.set(value, (counts.get(value) ?? 0) + tasks);
  };
  for (const [instance, tasks] of cluster.groups.get(group) ?? []) add(instance, tasks);
  for (const room of rooms.values()) add(room.instance, room.placed);
  return counts;
};

/** More refusals than a reader goes through; the first one's detail counts them all. */
const maximumFailures = 100;

const explain = (
  cluster: ClusterView,
  filters: Filters,
  state: BatchState,
): { readonly failures: readonly PlacementFailure[]; readonly hasInstances: boolean } => {
  const failures: PlacementFailure[] = [];
  const counts = new Map<string, number>();
  const lacking = new Set<string>();
  let active = 0;
  for (const instance of cluster.instances.values()) {
    if (instance.status !== 'ACTIVE') continue;
    const reason = refusalOf(filters, roomOf(state, instance));
    if (reason === otherCapacityProvider) continue;
    active += 1;
    if (reason === undefined) continue;
    counts.set(reason, (counts.get(reason) ?? 0) + 1);
    if (reason === 'ATTRIBUTE') for (const name of filters.lacking(instance)) lacking.add(name);
    if (failures.length < maximumFailures) failures.push({ arn: instance.containerInstanceArn, reason });
  }
  const [first, ...rest] = failures;
  if (first === undefined) return { failures, hasInstances: active > 0 };
  const detail = summarize(active, state.remaining, counts, lacking);
  return { failures: [{ ...first, detail }, ...rest], hasInstances: true };
};

const summarize = (
  active: number,
  tasks: number,
  counts: ReadonlyMap<string, number>,
  lacking: ReadonlySet<string>,
): string => {
  const reasons = [...counts].map(([reason, count]) => `${reason} on ${count}`).join(', ');
  const attributes = lacking.size > 0 ? ` (lacking ${[...lacking].join(', ')})` : '';
  return `${tasks} not placed: of ${active} container instances none can take more. ${reasons}${attributes}`;
};

/**
 * Decides for StartTask, which names the instance: it takes the task or says why not.
 * AWS documentation: "Amazon ECS API failure reasons" (MISSING, INACTIVE, AGENT, ATTRIBUTE, RESOURCE:*).
 */
export const decideStart = (
  cluster: ClusterView,
  filters: Filters,
  { containerInstanceId, containerInstanceArn }: StartTarget,
): { readonly instance: InstanceState } | { readonly failure: PlacementFailure } => {
  const instance = cluster.instances.get(containerInstanceId);
  if (instance === undefined) return { failure: { arn: containerInstanceArn, reason: 'MISSING' } };
  const reason = instance.status === 'ACTIVE' ? refusalOf(filters, instance) : 'INACTIVE';
  if (reason === undefined) return { instance };
  const detail =
    reason === 'ATTRIBUTE' ? `The container instance lacks ${filters.lacking(instance).join(', ')}` : undefined;
  return { failure: { arn: instance.containerInstanceArn, reason, ...(detail === undefined ? {} : { detail }) } };
};
