/** What an ACS session writes into the tasks of its instance, each move through the task's life cycle. */
import type { Store, WriteTransaction } from '@oreno/store';
import type { TaskEvent } from '../../domain/task/lifecycle.ts';
import { advance } from '../../domain/task/lifecycle.ts';
import { tasks } from '../../records.ts';
import type { TaskRecord } from '../../records.ts';
import type { InstanceKey } from '../instance-key.ts';
import type { DesiredStatus } from './delivery.ts';

const move = async (
  transaction: WriteTransaction,
  key: InstanceKey,
  taskId: string,
  event: TaskEvent,
): Promise<void> => {
  const { account, region, clusterName, containerInstanceId } = key;
  const row = await transaction.get(tasks, { account, region, clusterName, taskId });
  if (row?.record.containerInstanceId !== containerInstanceId) return;
  const result = advance(row.record, event);
  if (result.kind === 'moved') await transaction.put(tasks, result.task);
};

/** Writes that the agent took over what these tasks should be, in one transaction. */
export const writeAcknowledged = (
  store: Store,
  key: InstanceKey,
  acknowledged: readonly { readonly taskId: string; readonly desired: DesiredStatus }[],
): Promise<void> =>
  store.update(async (transaction) => {
    for (const { taskId, desired } of acknowledged) {
      await move(transaction, key, taskId, { kind: 'acknowledged', desiredStatus: desired });
    }
  });

/** Ends a task that no agent can be asked to run, with the reason that its user reads. */
export const writeUndeliverable = (store: Store, task: TaskRecord, reason: string, at: number): Promise<void> =>
  store.update(async (transaction) => {
    const { containerInstanceId = '' } = task;
    await move(transaction, { ...task, containerInstanceId }, task.taskId, {
      kind: 'lost',
      stopCode: 'TaskFailedToStart',
      reason,
      at,
    });
  });
