/**
 * Managed scaling: keeps the desired capacity of every capacity provider that scales its group, sets instances
 * that are too many to DRAINING, and publishes the metric each minute. One key for each cluster. Machines are
 * made and destroyed by whoever serves the group at machine-groups.ts.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Reconciler } from '@oreno/reconcile';
import type { Change, Store, WriteTransaction } from '@oreno/store';
import type { MetricSink } from '../agents/metric-sink.ts';
import { capacityProviders, machineGroups, scalings, waitingTasks, type ScalingRecord } from '../capacity-records.ts';
import { decideCapacity, type CapacityDecision } from '../domain/capacity-provider/decide-capacity.ts';
import type { Placement } from '../domain/placement/placement.ts';
import { liveTasksOn, type ClusterKey } from '../queries/container-instances.ts';
import { clusters, containerInstances, tasks } from '../records.ts';
import type { ContainerInstanceRecord } from '../records.ts';
import { keyText, readKeyText } from './key-text.ts';
import { daemonGroups, readClusterCapacity, type ClusterCapacity, type ScaledProvider } from './read-capacity.ts';

export interface ScalingOptions {
  readonly store: Store;
  readonly placement: Placement;
  readonly metrics?: MetricSink | undefined;
  /** The clock, in milliseconds since the epoch. */
  readonly now: () => number;
}

export interface SetScaling {
  readonly kind: 'setScaling';
  readonly of: ScaledProvider;
  readonly decision: CapacityDecision;
}

export interface PublishReservations {
  readonly kind: 'publishReservations';
  readonly cluster: ClusterKey;
  readonly reservations: readonly { readonly capacityProviderName: string; readonly value: number }[];
}

export interface DropScaling {
  readonly kind: 'dropScaling';
  readonly record: ScalingRecord;
}

type ScalingStep = SetScaling | PublishReservations | DropScaling;

/** Tasks come and go too often to look at each; in this time an instance is seen to have become idle. */
const looksEvery = 2_000;
/** CloudWatch's alarms on the metric look at minutes. */
const publishedEvery = 60_000;

/** The decision for a cluster: each of its capacity providers by itself. */
export const decideClusterCapacity: Reconciler<ClusterCapacity, ScalingStep>['decide'] = (
  { cluster, providers, stale, publishedAt },
  now,
) => {
  const decided = providers.map((of) => ({ of, decision: decideCapacity(of, now) }));
  const isDue = providers.length > 0 && now >= publishedAt + publishedEvery;
  const times = decided.flatMap(({ decision: { wakeAt } }) => wakeAt ?? []);
  return {
    steps: [
      ...stale.map((record) => ({ kind: 'dropScaling' as const, record })),
      ...decided
        .filter(({ of, decision }) => !isSame(of.scaling, decision))
        .map(({ of, decision }) => ({ kind: 'setScaling' as const, of, decision })),
      ...(isDue
        ? [
            {
              kind: 'publishReservations' as const,
              cluster,
              reservations: decided.map(({ of, decision }) => ({
                capacityProviderName: of.provider.name,
                value: decision.reservation,
              })),
            },
          ]
        : []),
    ],
    ...(providers.length === 0 ? {} : { wakeAt: Math.min(...times, now + looksEvery) }),
  };
};

type Standing = Pick<ScalingRecord, 'desiredCapacity' | 'leaving' | 'lowSince' | 'scaledOut'>;

const standingOf = ({ desiredCapacity, leaving, lowSince, scaledOut }: Standing): Standing => ({
  desiredCapacity,
  leaving,
  lowSince,
  scaledOut,
});

const isSame = (before: Standing | undefined, decision: CapacityDecision): boolean =>
  before !== undefined && isDeepStrictEqual(standingOf(before), standingOf(decision));

const ofCluster = ({ key }: Change): string => keyText(key.slice(0, 3));

