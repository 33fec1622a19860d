/**
 * A store that writes the events of what is written through it, in the same transaction. This is the one place
 * all writes of ECS pass, so no state can be missed that a transaction left behind, however short it was, and a
 * server that is killed has either both or nothing. What a transaction writes twice is one event: nobody could see
 * what was between.
 *
 * Cost: one row more for each transaction that changed something, and reading what is overwritten; inserts read
 * nothing. Nothing is awaited but the transaction.
 */
import { randomUUID } from 'node:crypto';
import type { ReadTransaction, Store, WriteTransaction } from '@oreno/store';
import type { EventDraft, KeptEvent } from '../domain/event/ecs-event.ts';
import { eventBatches } from '../event-records.ts';
import type { Scope } from '../records.ts';
import { watchedTables, type WatchedTable } from './watched-tables.ts';

interface Written {
  readonly table: WatchedTable;
  readonly before: object | undefined;
  readonly after: object;
  readonly version: number;
}

/** Events in one row: few enough for a row to stay small beside what a page of the log is. */
const atOnce = 100;

const keyText = (record: object, key: readonly string[]): string =>
  key.map((name) => String((record as Readonly<Record<string, unknown>>)[name])).join('\n');

/** Remembers, row by row, what a transaction found and what it leaves. */
const recordingTransaction = (inner: WriteTransaction, written: Map<string, Written>): WriteTransaction => ({
  get: (table, key) => inner.get(table, key),
  list: (table, query) => inner.list(table, query),
  count: (table, query) => inner.count(table, query),
  delete: (table, key, options) => inner.delete(table, key, options),
  insert: async (table, record) => {
    const outcome = await inner.insert(table, record);
    const watched = watchedTables.get(table.name);
    if (outcome === 'inserted' && watched !== undefined) {
      const id = `${table.name}\n${keyText(record, table.key)}`;
      written.set(id, { table: watched, before: undefined, after: record, version: 1 });
    }
    return outcome;
  },
  put: async (table, record, options) => {
    const watched = watchedTables.get(table.name);
    if (watched === undefined) return inner.put(table, record, options);
    const id = `${table.name}\n${keyText(record, table.key)}`;
    const earlier = written.get(id);
    const found = earlier === undefined ? await inner.get(table, record) : undefined;
    const outcome = await inner.put(table, record, options);
    if (outcome === 'written') {
      const version = (earlier ?? found)?.version ?? 0;
      const before = earlier === undefined ? found?.record : earlier.before;
      written.set(id, { table: watched, before, after: record, version: version + 1 });
    }
    return outcome;
  },
});

const draftsOf = async (transaction: ReadTransaction, written: Iterable<Written>, now: number) => {
  const drafts: EventDraft[] = [];
  for (const { table, ...change } of written) drafts.push(...(await table.describe({ ...change, now }, transaction)));
  return drafts;
};

/** Numbers batches: the last number of each account and region is read once and then remembered. */
const batchWriter = () => {
  const last = new Map<string, number>();
  const newestOf = async (transaction: ReadTransaction, where: Scope): Promise<number> => {
    const [row] = await transaction.list(eventBatches, { where, reverse: true, limit: 1 });
    return row?.record.sequence ?? 0;
  };
  return async (transaction: WriteTransaction, scope: Scope, events: readonly KeptEvent[], at: number) => {
    const { account, region } = scope;
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
};

/** The store whose updates write their events. `now` in milliseconds since the epoch. */
export const recordEvents = (store: Store, now: () => number): Store => {
  const writeBatch = batchWriter();
  const flush = async (transaction: WriteTransaction, written: Iterable<Written>): Promise<void> => {
    const at = now();
    const drafts = await draftsOf(transaction, written, at);
    for (const [, group] of Map.groupBy(drafts, ({ scope }) => `${scope.account}/${scope.region}`)) {
      for (let start = 0; start < group.length; start += atOnce) {
        const some = group.slice(start, start + atOnce);
        const events = some.map(({ scope: _, ...draft }) => ({ id: randomUUID(), ...draft }));
        if (some[0] !== undefined) await writeBatch(transaction, some[0].scope, events, at);
      }
    }
  };
  return {
    read: (work) => store.read(work),
    update: (work) =>
      store.update(async (transaction) => {
        const written = new Map<string, Written>();
        const result = await work(recordingTransaction(transaction, written));
        if (written.size > 0) await flush(transaction, written.values());
        return result;
      }),
    changes: (cursor, limit) => store.changes(cursor, limit),
    cursor: () => store.cursor(),
    watch: (listener) => store.watch(listener),
    lease: (name) => store.lease(name),
    close: () => store.close(),
  };
};
