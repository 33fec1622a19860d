import type { Handler, ecs } from '@oreno/aws-wire';
import type { EcsContext } from '../context.ts';
import { clusterNameOf } from '../domain/cluster-reference.ts';
import { assertDeletable } from '../domain/cluster/deletion.ts';
import { clusterView } from '../domain/cluster/view.ts';
import { clusterNotFound, invalidParameter } from '../domain/errors.ts';
import { clusterUsage } from '../queries/cluster-usage.ts';
import { findCluster } from '../queries/clusters.ts';
import { clusters } from '../records.ts';
import type { ClusterRecord } from '../records.ts';

/** Deletes an empty cluster: it is INACTIVE from then on. Deleting it again answers the same. */
export const DeleteCluster: Handler<ecs.Operations, 'DeleteCluster', EcsContext> = async (input, context) => {
  if (input.cluster === '') throw invalidParameter('Cluster can not be blank.');
  const name = clusterNameOf(input.cluster, context);
  return context.store.update(async (transaction) => {
    const row = await findCluster(transaction, context, name);
    if (row === undefined) throw clusterNotFound();
    const usage = await clusterUsage(transaction, row.record);
    if (row.record.status === 'INACTIVE') return { cluster: clusterView(row.record, { usage }, undefined) };
    assertDeletable(usage);
    const cluster: ClusterRecord = { ...row.record, status: 'INACTIVE', inactiveAt: context.now() };
    await transaction.put(clusters, cluster);
    return { cluster: clusterView(cluster, { usage }, ['SETTINGS', 'TAGS']) };
  });
};
