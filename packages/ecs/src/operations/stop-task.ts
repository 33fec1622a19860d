import type { Handler, ecs } from '@oreno/aws-wire';
import type { EcsContext } from '../context.ts';
import { invalidParameter } from '../domain/errors.ts';
import { advance } from '../domain/task/lifecycle.ts';
import { stoppedByUser } from '../domain/task/stop-reason.ts';
import { taskView } from '../domain/task/view.ts';
import { requireCluster } from '../queries/clusters.ts';
import { findTask, taskIdOf } from '../queries/tasks.ts';
import { tasks } from '../records.ts';

const longestReason = 1024;

/** Wants a task STOPPED; the agent that runs it stops its containers. Asking again changes nothing. */
export const StopTask: Handler<ecs.Operations, 'StopTask', EcsContext> = async (input, context) => {
  const reason = input.reason ?? stoppedByUser;
  if (reason.length > longestReason) throw invalidParameter(`reason can have up to ${longestReason} characters.`);
  return context.store.update(async (transaction) => {
    const { record: cluster } = await requireCluster(transaction, context, input.cluster);
    const row = await findTask(transaction, cluster, taskIdOf(input.task, cluster));
    if (row === undefined) throw invalidParameter('The referenced task was not found.');
    const at = context.now();
    const moved = advance(row.record, { kind: 'stopRequested', stopCode: 'UserInitiated', reason, at });
    if (moved.kind !== 'moved') return { task: taskView(row.record, row.version, true) };
    await transaction.put(tasks, moved.task);
    return { task: taskView(moved.task, row.version + 1, true) };
  });
};
