/**
 * Forgets tasks an hour after they stopped ("Stopped tasks … for at least 1 hour", DescribeTasks), and client
 * tokens when their time is over. One key stands for all of them: what is due is read by time.
 */
import type { Reconciler } from '@oreno/reconcile';
import type { ReadTransaction, Store } from '@oreno/store';
import { idempotency, tasks } from '../records.ts';
import type { IdempotencyRecord, TaskRecord } from '../records.ts';

/** Milliseconds for which a STOPPED task can be described. */
export const stoppedTasksAreKept = 3_600_000;

/** The oldest of what has an end, in the order of their ends. */
export interface Finished {
  readonly tasks: readonly TaskRecord[];
  readonly tokens: readonly IdempotencyRecord[];
}

export type ForgetFinished =
  | { readonly kind: 'forgetTasks'; readonly tasks: readonly TaskRecord[] }
  | { readonly kind: 'forgetTokens'; readonly tokens: readonly IdempotencyRecord[] };

/** Rows deleted in one transaction: few enough to leave room for others between. */
const atOnce = 500;
const sweep = 60_000;
const theKey = 'finished';

const readFinished = async (transaction: ReadTransaction): Promise<Finished> => {
  // Tasks that have not stopped sort first, without a time.
  const stopped = await transaction.list(tasks, { index: 'byStoppedAt', from: 0, limit: atOnce });
  const tokens = await transaction.list(idempotency, { index: 'byExpiry', limit: atOnce });
  return { tasks: stopped.map(({ record }) => record), tokens: tokens.map(({ record }) => record) };
};

/** The decision: what is due goes; where more may be due, look again at once. */
export const decideForgettingFinished: Reconciler<Finished, ForgetFinished>['decide'] = (finished, now) => {
  const dueTasks = finished.tasks.filter(({ stoppedAt = now }) => stoppedAt + stoppedTasksAreKept <= now);
  const dueTokens = finished.tokens.filter(({ expiresAt }) => expiresAt <= now);
  return {
    steps: [
      ...(dueTasks.length > 0 ? [{ kind: 'forgetTasks' as const, tasks: dueTasks }] : []),
      ...(dueTokens.length > 0 ? [{ kind: 'forgetTokens' as const, tokens: dueTokens }] : []),
    ],
    ...(dueTasks.length === atOnce || dueTokens.length === atOnce ? { wakeAt: now } : {}),
  };
};

export const reapStoppedTasks = (store: Store): Reconciler<Finished, ForgetFinished> => ({
  name: 'ecs-reap-stopped-tasks',
  keysOf: () => [],
  keys: async () => [theKey],
  read: readFinished,
  decide: decideForgettingFinished,
  perform: {
    forgetTasks: async (step) => {
      await store.update(async (transaction) => {
        for (const { account, region, clusterName, taskId } of step.tasks) {
          await transaction.delete(tasks, { account, region, clusterName, taskId });
        }
      });
    },
    forgetTokens: async ({ tokens }) => {
      await store.update(async (transaction) => {
        for (const { account, region, operation, clientToken } of tokens) {
          await transaction.delete(idempotency, { account, region, operation, clientToken });
        }
      });
    },
  },
  sweepEvery: sweep,
});
