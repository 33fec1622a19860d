/** Forgets events, of every service, a week after they happened. One key stands for all of them: what is due is read by time. */
import type { Reconciler } from '@oreno/reconcile';
import type { Store } from '@oreno/store';
import { eventBatches } from './event-batches.ts';
import type { EventBatchRecord } from './event-batches.ts';

/** Milliseconds for which events can be read. */
export const eventsAreKept = 7 * 24 * 3_600_000;

interface ForgetEvents {
  readonly kind: 'forgetEvents';
  readonly batches: readonly EventBatchRecord[];
}

/** Rows deleted in one transaction: few enough to leave room for others between. */
const atOnce = 500;
const theKey = 'events';

/** `now` in milliseconds since the epoch: rows that are not due are not even read. */
export const reapEvents = (store: Store, now: () => number): Reconciler<readonly EventBatchRecord[], ForgetEvents> => ({
  name: 'reap-events',
  keysOf: () => [],
  keys: async () => [theKey],
  read: async (transaction) => {
    const below = now() - eventsAreKept + 1;
    const rows = await transaction.list(eventBatches, { index: 'byTime', below, limit: atOnce });
    return rows.map(({ record }) => record);
  },
  decide: (batches, at) => ({
    steps: batches.length > 0 ? [{ kind: 'forgetEvents', batches }] : [],
    ...(batches.length === atOnce ? { wakeAt: at } : {}),
  }),
  perform: {
    forgetEvents: async ({ batches }) => {
      await store.update(async (transaction) => {
        for (const { account, region, sequence } of batches) {
          await transaction.delete(eventBatches, { account, region, sequence });
        }
      });
    },
  },
});
