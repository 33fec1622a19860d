/** Forgets protections of tasks whose time is over. One key stands for all: what is due is read by time. */
import type { Reconciler } from '@oreno/reconcile';
import type { Store } from '@oreno/store';
import { taskProtections } from '../service-records.ts';
import type { TaskProtectionRecord } from '../service-records.ts';

export interface ForgetProtections {
  readonly kind: 'forgetProtections';
  readonly expired: readonly TaskProtectionRecord[];
}

const atOnce = 500;

/** The decision: those whose time is over go; where more may be due, look again at once. */
export const decideForgettingProtections: Reconciler<readonly TaskProtectionRecord[], ForgetProtections>['decide'] = (
  oldest,
  now,
) => {
  const expired = oldest.filter(({ expiresAt }) => expiresAt <= now);
  return {
    steps: expired.length > 0 ? [{ kind: 'forgetProtections', expired }] : [],
    ...(expired.length === atOnce ? { wakeAt: now } : {}),
  };
};

export const reapTaskProtections = (store: Store): Reconciler<readonly TaskProtectionRecord[], ForgetProtections> => ({
  name: 'ecs-reap-task-protections',
  keysOf: () => [],
  keys: async () => ['expired'],
  read: async (transaction) => {
    const rows = await transaction.list(taskProtections, { index: 'byExpiry', limit: atOnce });
    return rows.map(({ record }) => record);
  },
  decide: decideForgettingProtections,
  perform: {
    forgetProtections: ({ expired }) =>
      store.update(async (transaction) => {
        for (const { account, region, clusterName, taskId, expiresAt } of expired) {
          const key = { account, region, clusterName, taskId };
          // It may have been prolonged since.
          const row = await transaction.get(taskProtections, key);
          if (row?.record.expiresAt === expiresAt) await transaction.delete(taskProtections, key);
        }
      }),
  },
});
