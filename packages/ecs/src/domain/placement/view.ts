/**
 * The view that placement decides on: every container instance and what occupies it, by cluster. It is built
 * once and then changed by one row at a time, as the change log tells of them.
 *
 * Invariants:
 * - what is left of an instance is what it registered less the resources of its occupants;
 * - an older version of a task never replaces a newer one, and a reservation is replaced by any version.
 */
import type { ContainerInstanceRecord, Scope, TaskRecord, TaskResources } from '../../records.ts';
import { createPools, type Pools, refreshPools } from './candidate-pool.ts';
import { countInSpreads, forgetSpreads, type GroupSpreads } from './group-spread.ts';
import {
  createInstanceState,
  occupy,
  refreshInstanceState,
  type InstanceState,
  type Occupant,
} from './instance-state.ts';
import { createTouched, touch, type Touched } from './touched.ts';

export interface ClusterView {
  readonly instances: Map<string, InstanceState>;
  readonly tasks: Map<string, Occupant>;
  /** Where the wanted tasks of a group are, and how many. */
  readonly groups: Map<string, Map<InstanceState, number>>;
  readonly pools: Pools;
  readonly spreads: GroupSpreads;
  readonly touched: Touched;
}

export interface PlacementView {
  readonly clusters: Map<string, ClusterView>;
}

export const createView = (): PlacementView => ({ clusters: new Map() });

/** The cluster's part of the view, which is empty for a cluster without instances. */
export const clusterView = (view: PlacementView, scope: Scope & { readonly clusterName: string }): ClusterView => {
  const key = `${scope.account}/${scope.region}/${scope.clusterName}`;
  const found = view.clusters.get(key);
  if (found !== undefined) return found;
  const made: ClusterView = {
    instances: new Map(),
    tasks: new Map(),
    groups: new Map(),
    pools: createPools(),
    spreads: new Map(),
    touched: createTouched(),
  };
  view.clusters.set(key, made);
  return made;
};

/** Takes over an instance's row. One that is INACTIVE stays in view as long as tasks are on it. */
export const applyInstance = (view: PlacementView, record: ContainerInstanceRecord): void => {
  const cluster = clusterView(view, record);
  const known = cluster.instances.get(record.containerInstanceId);
  const state = known ?? createInstanceState(record);
  if (known === undefined) cluster.instances.set(record.containerInstanceId, state);
  else refreshKnown(cluster, known, record);
  refreshPools(cluster.pools, state);
  touch(cluster.touched, state);
  forgetIfGone(cluster, state);
};

const refreshKnown = (cluster: ClusterView, known: InstanceState, record: ContainerInstanceRecord): void => {
  const before = known.attributes;
  refreshInstanceState(known, record);
  forgetSpreads(cluster.spreads, before, known.attributes);
};

/** Takes over a task's row: it occupies its instance until it is STOPPED. */
export const applyTask = (view: PlacementView, record: TaskRecord, version: number): void => {
  const cluster = clusterView(view, record);
  const known = cluster.tasks.get(record.taskId);
  if (known !== undefined && known.version >= version) return;
  // A task that waits for an instance has its reservation on one before its row names it.
  if (known?.version === 0 && record.containerInstanceId === undefined && record.lastStatus !== 'STOPPED') return;
  if (known !== undefined) removeOccupant(cluster, known);
  const instance = cluster.instances.get(record.containerInstanceId ?? '');
  if (instance === undefined || record.lastStatus === 'STOPPED') return;
  addOccupant(cluster, {
    taskId: record.taskId,
    instance,
    resources: record.resources,
    gpuIds: record.containers.flatMap((container) => container.gpuIds ?? []),
    group: record.group,
    isRunning: record.lastStatus === 'RUNNING',
    isWanted: record.desiredStatus === 'RUNNING',
    version,
  });
};

