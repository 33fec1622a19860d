import { AwsError } from '@oreno/aws-wire';
import type { Handler, ecs } from '@oreno/aws-wire';
import type { EcsContext } from '../context.ts';
import { strategyWithDefaults, validateStrategy } from '../domain/capacity-provider/strategy.ts';
import { clusterView } from '../domain/cluster/view.ts';
import { areProvidersInUse, associableProviders } from '../queries/capacity-providers.ts';
import { clusterAttachments } from '../queries/cluster-attachments.ts';
import { clusterUsage } from '../queries/cluster-usage.ts';
import { requireCluster } from '../queries/clusters.ts';
import { clusters } from '../records.ts';
import type { ClusterRecord } from '../records.ts';

/** Replaces the cluster's capacity providers and its default strategy. */
export const PutClusterCapacityProviders: Handler<ecs.Operations, 'PutClusterCapacityProviders', EcsContext> = async (
  input,
  context,
) => {
  const { defaultCapacityProviderStrategy } = input;
  return context.store.update(async (transaction) => {
    const { record } = await requireCluster(transaction, context, input.cluster);
    const capacityProviders = await associableProviders(transaction, record, input.capacityProviders);
    validateStrategy(defaultCapacityProviderStrategy, capacityProviders);
    const removed = record.capacityProviders.filter((name) => !capacityProviders.includes(name));
    if (await areProvidersInUse(transaction, record, removed)) {
      throw new AwsError('ResourceInUseException', 'The specified capacity provider is in use and cannot be removed.');
    }
    const cluster: ClusterRecord = {
      ...record,
      capacityProviders,
      defaultCapacityProviderStrategy: strategyWithDefaults(defaultCapacityProviderStrategy),
    };
    await transaction.put(clusters, cluster);
    const usage = await clusterUsage(transaction, cluster);
    const attachments = await clusterAttachments(transaction, cluster);
    return {
      cluster: clusterView(cluster, { usage, attachments }, ['CONFIGURATIONS', 'SETTINGS', 'TAGS', 'ATTACHMENTS']),
    };
  });
};
