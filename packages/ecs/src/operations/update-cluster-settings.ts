import type { Handler, ecs } from '@oreno/aws-wire';
import type { EcsContext } from '../context.ts';
import { mergeClusterSettings, validateClusterSettings } from '../domain/cluster/settings.ts';
import { clusterView } from '../domain/cluster/view.ts';
import { invalidParameter } from '../domain/errors.ts';
import { clusterAttachments } from '../queries/cluster-attachments.ts';
import { clusterUsage } from '../queries/cluster-usage.ts';
import { requireCluster } from '../queries/clusters.ts';
import { clusters } from '../records.ts';
import type { ClusterRecord } from '../records.ts';

/** Changes the settings that the request names. */
export const UpdateClusterSettings: Handler<ecs.Operations, 'UpdateClusterSettings', EcsContext> = async (
  input,
  context,
) => {
  if (input.settings.length === 0) throw invalidParameter('Settings can not be empty.');
  validateClusterSettings(input.settings);
  return context.store.update(async (transaction) => {
    const { record } = await requireCluster(transaction, context, input.cluster);
    const cluster: ClusterRecord = { ...record, settings: mergeClusterSettings(record.settings, input.settings) };
    await transaction.put(clusters, cluster);
    const usage = await clusterUsage(transaction, cluster);
    const attachments = await clusterAttachments(transaction, cluster);
    return { cluster: clusterView(cluster, { usage, attachments }, ['CONFIGURATIONS', 'SETTINGS', 'TAGS']) };
  });
};