/** Holds room for a task that is about to be written, and chooses its GPUs. */
export const reserve = (
  cluster: ClusterView,
  task: { readonly taskId: string; readonly resources: TaskResources; readonly group: string },
  instance: InstanceState,
): Occupant => {
  const { taskId, resources, group } = task;
  const gpuIds = [...instance.freeGpus].slice(0, resources.gpus);
  const occupant = { taskId, instance, resources, gpuIds, group, isRunning: false, isWanted: true, version: 0 };
  addOccupant(cluster, occupant);
  return occupant;
};

/** The task was written as a new row: there is no need to read that version. */
export const confirmReservation = (cluster: ClusterView, taskId: string): void => {
  const known = cluster.tasks.get(taskId);
  if (known?.version !== 0) return;
  const confirmed: Occupant = { ...known, version: 1 };
  cluster.tasks.set(taskId, confirmed);
  known.instance.occupants.set(taskId, confirmed);
};

/** Gives back a reservation, unless the task was seen to exist. */
export const releaseReservation = (cluster: ClusterView, taskId: string): void => {
  const known = cluster.tasks.get(taskId);
  if (known?.version === 0) removeOccupant(cluster, known);
};

const addOccupant = (cluster: ClusterView, occupant: Occupant): void => {
  cluster.tasks.set(occupant.taskId, occupant);
  occupy(occupant, 1);
  touch(cluster.touched, occupant.instance);
  if (occupant.isWanted) countInGroup(cluster, occupant, 1);
};

const removeOccupant = (cluster: ClusterView, occupant: Occupant): void => {
  cluster.tasks.delete(occupant.taskId);
  occupy(occupant, -1);
  touch(cluster.touched, occupant.instance);
  if (occupant.isWanted) countInGroup(cluster, occupant, -1);
  forgetIfGone(cluster, occupant.instance);
};

const countInGroup = (cluster: ClusterView, { group, instance }: Occupant, by: 1 | -1): void => {
  const counts = cluster.groups.get(group) ?? new Map<InstanceState, number>();
  const next = (counts.get(instance) ?? 0) + by;
  if (next > 0) counts.set(instance, next);
  else counts.delete(instance);
  countInSpreads(cluster.spreads, group, instance, by);
  if (counts.size > 0) cluster.groups.set(group, counts);
  else cluster.groups.delete(group);
};

const forgetIfGone = (cluster: ClusterView, instance: InstanceState): void => {
  if (instance.status !== 'INACTIVE' || instance.occupants.size > 0) return;
  cluster.instances.delete(instance.containerInstanceId);
};

/** The instance's row was deleted, and with it whatever was on it. */
export const removeInstance = (
  view: PlacementView,
  scope: Scope & { readonly clusterName: string },
  id: string,
): void => {
  const cluster = clusterView(view, scope);
  const instance = cluster.instances.get(id);
  if (instance === undefined) return;
  instance.status = 'INACTIVE';
  refreshPools(cluster.pools, instance);
  touch(cluster.touched, instance);
  for (const occupant of instance.occupants.values()) removeOccupant(cluster, occupant);
  forgetIfGone(cluster, instance);
};

/** The task's row was deleted. */
export const removeTask = (
  view: PlacementView,
  scope: Scope & { readonly clusterName: string },
  taskId: string,
): void => {
  const cluster = clusterView(view, scope);
  const known = cluster.tasks.get(taskId);
  if (known !== undefined) removeOccupant(cluster, known);
};

/** Reservations that are in force in one view and unknown to another, which replaces it: they hold there too. */
export const carryReservations = (from: PlacementView, to: PlacementView): void => {
  for (const [key, cluster] of from.clusters) {
    const next = to.clusters.get(key);
    for (const occupant of cluster.tasks.values()) {
      const instance = next?.instances.get(occupant.instance.containerInstanceId);
      if (next === undefined || instance === undefined || occupant.version > 0 || next.tasks.has(occupant.taskId))
        continue;
      reserve(next, occupant, instance);
    }
  }
};
