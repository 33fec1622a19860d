import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { defineTable, openSqliteStore, type Store, StoreError } from '@oreno/store';
import { temporaryDirectory } from './directory.ts';

interface Thing {
  readonly id: string;
  readonly owner?: string | undefined;
  readonly size?: number | undefined;
}

const before = defineTable<Thing>()('things', ['id']);
const withOwner = defineTable<Thing>()('things', ['id'], { byOwner: ['owner', 'size'] });
const byOwner = defineTable<Thing>()('things', ['owner', 'id']);

describe('a table whose declaration changed', () => {
  const reopen = async (directory: string, work: (store: Store) => Promise<void>): Promise<void> => {
    const store = await openSqliteStore({ directory, now: () => 1 });
    try {
      await work(store);
    } finally {
      await store.close();
    }
  };
  const fill = (directory: string): Promise<void> =>
    reopen(directory, async (store) => {
      for (const [id, owner, size] of [
        ['a', 'y', 1],
        ['b', 'x', 2],
        ['c', undefined, 3],
      ] as const) {
        await store.update((transaction) => transaction.put(before, { id, owner, size }));
      }
      await store.update((transaction) => transaction.put(before, { id: 'a', owner: 'y', size: 9 }));
    });
  const ids = async (store: Store): Promise<string[]> => {
    const rows = await store.read((transaction) => transaction.list(withOwner, { index: 'byOwner' }));
    return rows.map(({ record }) => record.id);
  };

  it('has its rows and versions by the new index, read first', async (context) => {
    const directory = temporaryDirectory(context);
    await fill(directory);
    await reopen(directory, async (store) => {
      assert.deepEqual(await ids(store), ['c', 'b', 'a']);
      assert.equal((await store.read((transaction) => transaction.get(withOwner, { id: 'a' })))?.version, 2);
      const { changes } = await store.changes(4);
      assert.deepEqual(changes, []);
    });
  });

  it('has them by the new index, written first, even when that update fails', async (context) => {
    const directory = temporaryDirectory(context);
    await fill(directory);
    await reopen(directory, async (store) => {
      const failed = store.update(async (transaction) => {
        await transaction.put(withOwner, { id: 'd', owner: 'w' });
        throw new Error('no');
      });
      await assert.rejects(failed, /no/);
      await store.update((transaction) => transaction.put(withOwner, { id: 'e', owner: 'v' }));
      assert.deepEqual(await ids(store), ['c', 'e', 'b', 'a']);
    });
  });

  it('goes back and forth between programs, and forgets nothing written meanwhile', async (context) => {
    const directory = temporaryDirectory(context);
    await fill(directory);
    await reopen(directory, async (store) => assert.equal((await ids(store)).length, 3));
    await reopen(directory, (store) =>
      store.update(async (transaction) => void (await transaction.put(before, { id: 'c', owner: 'zz' }))),
    );
    await reopen(directory, async (store) => assert.deepEqual(await ids(store), ['b', 'a', 'c']));
  });

  it('may have another key, if every row has it', async (context) => {
    const directory = temporaryDirectory(context);
    await fill(directory);
    await reopen(directory, async (store) => {
      const list = (): Promise<unknown> => store.read((transaction) => transaction.list(byOwner));
      await assert.rejects(list(), (error) => error instanceof StoreError && error.kind === 'declaration');
    });
    await reopen(directory, async (store) => {
      await store.update(async (transaction) => void (await transaction.delete(before, { id: 'c' })));
    });
    await reopen(directory, async (store) => {
      const rows = await store.read((transaction) => transaction.list(byOwner));
      assert.deepEqual(
        rows.map(({ record }) => record.id),
        ['b', 'a'],
      );
    });
  });

  it('is refused when one program declares it twice', async (context) => {
    const directory = temporaryDirectory(context);
    await reopen(directory, async (store) => {
      await store.update((transaction) => transaction.put(before, { id: 'a' }));
      const clash = store.read((transaction) => transaction.list(withOwner));
      await assert.rejects(clash, (error) => error instanceof StoreError && error.kind === 'declaration');
      const same = defineTable<Thing>()('things', ['id']);
      assert.equal(await store.read((transaction) => transaction.count(same)), 1);
    });
  });

  it('is refused for names that SQL could not keep apart', async (context) => {
    const directory = temporaryDirectory(context);
    await reopen(directory, async (store) => {
      for (const name of ['change_log', 'declared_tables', 'sqlite_x', 'Upper', 'a"b', '']) {
        const table = defineTable<Thing>()(name, ['id']);
        await assert.rejects(
          store.read((transaction) => transaction.list(table)),
          StoreError,
        );
      }
      const twins = defineTable<{ readonly id: string; readonly ID: string }>()('twins', ['id', 'ID']);
      await assert.rejects(
        store.read((transaction) => transaction.list(twins)),
        StoreError,
      );
    });
  });
});
