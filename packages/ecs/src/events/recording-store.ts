/**
 * A store that writes the events of what is written through it, in the same transaction. This is the one place
 * all writes of ECS pass, so no state can be missed that a transaction left behind, however short it was, and a
 * server that is killed has either both or nothing. What a transaction writes twice is one event: nobody could see
 * what was between.
 *
 * Cost: one row more for each transaction that changed something, and reading what is overwritten; inserts read
 * nothing. Nothing is awaited but the transaction.
 */
import type { EventDraft, EventWriter } from '@oreno/events';
import type { ReadTransaction, Store, WriteTransaction } from '@oreno/store';
import { watchedTables, type WatchedTable } from './watched-tables.ts';

interface Written {
  readonly table: WatchedTable;
  readonly before: object | undefined;
  readonly after: object;
  readonly version: number;
}

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

/** The store whose updates write their events. `now` in milliseconds since the epoch. */
export const recordEvents = (store: Store, write: EventWriter, now: () => number): Store => {
  const flush = async (transaction: WriteTransaction, written: Iterable<Written>): Promise<void> => {
    const at = now();
    await write(transaction, await draftsOf(transaction, written, at), at);
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