export const scaleCapacity = (options: ScalingOptions): Reconciler<ClusterCapacity, ScalingStep> => {
  const { store, placement, metrics, now } = options;
  /** Clusters that are scaled, and when their metrics were last published. */
  const publishedAt = new Map<string, number>();
  /** Clusters in which instances are emptied. */
  const emptying = new Set<string>();
  const direct: ReadonlySet<string> = new Set([clusters.name, containerInstances.name, waitingTasks.name]);
  return {
    name: 'ecs-scale-capacity',
    keysOf: (change) => {
      const { table } = change;
      if (direct.has(table)) return [ofCluster(change)];
      if (table === tasks.name) return emptying.has(ofCluster(change)) ? [ofCluster(change)] : [];
      return table === capacityProviders.name || table === machineGroups.name ? [...publishedAt.keys()] : [];
    },
    keys: async (transaction) => {
      const rows = await transaction.list(clusters);
      const scaled = rows.filter(({ record }) => record.capacityProviders.length > 0);
      return scaled.map(({ record }) => keyText([record.account, record.region, record.clusterName]));
    },
    read: async (transaction, key) => {
      const [account = '', region = '', clusterName = ''] = readKeyText(key).map(String);
      const found = await readClusterCapacity(transaction, placement, { account, region, clusterName });
      if (found.providers.length === 0) publishedAt.delete(key);
      else publishedAt.set(key, publishedAt.get(key) ?? 0);
      const isEmptying = found.providers.some(({ scaling }) => (scaling?.leaving ?? []).some(({ mayEnd }) => !mayEnd));
      if (isEmptying) emptying.add(key);
      else emptying.delete(key);
      return { ...found, publishedAt: publishedAt.get(key) ?? 0 };
    },
    decide: decideClusterCapacity,
    perform: {
      setScaling: (step) => setScaling(options, step),
      dropScaling: ({ record }) =>
        store.update((transaction) => transaction.delete(scalings, record)).then(() => undefined),
      publishReservations: async ({ cluster, reservations }) => {
        const { account, region, clusterName } = cluster;
        const at = now();
        publishedAt.set(keyText([account, region, clusterName]), at);
        metrics?.record(
          reservations.map(({ capacityProviderName, value }) => ({
            account,
            region,
            namespace: 'AWS/ECS/ManagedScaling',
            metricName: 'CapacityProviderReservation',
            dimensions: [
              { Name: 'CapacityProviderName', Value: capacityProviderName },
              { Name: 'ClusterName', Value: clusterName },
            ],
            at,
            value,
            unit: 'Percent',
          })),
        );
      },
    },
  };
};

const setScaling = ({ store }: ScalingOptions, { of, decision }: SetScaling): Promise<void> =>
  store.update(async (transaction) => {
    const { account, region, clusterName } = of.cluster;
    const drained = await drainable(transaction, of, decision);
    // A task came to one of them: the change activates the loop again.
    if (drained === undefined) return;
    for (const instance of drained) {
      const draining: ContainerInstanceRecord = { ...instance, status: 'DRAINING' };
      await transaction.put(containerInstances, draining);
    }
    await transaction.put(scalings, {
      account,
      region,
      clusterName,
      capacityProviderName: of.provider.name,
      ...standingOf(decision),
    });
  });

/** The instances to drain as they are now; undefined where one of them is no longer what was decided on. */
const drainable = async (
  transaction: WriteTransaction,
  { cluster, instances }: ScaledProvider,
  { drain }: CapacityDecision,
): Promise<readonly ContainerInstanceRecord[] | undefined> => {
  const { account, region, clusterName } = cluster;
  const daemons = drain.length > 0 ? await daemonGroups(transaction, cluster) : new Set();
  const found: ContainerInstanceRecord[] = [];
  for (const containerInstanceId of drain) {
    const row = await transaction.get(containerInstances, { account, region, clusterName, containerInstanceId });
    if (row?.record.status !== 'ACTIVE') return undefined;
    const wasIdle = instances.some((each) => each.containerInstanceId === containerInstanceId && !each.isBusy);
    const live = await liveTasksOn(transaction, row.record);
    if (wasIdle && live.some(({ record }) => record.desiredStatus === 'RUNNING' && !daemons.has(record.group))) {
      return undefined;
    }
    found.push(row.record);
  }
  return found;
};
