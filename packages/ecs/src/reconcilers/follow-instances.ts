/**
 * Lets tasks know what became of their container instance: whether its agent is connected, and that it is gone
 * for good. Standalone tasks that are unhealthy are left alone, as on ECS.
 */
import type { Reconciler } from '@oreno/reconcile';
import type { Store } from '@oreno/store';
import { advance } from '../domain/task/lifecycle.ts';
import type { TaskEvent } from '../domain/task/lifecycle.ts';
import { instanceDeregistered } from '../domain/task/stop-reason.ts';
import { liveTasksOn } from '../queries/container-instances.ts';
import { containerInstances, tasks } from '../records.ts';
import type { ContainerInstanceRecord, TaskRecord } from '../records.ts';
import { keyText, readKeyText } from './key-text.ts';

export interface InstanceWithTasks {
  readonly instance: ContainerInstanceRecord;
  /** Those that are not STOPPED. */
  readonly tasks: readonly TaskRecord[];
}

export type MoveTasks = {
  readonly kind: 'moveTasks';
  readonly instance: ContainerInstanceRecord;
  readonly event: Extract<TaskEvent, { readonly kind: 'lost' | 'connectivityChanged' }>;
  readonly tasks: readonly TaskRecord[];
};

const sweep = 600_000;

/** The decision: every task takes over the connection of its instance, and ends with it. */
export const decideFollowingInstance: Reconciler<InstanceWithTasks, MoveTasks>['decide'] = (
  { instance, tasks: live },
  now,
) => {
  if (instance.status === 'INACTIVE') {
    const at = instance.deregisteredAt ?? now;
    const event = { kind: 'lost', stopCode: 'UserInitiated', reason: instanceDeregistered, at } as const;
    return { steps: live.length > 0 ? [{ kind: 'moveTasks', instance, event, tasks: live }] : [] };
  }
  const connectivity = instance.agentConnected ? 'CONNECTED' : 'DISCONNECTED';
  const stale = live.filter((task) => task.connectivity !== connectivity);
  const event = { kind: 'connectivityChanged', connectivity, at: instance.agentConnectedAt } as const;
  return { steps: stale.length > 0 ? [{ kind: 'moveTasks', instance, event, tasks: stale }] : [] };
};

export const followInstances = (store: Store): Reconciler<InstanceWithTasks, MoveTasks> => ({
  name: 'ecs-follow-instances',
  keysOf: ({ table, key, kind }) => (table === containerInstances.name && kind === 'put' ? [keyText(key)] : []),
  keys: async (transaction) => {
    const rows = await transaction.list(containerInstances);
    return rows.map(({ record }) =>
      keyText([record.account, record.region, record.clusterName, record.containerInstanceId]),
    );
  },
  read: async (transaction, key) => {
    const [account = '', region = '', clusterName = '', containerInstanceId = ''] = readKeyText(key).map(String);
    const row = await transaction.get(containerInstances, { account, region, clusterName, containerInstanceId });
    if (row === undefined) return undefined;
    const live = await liveTasksOn(transaction, row.record);
    return { instance: row.record, tasks: live.map(({ record }) => record) };
  },
  decide: decideFollowingInstance,
  perform: {
    moveTasks: async ({ instance, event, tasks: decided }) => {
      await store.update(async (transaction) => {
        const current = await transaction.get(containerInstances, instance);
        const holds =
          current?.record.status === instance.status && current.record.agentConnected === instance.agentConnected;
        if (!holds) return;
        for (const task of decided) {
          const row = await transaction.get(tasks, task);
          const outcome = row && advance(row.record, event);
          if (outcome?.kind === 'moved') await transaction.put(tasks, outcome.task);
        }
      });
    },
  },
  sweepEvery: sweep,
});
