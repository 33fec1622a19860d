import type { Handler, ecs } from '@oreno/aws-wire';
import type { EcsContext } from '../context.ts';
import { DEFAULT_CLUSTER, clusterNameOf } from '../domain/cluster-reference.ts';
import { clusterView } from '../domain/cluster/view.ts';
import { clusterArn } from '../domain/ecs-arn.ts';
import { invalidParameter } from '../domain/errors.ts';
import { clusterAttachments } from '../queries/cluster-attachments.ts';
import { clusterUsage, countsByLaunchType } from '../queries/cluster-usage.ts';
import { findCluster } from '../queries/clusters.ts';

const MOST_CLUSTERS = 100;

/** Describes the named clusters, deleted ones included; those that never were are failures. */
export const DescribeClusters: Handler<ecs.Operations, 'DescribeClusters', EcsContext> = async (input, context) => {
  const references = input.clusters === undefined || input.clusters.length === 0 ? [DEFAULT_CLUSTER] : input.clusters;
  if (references.length > MOST_CLUSTERS) throw invalidParameter(`At most ${MOST_CLUSTERS} clusters can be described.`);
  const names = references.map((reference) => clusterNameOf(reference, context));
  const wantsStatistics = input.include?.includes('STATISTICS') === true;
  return context.store.read(async (transaction) => {
    const clusters: ecs.Cluster[] = [];
    const failures: ecs.Failure[] = [];
    for (const name of names) {
      const row = await findCluster(transaction, context, name);
      if (row === undefined) {
        failures.push({ arn: clusterArn(context, name), reason: 'MISSING' });
        continue;
      }
      const usage = await clusterUsage(transaction, row.record);
      const counts = wantsStatistics ? await countsByLaunchType(transaction, row.record) : undefined;
      const attachments = await clusterAttachments(transaction, row.record);
      clusters.push(clusterView(row.record, { usage, counts, attachments }, input.include));
    }
    return { clusters, failures };
  });
};
