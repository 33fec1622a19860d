import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { type Change, defineTable, type Query, type Row, type Store, StoreError } from '@oreno/store';

/**
 * What every store has to keep. An implementation runs it in three lines:
 * `describeStoreContract('name', () => openIt())`; `open` gives an empty store each time.
 */

interface Person {
  readonly room: string;
  readonly number: number;
  readonly name?: string | undefined;
  readonly age?: number | null | undefined;
  readonly awake?: boolean | undefined;
  readonly more?: unknown;
}

const people = defineTable<Person>()('contract_people', ['room', 'number'], {
  byName: ['name'],
  byAge: ['room', 'age'],
  byAwake: ['awake'],
});
const names = (rows: readonly Row<Person>[]): string[] => rows.map(({ record }) => record.name ?? '');
const numbers = (rows: readonly Row<Person>[]): number[] => rows.map(({ record }) => record.number);
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export const describeStoreContract = (name: string, open: () => Promise<Store>): void => {
  describe(`the store contract: ${name}`, () => {
    let store: Store;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());

    const put = (...records: readonly Person[]): Promise<void> =>
      store.update(async (transaction) => {
        for (const record of records) await transaction.put(people, record);
      });
    const list = (query: Query<Person> = {}): Promise<readonly Row<Person>[]> => listOf(store, query);

    describe('rows', () => {
      it('come back as they were written, with a version', async () => {
        const record = {
          room: 'a',
          number: 1,
          name: 'é\u0000\u{1f600}"',
          more: { deep: [1.5, null, 'x', { y: false }] },
        };
        await put(record);
        const row = await store.read((transaction) => transaction.get(people, { room: 'a', number: 1 }));
        assert.deepEqual(row, { record, version: 1 });
      });

      it('are nobody else’s objects', async () => {
        const record = { room: 'a', number: 1, more: [1] };
        await put(record);
        record.more.push(2);
        const [first] = await list();
        assert.deepEqual(first?.record.more, [1]);
        assert.notEqual(first?.record, (await list())[0]?.record);
      });

      it('are not there before they are written, nor is their table', async () => {
        assert.equal(await store.read((transaction) => transaction.get(people, { room: 'a', number: 1 })), undefined);
        assert.deepEqual(await list(), []);
        assert.equal(await store.read((transaction) => transaction.count(people)), 0);
        assert.equal(
          await store.update((transaction) => transaction.delete(people, { room: 'a', number: 1 })),
          'absent',
        );
      });

      it('count their versions with each write', async () => {
        for (const age of [1, 2, 3]) await put({ room: 'a', number: 1, age });
        const row = await store.read((transaction) => transaction.get(people, { room: 'a', number: 1 }));
        assert.equal(row?.version, 3);
      });

      it('drop what is undefined', async () => {
        await put({ room: 'a', number: 1, name: undefined });
        const [row] = await list();
        assert.deepEqual(Object.keys(row?.record ?? {}), ['room', 'number']);
      });

      const foreign: readonly (readonly [string, unknown, RegExp])[] = [
        ['bytes', new Uint8Array(2), /Uint8Array/],
        ['a bigint', 1n, /bigint/],
        ['a date', new Date(0), /Date/],
        ['a map', new Map(), /Map/],
        ['NaN', Number.NaN, /NaN/],
        ['a function', () => 1, /function/],
        ['undefined in an array', [undefined], /undefined/],
      ];
      for (const [what, value, message] of foreign) {
        it(`refuse ${what}, naming the property`, async () => {
          const written = put({ room: 'a', number: 1, more: { inner: [value] } });
          await assert.rejects(
            written,
            (error) =>
              error instanceof TypeError && message.test(error.message) && error.message.includes('more.inner.0'),
          );
          assert.deepEqual(await list(), []);
        });
      }

      it('refuse a record that contains itself', async () => {
        const record: { room: string; number: number; more?: unknown } = { room: 'a', number: 1 };
        record.more = record;
        await assert.rejects(put(record), TypeError);
      });

      it('refuse a key that is missing or no text or number', async () => {
        const bad = [
          { room: 'a' },
          { room: null, number: 1 },
          { room: 'a', number: Number.NaN },
          { room: {}, number: 1 },
        ];
        for (const record of bad) await assert.rejects(put(record as unknown as Person), TypeError);
        await assert.rejects(put({ room: '\ud800', number: 1 }), TypeError);
      });

      it('tell text and numbers in a key apart', async () => {
        const mixed = defineTable<{ readonly id: string | number }>()('contract_mixed', ['id']);
        await store.update(async (transaction) => {
          await transaction.put(mixed, { id: '1' });
          await transaction.put(mixed, { id: 1 });
        });
        const rows = await store.read((transaction) => transaction.list(mixed));
        assert.deepEqual(
          rows.map(({ record }) => record.id),
          [1, '1'],
        );
      });
    });

    describe('writes', () => {
      it('insert only where nothing is', async () => {
        const insert = (age: number) =>
          store.update((transaction) => transaction.insert(people, { room: 'a', number: 1, age }));
        assert.deepEqual([await insert(1), await insert(2)], ['inserted', 'exists']);
        assert.equal((await list())[0]?.record.age, 1);
      });

      it('with ifVersion, only what is still that version', async () => {
        const record = { room: 'a', number: 1 };
        const results = await store.update(async (transaction) => [
          await transaction.put(people, record, { ifVersion: 1 }),
          await transaction.put(people, record),
          await transaction.put(people, record, { ifVersion: 1 }),
          await transaction.put(people, record, { ifVersion: 1 }),
          await transaction.delete(people, record, { ifVersion: 1 }),
          await transaction.delete(people, record, { ifVersion: 2 }),
          await transaction.delete(people, record, { ifVersion: 2 }),
        ]);
        assert.deepEqual(results, ['stale', 'written', 'written', 'stale', 'stale', 'deleted', 'absent']);
      });

      it('move a row in every index', async () => {
        await put({ room: 'a', number: 1, name: 'x', age: 1 });
        await put({ room: 'a', number: 1, name: 'y' });
        assert.deepEqual(await list({ index: 'byName', where: { name: 'x' } }), []);
        assert.equal((await list({ index: 'byName', where: { name: 'y' } })).length, 1);
        assert.deepEqual(await list({ index: 'byAge', where: { room: 'a' }, from: 0 }), []);
      });
    });

    describe('transactions', () => {
      it('see their own writes', async () => {
        const seen = await store.update(async (transaction) => {
          await transaction.put(people, { room: 'a', number: 1 });
          return transaction.count(people);
        });
        assert.equal(seen, 1);
      });

      it('leave nothing when they throw, and pass the error on', async () => {
        const failure = new Error('mine');
        const failed = store.update(async (transaction) => {
          await transaction.put(people, { room: 'a', number: 1 });
          throw failure;
        });
        const beside = put({ room: 'a', number: 2 });
        await assert.rejects(failed, failure);
        await beside;
        assert.deepEqual(numbers(await list()), [2]);
        assert.deepEqual(
          (await store.changes(0)).changes.map(({ key }) => key),
          [['a', 2]],
        );
      });

      it('leave nothing when they throw at once', async () => {
        await assert.rejects(
          store.update(() => {
            throw new Error('at once');
          }),
          /at once/,
        );
        await put({ room: 'a', number: 1 });
      });

      it('never interleave', async () => {
        await put({ room: 'a', number: 1, age: 0 });
        await Promise.all(
          Array.from({ length: 100 }, () =>
            store.update(async (transaction) => {
              const row = await transaction.get(people, { room: 'a', number: 1 });
              await transaction.put(people, { room: 'a', number: 1, age: (row?.record.age ?? 0) + 1 });
            }),
          ),
        );
        assert.equal((await list())[0]?.record.age, 100);
      });

      it('are read-only and in one state throughout when they read', async () => {
        const sums = Array.from({ length: 50 }, async (_, index) => {
          await put({ room: 'a', number: 1, age: index }, { room: 'b', number: 1, age: -index });
          return store.read(async (transaction) => {
            const one = await transaction.get(people, { room: 'a', number: 1 });
            await Promise.resolve();
            const other = await transaction.get(people, { room: 'b', number: 1 });
            return (one?.record.age ?? 0) + (other?.record.age ?? 0);
          });
        });
        assert.deepEqual(new Set(await Promise.all(sums)), new Set([0]));
      });

      it('show what was acknowledged to every read after it', async () => {
        for (let number = 1; number <= 20; number++) {
          void list();
          await put({ room: 'a', number });
          assert.equal((await list()).length, number);
        }
      });

      it('refuse to be used after their end', async () => {
        const kept = await store.update(async (transaction) => [transaction]);
        await assert.rejects(async () => kept[0]?.put(people, { room: 'a', number: 1 }), StoreError);
        const read = await store.read(async (transaction) => [transaction]);
        await assert.rejects(async () => read[0]?.count(people), StoreError);
      });

      it('refuse to be nested, and work on', async () => {
        for (const outer of ['read', 'update'] as const) {
          for (const inner of ['read', 'update'] as const) {
            const nested = store[outer](() => store[inner](async () => 1));
            await assert.rejects(nested, (error) => error instanceof StoreError && error.kind === 'misuse');
          }
        }
        await put({ room: 'a', number: 1 });
      });
    });

    describe('queries', () => {
      beforeEach(async () => {
        await put(
          { room: 'a', number: 1, name: 'cy', age: 30, awake: true },
          { room: 'a', number: 2, name: 'bo', awake: false },
          { room: 'a', number: 10, name: 'al', age: 20 },
          { room: 'b', number: 1, name: 'boris', age: 20 },
          { room: 'b', number: 2, name: 'bo', age: null },
        );
      });

      it('walk the key, forward and in reverse', async () => {
        assert.deepEqual(names(await list()), ['cy', 'bo', 'al', 'boris', 'bo']);
        assert.deepEqual(names(await list({ where: { room: 'a' }, reverse: true })), ['al', 'bo', 'cy']);
        assert.deepEqual(names(await list({ where: { room: undefined } })).length, 5);
      });

      it('take bounds on the property after the equal ones', async () => {
        assert.deepEqual(numbers(await list({ where: { room: 'a' }, from: 2 })), [2, 10]);
        assert.deepEqual(numbers(await list({ where: { room: 'a' }, below: 10 })), [1, 2]);
        assert.deepEqual(numbers(await list({ where: { room: 'a' }, from: 2, below: 10 })), [2]);
        assert.deepEqual(numbers(await list({ where: { room: 'a' }, from: 10, below: 2 })), []);
      });

      it('take a prefix', async () => {
        assert.deepEqual(names(await list({ index: 'byName', prefix: 'bo' })), ['bo', 'bo', 'boris']);
        assert.deepEqual(names(await list({ index: 'byName', prefix: 'bor', reverse: true })), ['boris']);
        assert.equal((await list({ index: 'byName', prefix: '' })).length, 5);
      });

      it('take a prefix that ends in the last characters there are', async () => {
        await put({ room: 'z', number: 1, name: '\u{10ffff}x' }, { room: 'z', number: 2, name: '\ud7ffx' });
        assert.deepEqual(names(await list({ index: 'byName', prefix: '\u{10ffff}' })), ['\u{10ffff}x']);
        assert.deepEqual(names(await list({ index: 'byName', prefix: '\ud7ff' })), ['\ud7ffx']);
      });

      it('put rows without the property first, and leave them out of bounds', async () => {
        assert.deepEqual(numbers(await list({ index: 'byAge', where: { room: 'a' } })), [2, 10, 1]);
        assert.deepEqual(numbers(await list({ index: 'byAge', where: { room: 'a' }, below: 25 })), [10]);
        assert.deepEqual(numbers(await list({ index: 'byAge', where: { room: 'b', age: null } })), [2]);
      });

      it('know booleans', async () => {
        assert.deepEqual(names(await list({ index: 'byAwake', where: { awake: true } })), ['cy']);
        assert.deepEqual(names(await list({ index: 'byAwake', where: { awake: false } })), ['bo']);
      });

      it('start behind a record, even one that is gone', async () => {
        const after = { room: 'a', number: 2 };
        assert.deepEqual(names(await list({ after })), ['al', 'boris', 'bo']);
        await store.update((transaction) => transaction.delete(people, after));
        assert.deepEqual(names(await list({ after, limit: 2 })), ['al', 'boris']);
        assert.deepEqual(names(await list({ after, reverse: true })), ['cy']);
        assert.deepEqual(names(await list({ where: { room: 'a' }, from: 0, below: 11, after })), ['al']);
        assert.deepEqual(names(await list({ where: { room: 'a', number: 10 }, after: { room: 'a', number: 10 } })), []);
      });

      it('count, up to the limit', async () => {
        const count = (query: Query<Person>) => store.read((transaction) => transaction.count(people, query));
        assert.deepEqual(
          [await count({}), await count({ limit: 2 }), await count({ where: { room: 'b' } })],
          [5, 2, 2],
        );
        assert.deepEqual(await list({ limit: 0 }), []);
      });

      it('that do not fit the table are refused', async () => {
        const bad: readonly Query<Person>[] = [
          { index: 'byNothing' },
          { where: { number: 1 } },
          { where: { more: 1 } },
          { where: { room: 'a', number: 1 }, from: 1 },
          { after: { room: 'a' } },
          { limit: -1 },
          { limit: 1.5 },
        ];
        for (const query of bad) {
          await assert.rejects(list(query), (error) => error instanceof TypeError || error instanceof RangeError);
        }
      });
    });

    describe('the change log', () => {
      it('tells every write in commit order, with its version', async () => {
        const start = await store.cursor();
        await put({ room: 'a', number: 1 }, { room: 'b', number: 2 });
        await put({ room: 'a', number: 1 });
        await store.update((transaction) => transaction.delete(people, { room: 'a', number: 1 }));
        const { changes, lost, cursor } = await store.changes(start);
        const told = changes.map(({ table, key, kind, version }: Change) => [table, ...key, kind, version]);
        assert.deepEqual(told, [
          [people.name, 'a', 1, 'put', 1],
          [people.name, 'b', 2, 'put', 1],
          [people.name, 'a', 1, 'put', 2],
          [people.name, 'a', 1, 'delete', 2],
        ]);
        assert.equal(lost, false);
        assert.equal(cursor, await store.cursor());
        assert.ok(
          changes.every(({ sequence }, index) => index === 0 || sequence > (changes[index - 1]?.sequence ?? 0)),
        );
      });

      it('says nothing of writes that changed nothing', async () => {
        await put({ room: 'a', number: 1 });
        const cursor = await store.cursor();
        await store.update(async (transaction) => {
          await transaction.insert(people, { room: 'a', number: 1 });
          await transaction.put(people, { room: 'a', number: 1 }, { ifVersion: 9 });
          await transaction.delete(people, { room: 'z', number: 9 });
        });
        assert.deepEqual(await store.changes(cursor), { changes: [], cursor, lost: false });
      });

      it('comes in pages', async () => {
        await put(...Array.from({ length: 25 }, (_, number) => ({ room: 'a', number })));
        const seen: number[] = [];
        let cursor = 0;
        for (;;) {
          const page = await store.changes(cursor, 10);
          if (page.changes.length === 0) break;
          seen.push(...page.changes.map(({ key }) => Number(key[1])));
          cursor = page.cursor;
        }
        assert.deepEqual(
          seen,
          Array.from({ length: 25 }, (_, number) => number),
        );
      });

      it('is read in a transaction exactly as far as the rows are', async () => {
        await put({ room: 'a', number: 1 });
        const start = await store.cursor();
        await put({ room: 'a', number: 2 });
        const written = new Promise((resolve) => {
          setTimeout(() => resolve(put({ room: 'a', number: 3 })), 5);
        });
        const seen = await store.read(async (transaction) => {
          const cursor = await transaction.cursor();
          await new Promise((resolve) => setTimeout(resolve, 20));
          const page = await transaction.changes(start);
          const behind = await transaction.changes(page.cursor);
          const rows = await transaction.list(people);
          return { cursor, page, behind, numbers: rows.map(({ record }) => record.number) };
        });
        await written;
        assert.deepEqual(seen.numbers, [1, 2]);
        assert.deepEqual(
          seen.page.changes.map(({ key }) => key[1]),
          [2],
        );
        assert.deepEqual([seen.page.cursor, seen.behind.changes], [seen.cursor, []]);
        const first = await store.read((transaction) => transaction.changes(0, 1));
        assert.deepEqual([first.changes.length, first.cursor], [1, 1]);
        assert.equal((await store.read((transaction) => transaction.changes(1e9))).lost, true);
      });

      it('calls a cursor from the future lost', async () => {
        await put({ room: 'a', number: 1 });
        const { lost, cursor } = await store.changes(1e9);
        assert.deepEqual([lost, cursor], [true, await store.cursor()]);
      });

      it('calls its watchers after commits, whoever of them throws, until they leave', async (t) => {
        // Nobody is to see it in the tests' output.
        const { mock: warn } = t.mock.method(process, 'emitWarning', () => undefined);
        let calls = 0;
        const leaveBad = store.watch(() => {
          throw new Error('a bad listener');
        });
        const leave = store.watch(() => calls++);
        await put({ room: 'a', number: 1 });
        await turn();
        assert.equal(calls, 1);
        await Promise.all([put({ room: 'a', number: 2 }), put({ room: 'a', number: 3 })]);
        await store.update(async () => undefined);
        await turn();
        assert.ok(calls >= 2 && calls <= 3);
        leave();
        leaveBad();
        const before = calls;
        await put({ room: 'a', number: 4 });
        await turn();
        assert.equal(calls, before);
        const warnings = warn.calls.map(({ arguments: [warning] }) => warning);
        assert.ok(warnings.some((warning) => warning instanceof Error && warning.message === 'a bad listener'));
      });
    });

    describe('leases', () => {
      it('have one holder until it releases', async () => {
        const lease = await store.lease('one');
        assert.equal(await store.lease('one'), undefined);
        assert.equal((await store.lease('other'))?.name, 'other');
        await lease?.release();
        const second = await store.lease('one');
        assert.equal(second?.name, 'one');
        await lease?.release();
        assert.equal(await store.lease('one'), undefined);
      });

      it('are lost with the store', async () => {
        const lease = await store.lease('one');
        await store.close();
        assert.equal(lease?.signal.aborted, true);
      });
    });

    it('answers what waits at close, and refuses what comes after', async () => {
      const waiting = put({ room: 'a', number: 1 });
      const closing = store.close();
      await Promise.all([waiting, closing, store.close()]);
      const closed = (error: unknown): boolean => error instanceof StoreError && error.kind === 'closed';
      await assert.rejects(put({ room: 'a', number: 2 }), closed);
      await assert.rejects(list(), closed);
    });
  });
};

const listOf = (store: Store, query: Query<Person>): Promise<readonly Row<Person>[]> =>
  store.read((transaction) => transaction.list(people, query));
