import type { Handler, ecs } from '@oreno/aws-wire';
import type { EcsContext } from '../context.ts';
import { taskArn } from '../domain/ecs-arn.ts';
import { invalidParameter } from '../domain/errors.ts';
import { taskView } from '../domain/task/view.ts';
import { requireCluster } from '../queries/clusters.ts';
import { findTask, taskIdOf } from '../queries/tasks.ts';

const mostTasks = 100;

/** Describes up to 100 tasks by id or ARN; a STOPPED one for at least an hour. What is not there is a failure. */
export const DescribeTasks: Handler<ecs.Operations, 'DescribeTasks', EcsContext> = async (input, context) => {
  if (input.tasks.length === 0) throw invalidParameter('Tasks cannot be empty.');
  if (input.tasks.length > mostTasks) throw invalidParameter(`Tasks can have at most ${mostTasks} items.`);
  const withTags = input.include?.includes('TAGS') === true;
  return context.store.read(async (transaction) => {
    const { record: cluster } = await requireCluster(transaction, context, input.cluster);
    const tasks: ecs.Task[] = [];
    const failures: ecs.Failure[] = [];
    for (const reference of input.tasks) {
      const taskId = taskIdOf(reference, cluster);
      const row = await findTask(transaction, cluster, taskId);
      if (row === undefined) failures.push({ arn: taskArn(context, cluster.clusterName, taskId), reason: 'MISSING' });
      else tasks.push(taskView(row.record, row.version, withTags));
    }
    return { tasks, failures };
  });
};
