import { randomUUID } from 'node:crypto';
import type { ReadTransaction, WriteTransaction } from '@oreno/store';
import { eventBatches } from './event-batches.ts';
import type { EventDraft, EventScope, KeptEvent } from './event.ts';

/** Writes what a transaction did into it, at `at` in milliseconds since the epoch. */
export type EventWriter = (transaction: WriteTransaction, drafts: readonly EventDraft[], at: number) => Promise<void>;

/** Events in one row: few enough for a row to stay small beside what a page of the log is. */
const atOnce = 100;

const newestOf = async (transaction: ReadTransaction, where: EventScope): Promise<number> => {
  const [row] = await transaction.list(eventBatches, { where, reverse: true, limit: 1 });
  return row?.record.sequence ?? 0;
};

/**
 * The writer of a store, which all that write events in a process share: it numbers batches in the order of commits,
 * and reads the last number of each account and region once.
 */
export const openEventWriter = (): EventWriter => {
  const last = new Map<string, number>();
  const writeBatch = async (
    transaction: WriteTransaction,
    { account, region }: EventScope,
    events: readonly KeptEvent[],
    at: number,
  ): Promise<void> => {
    const name = `${account}/${region}`;
    let newest = last.get(name) ?? (await newestOf(transaction, { account, region }));
    for (;;) {
      const sequence = Math.max(newest + 1, at * 1_000);
      last.set(name, sequence);
      if ((await transaction.insert(eventBatches, { account, region, sequence, at, events })) === 'inserted') return;
      // Another server over the same store was faster.
      newest = await newestOf(transaction, { account, region });
    }
  };
  return async (transaction, drafts, at) => {
    for (const [, group] of Map.groupBy(drafts, ({ scope }) => `${scope.account}/${scope.region}`)) {
      for (let start = 0; start < group.length; start += atOnce) {
        const some = group.slice(start, start + atOnce);
        const events = some.map(({ scope: _, ...draft }) => ({ id: randomUUID(), ...draft }));
        if (some[0] !== undefined) await writeBatch(transaction, some[0].scope, events, at);
      }
    }
  };
};
