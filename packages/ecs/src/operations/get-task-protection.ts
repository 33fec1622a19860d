import type { Handler, ecs } from '@oreno/aws-wire';
import type { ReadTransaction } from '@oreno/store';
import type { EcsContext } from '../context.ts';
import { taskArn } from '../domain/ecs-arn.ts';
import { invalidParameter } from '../domain/errors.ts';
import { protectedTask, protectionRefusal } from '../domain/task/protection.ts';
import { requireCluster } from '../queries/clusters.ts';
import type { ClusterKey } from '../queries/container-instances.ts';
import { findTask, taskIdOf } from '../queries/tasks.ts';
import { taskProtections } from '../service-records.ts';

const mostTasks = 100;

/** Says which tasks are protected and until when: of those that are named, or all protected ones of the cluster. */
export const GetTaskProtection: Handler<ecs.Operations, 'GetTaskProtection', EcsContext> = async (input, context) => {
  const { tasks: references = [] } = input;
  if (references.length > mostTasks) throw invalidParameter(`Tasks can have at most ${mostTasks} items.`);
  return context.store.read(async (transaction) => {
    const { record: cluster } = await requireCluster(transaction, context, input.cluster);
    const { account, region, clusterName } = cluster;
    const protectedTasks: ecs.ProtectedTask[] = [];
    const failures: ecs.Failure[] = [];
    const named = references.map((reference) => taskIdOf(reference, cluster));
    for (const taskId of new Set(named.length > 0 ? named : await allProtected(transaction, cluster))) {
      const arn = taskArn(cluster, clusterName, taskId);
      const refusal = protectionRefusal((await findTask(transaction, cluster, taskId))?.record);
      const row = await transaction.get(taskProtections, { account, region, clusterName, taskId });
      const expiresAt = row !== undefined && row.record.expiresAt > context.now() ? row.record.expiresAt : undefined;
      if (refusal === undefined) protectedTasks.push(protectedTask(arn, expiresAt));
      else if (named.length > 0) failures.push({ arn, ...refusal });
    }
    return { protectedTasks, failures };
  });
};

const allProtected = async (
  transaction: ReadTransaction,
  { account, region, clusterName }: ClusterKey,
): Promise<readonly string[]> => {
  const rows = await transaction.list(taskProtections, { where: { account, region, clusterName }, limit: mostTasks });
  return rows.map(({ record }) => record.taskId);
};
