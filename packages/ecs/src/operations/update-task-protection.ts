import type { Handler, ecs } from '@oreno/aws-wire';
import type { EcsContext } from '../context.ts';
import { invalidParameter } from '../domain/errors.ts';
import { protectedTask, protectionRefusal } from '../domain/task/protection.ts';
import { requireCluster } from '../queries/clusters.ts';
import { findTask, taskIdOf } from '../queries/tasks.ts';
import { taskArn } from '../domain/ecs-arn.ts';
import { taskProtections } from '../service-records.ts';

const mostTasks = 10;
const defaultMinutes = 120;
const mostMinutes = 2880;

/** Protects up to ten tasks of services from scale-in and deployments, for two hours where nothing else is said. */
export const UpdateTaskProtection: Handler<ecs.Operations, 'UpdateTaskProtection', EcsContext> = async (
  input,
  context,
) => {
  const { protectionEnabled, expiresInMinutes = defaultMinutes } = input;
  if (input.tasks.length === 0) throw invalidParameter('Tasks cannot be empty.');
  if (input.tasks.length > mostTasks) throw invalidParameter(`Tasks can have at most ${mostTasks} items.`);
  if (expiresInMinutes < 1 || expiresInMinutes > mostMinutes) {
    throw invalidParameter(`expiresInMinutes must be between 1 and ${mostMinutes}.`);
  }
  return context.store.update(async (transaction) => {
    const { record: cluster } = await requireCluster(transaction, context, input.cluster);
    const { account, region, clusterName } = cluster;
    const protectedTasks: ecs.ProtectedTask[] = [];
    const failures: ecs.Failure[] = [];
    for (const taskId of new Set(input.tasks.map((reference) => taskIdOf(reference, cluster)))) {
      const arn = taskArn(cluster, clusterName, taskId);
      const row = await findTask(transaction, cluster, taskId);
      const refusal = protectionRefusal(row?.record);
      if (refusal !== undefined) {
        failures.push({ arn, ...refusal });
        continue;
      }
      const key = { account, region, clusterName, taskId };
      const expiresAt = context.now() + expiresInMinutes * 60_000;
      if (protectionEnabled) await transaction.put(taskProtections, { ...key, expiresAt });
      else await transaction.delete(taskProtections, key);
      protectedTasks.push(protectedTask(arn, protectionEnabled ? expiresAt : undefined));
    }
    return { protectedTasks, failures };
  });
};
