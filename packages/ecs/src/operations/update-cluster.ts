import type { Handler, ecs } from '@oreno/aws-wire';
import type { EcsContext } from '../context.ts';
import { validateClusterConfiguration } from '../domain/cluster/configuration.ts';
import { mergeClusterSettings, validateClusterSettings } from '../domain/cluster/settings.ts';
import { clusterView } from '../domain/cluster/view.ts';
import { clusterAttachments } from '../queries/cluster-attachments.ts';
import { clusterUsage } from '../queries/cluster-usage.ts';
import { requireCluster } from '../queries/clusters.ts';
import { clusters } from '../records.ts';
import type { ClusterRecord } from '../records.ts';

/** Changes the settings, the configuration and the Service Connect defaults that the request names. */
export const UpdateCluster: Handler<ecs.Operations, 'UpdateCluster', EcsContext> = async (input, context) => {
  validateClusterSettings(input.settings);
  validateClusterConfiguration(input.configuration);
  return context.store.update(async (transaction) => {
    const { record } = await requireCluster(transaction, context, input.cluster);
    const cluster: ClusterRecord = {
      ...record,
      settings: mergeClusterSettings(record.settings, input.settings ?? []),
      configuration: input.configuration ?? record.configuration,
      serviceConnectDefaults: serviceConnectDefaults(input.serviceConnectDefaults, record),
    };
    await transaction.put(clusters, cluster);
    const usage = await clusterUsage(transaction, cluster);
    const attachments = await clusterAttachments(transaction, cluster);
    return { cluster: clusterView(cluster, { usage, attachments }, ['CONFIGURATIONS', 'SETTINGS', 'TAGS']) };
  });
};

/** An empty namespace takes the default away (ClusterServiceConnectDefaultsRequest). */
const serviceConnectDefaults = (
  request: ecs.ClusterServiceConnectDefaultsRequest | undefined,
  record: ClusterRecord,
): ecs.ClusterServiceConnectDefaults | undefined => {
  if (request === undefined) return record.serviceConnectDefaults;
  return request.namespace === '' ? undefined : { namespace: request.namespace };
};
