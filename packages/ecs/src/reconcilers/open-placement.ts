/**
 * Puts placement's decisions into force. From the moment a request sees the newest rows to the moment its
 * reservations stand, nothing is awaited: concurrent requests are decided one after the other.
 */
import type { Log } from '@oreno/reconcile';
import type { Store } from '@oreno/store';
import { candidates } from '../domain/placement/candidate-pool.ts';
import { decidePlacements, decideStart } from '../domain/placement/decide-placements.ts';
import { createFilters, type Filters } from '../domain/placement/filters.ts';
import type { InstanceState } from '../domain/placement/instance-state.ts';
import type {
  InstanceKey,
  InstanceUsage,
  PlacedTask,
  Placement,
  PlacementDecision,
  PlacementFailure,
  PlacementRequest,
  StartTarget,
} from '../domain/placement/placement.ts';
import { parseStrategy, type Strategy } from '../domain/placement/strategy.ts';
import {
  clusterView,
  confirmReservation,
  releaseReservation,
  reserve,
  type ClusterView,
  type PlacementView,
} from '../domain/placement/view.ts';
import { followForPlacement } from './placement-follower.ts';

export interface PlacementOptions {
  readonly store: Store;
  readonly log: Log;
  /** From 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number;
}

export interface OpenPlacement extends Placement {
  stop(): Promise<void>;
}

/** Builds the view from what is stored and keeps it from there. */
export const openPlacement = async ({ store, log, random }: PlacementOptions): Promise<OpenPlacement> => {
  const follower = await followForPlacement(store, log);
  return {
    place: async (request) => {
      const filters = createFilters(request);
      const strategy = parseStrategy(request.strategy);
      await follower.caughtUp();
      const cluster = clusterView(follower.current(), request);
      const decided =
        request.targets === undefined
          ? placeAnywhere(cluster, request, filters, strategy, random)
          : placeOnTargets(cluster, request, filters, request.targets);
      return { ...decided, ...settlement(follower.current, request, decided.placements) };
    },
    usage: async (keys) => {
      await follower.caughtUp();
      return keys.map((key) => usageOf(follower.current(), key));
    },
    zonesSoFar: (request) => {
      const { pools, instances } = clusterView(follower.current(), request);
      const { divisions } = candidates(pools, instances, createFilters(request), ['ecs.availability-zone']);
      return [...divisions].filter(([, { members }]) => members.length > 0).map(([zone]) => zone);
    },
    usageSoFar: (keys) => keys.map((key) => usageOf(follower.current(), key)),
    stop: () => follower.stop(),
  };
};

type Decided = Omit<PlacementDecision, 'commit' | 'release'>;

const placeAnywhere = (
  cluster: ClusterView,
  request: PlacementRequest,
  filters: Filters,
  strategy: Strategy,
  random: () => number,
): Decided => {
  const { resources, group, taskIds } = request;
  const batch = { resources, group, count: taskIds.length, filters, strategy };
  const { instances, failures, hasInstances } = decidePlacements(cluster, batch, random);
  const placements = instances.map((instance, index) => occupyRoom(cluster, request, taskIds[index] ?? '', instance));
  return { placements, failures, hasInstances };
};

const placeOnTargets = (
  cluster: ClusterView,
  request: PlacementRequest,
  filters: Filters,
  targets: readonly StartTarget[],
): Decided => {
  const placements: PlacedTask[] = [];
  const failures: PlacementFailure[] = [];
  // One at a time: the same instance may be named more than once.
  for (const [index, target] of targets.entries()) {
    const decided = decideStart(cluster, filters, target);
    if ('failure' in decided) failures.push(decided.failure);
    else placements.push(occupyRoom(cluster, request, request.taskIds[index] ?? '', decided.instance));
  }
  return { placements, failures, hasInstances: true };
};

const occupyRoom = (
  cluster: ClusterView,
  { resources, group }: PlacementRequest,
  taskId: string,
  instance: InstanceState,
): PlacedTask => {
  const { gpuIds } = reserve(cluster, { taskId, resources, group }, instance);
  return {
    taskId,
    containerInstanceId: instance.containerInstanceId,
    containerInstanceArn: instance.containerInstanceArn,
    availabilityZone: instance.attributes.get('ecs.availability-zone'),
    cpuArchitecture: instance.attributes.get('ecs.cpu-architecture'),
    gpuIds,
  };
};

/** How a decision ends. The view may be another one by then. */
const settlement = (
  current: () => PlacementView,
  request: PlacementRequest,
  placements: readonly PlacedTask[],
): Pick<PlacementDecision, 'commit' | 'release'> => {
  const settle = (end: typeof confirmReservation): void => {
    for (const { taskId } of placements) end(clusterView(current(), request), taskId);
  };
  return { commit: () => settle(confirmReservation), release: () => settle(releaseReservation) };
};

const usageOf = (view: PlacementView, key: InstanceKey): InstanceUsage | undefined => {
  const instance = clusterView(view, key).instances.get(key.containerInstanceId);
  if (instance === undefined) return undefined;
  const { cpu, memory, freeGpus, ports, portsUdp, runningTasksCount, occupants, taskGroups } = instance;
  return {
    remaining: { cpu, memory, gpus: [...freeGpus], ports: [...ports.keys()], portsUdp: [...portsUdp.keys()] },
    runningTasksCount,
    pendingTasksCount: occupants.size - runningTasksCount,
    groups: [...taskGroups.keys()],
  };
};
