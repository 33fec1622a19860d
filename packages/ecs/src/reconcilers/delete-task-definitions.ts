/**
 * Takes away revisions that are DELETE_IN_PROGRESS once no task runs of them
 * ("Deleting an Amazon ECS task definition revision" in the developer guide). The family's number goes on.
 */
import type { Reconciler } from '@oreno/reconcile';
import type { ReadTransaction, Store } from '@oreno/store';
import { clusters, taskDefinitions, tasks } from '../records.ts';
import type { TaskDefinitionRecord } from '../records.ts';
import { keyText, readKeyText } from './key-text.ts';

export interface DeletionSnapshot {
  readonly record: TaskDefinitionRecord;
  readonly liveTasks: number;
}

export interface DeleteRevision {
  readonly kind: 'deleteRevision';
  readonly record: TaskDefinitionRecord;
}

/** Milliseconds between looks at what keeps a revision: tasks end without naming their task definition. */
const SWEEP = 30_000;

const keyOf = ({ account, region, family, revision }: TaskDefinitionRecord): string =>
  keyText([account, region, family, revision]);

/** The decision: the revision goes when it is to go and nothing runs of it. */
export const decideDeletion: Reconciler<DeletionSnapshot, DeleteRevision>['decide'] = ({ record, liveTasks }) => {
  if (record.status !== 'DELETE_IN_PROGRESS') return { steps: [] };
  return liveTasks > 0
    ? { steps: [], waitingOn: [`${liveTasks} tasks of ${record.family}:${record.revision} to stop`] }
    : { steps: [{ kind: 'deleteRevision', record }] };
};

export const deleteTaskDefinitions = (store: Store): Reconciler<DeletionSnapshot, DeleteRevision> => ({
  name: 'ecs-delete-task-definitions',
  // A revision is registered by its first write, and to be deleted by a later one.
  keysOf: ({ table, key, kind, version }) =>
    table === taskDefinitions.name && kind === 'put' && version > 1 ? [keyText(key)] : [],
  keys: async (transaction) => {
    // Those that nobody asked to delete sort first, without a time.
    const rows = await transaction.list(taskDefinitions, { index: 'byDeleteRequestedAt', from: 0 });
    return rows.map(({ record }) => keyOf(record));
  },
  read: async (transaction, key) => {
    const [account = '', region = '', family = '', revision = ''] = readKeyText(key).map(String);
    const row = await transaction.get(taskDefinitions, { account, region, family, revision: Number(revision) });
    if (row?.record.status !== 'DELETE_IN_PROGRESS') return undefined;
    return { record: row.record, liveTasks: await countLiveTasks(transaction, row.record) };
  },
  decide: decideDeletion,
  perform: {
    deleteRevision: async ({ record: { account, region, family, revision } }) => {
      await store.update(async (transaction) => {
        const id = { account, region, family, revision };
        const row = await transaction.get(taskDefinitions, id);
        if (row?.record.status !== 'DELETE_IN_PROGRESS') return;
        if ((await countLiveTasks(transaction, row.record)) > 0) return;
        await transaction.delete(taskDefinitions, id);
      });
    },
  },
  sweepEvery: SWEEP,
});

const countLiveTasks = async (
  transaction: ReadTransaction,
  { account, region, family, revision }: TaskDefinitionRecord,
): Promise<number> => {
  let count = 0;
  for (const { record } of await transaction.list(clusters, { where: { account, region } })) {
    const rows = await transaction.list(tasks, {
      index: 'byFamily',
      where: { account, region, clusterName: record.clusterName, family },
    });
    count += rows.filter((row) => row.record.revision === revision && row.record.lastStatus !== 'STOPPED').length;
  }
  return count;
};
