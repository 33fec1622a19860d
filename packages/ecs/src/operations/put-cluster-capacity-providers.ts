import { AwsError } from '@oreno/aws-wire';
import type { Handler, ecs } from '@oreno/aws-wire';
import type { ReadTransaction } from '@oreno/store';
import type { EcsContext } from '../context.ts';
import {
  FARGATE_PROVIDERS,
  strategyWithDefaults,
  validateCapacityProviders,
  validateStrategy,
} from '../domain/cluster/capacity-providers.ts';
import { clusterView } from '../domain/cluster/view.ts';
import { clusterUsage } from '../queries/cluster-usage.ts';
import { requireCluster } from '../queries/clusters.ts';
import { clusters, tasks } from '../records.ts';
import type { ClusterRecord } from '../records.ts';

/** Replaces the cluster's capacity providers and its default strategy. */
export const PutClusterCapacityProviders: Handler<ecs.Operations, 'PutClusterCapacityProviders', EcsContext> = async (
  input,
  context,
) => {
  validateCapacityProviders(input.capacityProviders, FARGATE_PROVIDERS);
  validateStrategy(input.defaultCapacityProviderStrategy, input.capacityProviders);
  return context.store.update(async (transaction) => {
    const { record } = await requireCluster(transaction, context, input.cluster);
    const removed = record.capacityProviders.filter((name) => !input.capacityProviders.includes(name));
    await assertUnused(transaction, record, removed);
    const cluster: ClusterRecord = {
      ...record,
      capacityProviders: input.capacityProviders,
      defaultCapacityProviderStrategy: strategyWithDefaults(input.defaultCapacityProviderStrategy),
    };
    await transaction.put(clusters, cluster);
    const usage = await clusterUsage(transaction, cluster);
    return { cluster: clusterView(cluster, { usage }, ['CONFIGURATIONS', 'SETTINGS', 'TAGS', 'ATTACHMENTS']) };
  });
};

/** A provider stays with the cluster as long as tasks run on it. */
const assertUnused = async (
  transaction: ReadTransaction,
  { account, region, clusterName }: ClusterRecord,
  removed: readonly string[],
): Promise<void> => {
  if (removed.length === 0) return;
  const wanted = await transaction.list(tasks, {
    index: 'byDesiredStatus',
    where: { account, region, clusterName, desiredStatus: 'RUNNING' },
  });
  if (wanted.some(({ record }) => removed.includes(record.capacityProviderName ?? ''))) {
    throw new AwsError('ResourceInUseException', 'The specified capacity provider is in use and cannot be removed.');
  }
};
