/**
 * Places the tasks that wait for an instance of their capacity provider as soon as there is room. One key for
 * each cluster; only clusters in which tasks wait are looked at when instances or tasks change.
 */
import type { Reconciler } from '@oreno/reconcile';
import type { Change, Store, WriteTransaction } from '@oreno/store';
import { waitingTasks, type WaitingTaskRecord } from '../capacity-records.ts';
import {
  decideWaiting,
  type PlaceWaiting,
  type WaitingSnapshot,
  type WaitingStep,
} from '../domain/capacity-provider/decide-waiting.ts';
import type { Placement } from '../domain/placement/placement.ts';
import { advance } from '../domain/task/lifecycle.ts';
import { gpuNeeds } from '../domain/task/new-task.ts';
import { noCapacity } from '../domain/task/stop-reason.ts';
import type { ClusterKey } from '../queries/container-instances.ts';
import { findTask } from '../queries/tasks.ts';
import { containerInstances, taskDefinitions, tasks } from '../records.ts';
import type { TaskRecord } from '../records.ts';
import { keyText, readKeyText } from './key-text.ts';

export interface WaitingOptions {
  readonly store: Store;
  readonly placement: Placement;
  /** The clock, in milliseconds since the epoch. */
  readonly now: () => number;
}

const ofCluster = ({ key }: Change): string => keyText(key.slice(0, 3));

const mayMakeRoom: ReadonlySet<string> = new Set([containerInstances.name, tasks.name]);

export const placeWaitingTasks = (options: WaitingOptions): Reconciler<WaitingSnapshot, WaitingStep> => {
  const { store, now } = options;
  /** Clusters in which tasks wait, as far as is known, and when places were last looked for there. */
  const triedAt = new Map<string, number>();
  return {
    name: 'ecs-place-waiting-tasks',
    keysOf: (change) => {
      const cluster = ofCluster(change);
      if (change.table === waitingTasks.name) return change.kind === 'put' ? [cluster] : [];
      return mayMakeRoom.has(change.table) && triedAt.has(cluster) ? [cluster] : [];
    },
    keys: async (transaction) => {
      const rows = await transaction.list(waitingTasks);
      return [...new Set(rows.map(({ record }) => keyText([record.account, record.region, record.clusterName])))];
    },
    read: async (transaction, key) => {
      const [account = '', region = '', clusterName = ''] = readKeyText(key).map(String);
      const before = triedAt.get(key) ?? 0;
      triedAt.set(key, before);
      const rows = await transaction.list(waitingTasks, { where: { account, region, clusterName } });
      if (rows.length === 0) triedAt.delete(key);
      const waiting = rows
        .map(({ record }) => record)
        .toSorted((left, right) => left.since - right.since || (left.taskId < right.taskId ? -1 : 1));
      const found = [];
      for (const row of waiting) found.push({ row, task: (await findTask(transaction, row, row.taskId))?.record });
      return { waiting: found, triedAt: before };
    },
    decide: decideWaiting,
    perform: {
      placeWaiting: async (step) => {
        const { account, region, clusterName } = step.task;
        triedAt.set(keyText([account, region, clusterName]), now());
        await placeWaiting(options, step);
      },
      giveUp: ({ rows }) =>
        store.update(async (transaction) => {
          for (const row of rows) await giveUp(transaction, row, now());
        }),
      forgetWaiting: ({ rows }) =>
        store.update(async (transaction) => {
          for (const row of rows) await transaction.delete(waitingTasks, row);
        }),
    },
  };
};

/** The waiting row goes with the change of its task. */
const giveUp = async (transaction: WriteTransaction, row: WaitingTaskRecord, at: number): Promise<void> => {
  const task = await findTask(transaction, row, row.taskId);
  const event = { kind: 'stopRequested', stopCode: 'TaskFailedToStart', reason: noCapacity, at } as const;
  const moved = task && advance(task.record, event);
  if (moved?.kind === 'moved') await transaction.put(tasks, moved.task);
  await transaction.delete(waitingTasks, row);
};

const placeWaiting = async ({ store, placement, now }: WaitingOptions, { rows, task }: PlaceWaiting): Promise<void> => {
  const { account, region, clusterName, family, revision, resources, group, overrides } = task;
  const [row] = rows;
  const definition = await store.read((transaction) =>
    transaction.get(taskDefinitions, { account, region, family, revision }),
  );
  if (row === undefined || definition === undefined) return;
  const decision = await placement.place({
    account,
    region,
    clusterName,
    taskIds: rows.map(({ taskId }) => taskId),
    resources,
    group,
    requiresAttributes: definition.record.definition.requiresAttributes ?? [],
    constraints: row.constraints,
    capacityProvider: row.capacityProviderName,
    strategy: row.strategy,
  });
  const needs = gpuNeeds({ definition: definition.record, overrides });
  try {
    const isWritten = await store.update(async (transaction) => {
      const cluster = { account, region, clusterName };
      if (!(await areActive(transaction, cluster, decision.placements))) return false;
      const moved: TaskRecord[] = [];
      for (const on of decision.placements) {
        const current = await findTask(transaction, cluster, on.taskId);
        const move = current && advance(current.record, { kind: 'placed', on, gpuNeeds: needs, at: now() });
        // Stopped meanwhile: its room has to be given back, and that goes for the whole decision.
        if (move?.kind !== 'moved') return false;
        moved.push(move.task);
      }
      for (const each of moved) {
        await transaction.put(tasks, each);
        await transaction.delete(waitingTasks, { ...cluster, taskId: each.taskId });
      }
      return true;
    });
    if (isWritten) decision.commit();
    else decision.release();
  } catch (error) {
    decision.release();
    throw error;
  }
};

/** An instance may have gone away between the decision and now. */
const areActive = async (
  transaction: WriteTransaction,
  cluster: ClusterKey,
  placements: readonly { readonly containerInstanceId: string }[],
): Promise<boolean> => {
  const { account, region, clusterName } = cluster;
  for (const containerInstanceId of new Set(placements.map((each) => each.containerInstanceId))) {
    const row = await transaction.get(containerInstances, { account, region, clusterName, containerInstanceId });
    if (row?.record.status !== 'ACTIVE') return false;
  }
  return true;
};
