import type { Handler, ecs } from '@oreno/aws-wire';
import { validateTags } from '@oreno/aws-wire';
import type { EcsContext } from '../context.ts';
import { DEFAULT_CLUSTER, validateClusterName } from '../domain/cluster-reference.ts';
import { strategyWithDefaults, validateStrategy } from '../domain/capacity-provider/strategy.ts';
import { validateClusterConfiguration } from '../domain/cluster/configuration.ts';
import { newCluster } from '../domain/cluster/new-cluster.ts';
import { validateClusterSettings } from '../domain/cluster/settings.ts';
import { clusterView } from '../domain/cluster/view.ts';
import { effectiveSetting } from '../queries/account-settings.ts';
import { clusterUsage } from '../queries/cluster-usage.ts';
import { associableProviders } from '../queries/capacity-providers.ts';
import { clusterAttachments } from '../queries/cluster-attachments.ts';
import { findCluster } from '../queries/clusters.ts';
import { clusters } from '../records.ts';

/** Creates a cluster, or answers with the one that already has the name. A deleted one comes to life anew. */
export const CreateCluster: Handler<ecs.Operations, 'CreateCluster', EcsContext> = async (input, context) => {
  const { clusterName = DEFAULT_CLUSTER, capacityProviders = [], defaultCapacityProviderStrategy = [] } = input;
  validateClusterName(clusterName);
  validateTags(input.tags);
  validateClusterSettings(input.settings);
  validateClusterConfiguration(input.configuration);
  return context.store.update(async (transaction) => {
    const providers = await associableProviders(transaction, { ...context, clusterName }, capacityProviders);
    validateStrategy(defaultCapacityProviderStrategy, providers);
    const existing = await findCluster(transaction, context, clusterName);
    let cluster = existing?.record;
    if (cluster?.status !== 'ACTIVE') {
      const insights = await effectiveSetting(transaction, context, context.principal, 'containerInsights');
      const strategy = strategyWithDefaults(defaultCapacityProviderStrategy);
      const wanted = { ...input, capacityProviders: providers, defaultCapacityProviderStrategy: strategy };
      cluster = newCluster(context, clusterName, wanted, context.now(), insights);
      await transaction.put(clusters, cluster);
    }
    const usage = await clusterUsage(transaction, cluster);
    const attachments = await clusterAttachments(transaction, cluster);
    return { cluster: clusterView(cluster, { usage, attachments }, ['CONFIGURATIONS', 'SETTINGS', 'TAGS']) };
  });
};
