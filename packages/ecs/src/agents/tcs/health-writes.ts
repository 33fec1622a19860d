/** What a TCS session writes: the health of tasks and of the instance, only when it says something new. */
import type { ReadTransaction, Store } from '@oreno/store';
import { advance } from '../../domain/task/lifecycle.ts';
import { containerInstances, tasks } from '../../records.ts';
import type { InstanceKey } from '../instance-key.ts';
import { instanceKey } from '../instance-key.ts';
import type { Members } from '../envelope.ts';
import type { TaskHealth } from './health.ts';
import { readInstanceHealth, saysTheSame } from './health.ts';

/** Health of this instance's tasks, moved through the task's life cycle. */
export const writeTaskHealth = async (store: Store, key: InstanceKey, health: readonly TaskHealth[]): Promise<void> => {
  const { account, region, clusterName, containerInstanceId } = key;
  const moved = async (transaction: ReadTransaction, { taskId, containers }: TaskHealth) => {
    const row = await transaction.get(tasks, { account, region, clusterName, taskId });
    if (row?.record.containerInstanceId !== containerInstanceId) return undefined;
    const result = advance(row.record, { kind: 'healthReported', containers });
    return result.kind === 'moved' ? result.task : undefined;
  };
  // Most rounds say what is known already: look before opening a transaction that others would wait for.
  const news = await store.read(async (transaction) => {
    const found: TaskHealth[] = [];
    for (const each of health) if ((await moved(transaction, each)) !== undefined) found.push(each);
    return found;
  });
  if (news.length === 0) return;
  await store.update(async (transaction) => {
    for (const each of news) {
      const task = await moved(transaction, each);
      if (task !== undefined) await transaction.put(tasks, task);
    }
  });
};

/** The instance's own health, when a check changed its result. */
export const writeInstanceHealth = async (store: Store, key: InstanceKey, message: Members): Promise<void> => {
  const healthStatus = readInstanceHealth(message);
  if (healthStatus === undefined) return;
  const known = await store.read((transaction) => transaction.get(containerInstances, instanceKey(key)));
  if (known === undefined || saysTheSame(known.record.healthStatus, healthStatus)) return;
  await store.update(async (transaction) => {
    const row = await transaction.get(containerInstances, instanceKey(key));
    if (row === undefined || saysTheSame(row.record.healthStatus, healthStatus)) return;
    await transaction.put(containerInstances, { ...row.record, healthStatus });
  });
};
