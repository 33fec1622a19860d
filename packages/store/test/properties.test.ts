import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { defineTable, openTemporaryStore, type Query, type Store } from '@oreno/store';
import fc from 'fast-check';

interface Thing {
  readonly space: string;
  readonly id: string | number;
  readonly rank?: number | string | null | undefined;
}

const things = defineTable<Thing>()('things', ['space', 'id'], { byRank: ['space', 'rank'] });

const space = fc.constantFrom('', 'a', 'b');
const id = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.constantFrom('', 'a', 'aa', 'b', 'é', '\u{1f600}', '\uffff', '\u0000', '10', '9'),
);
const rank = fc.option(fc.oneof(fc.constantFrom('x', 'y', ''), fc.constantFrom(-1, 0, 0.5, 2)), { nil: undefined });
const thing = fc.record({ space, id, rank });
const keyOf = ({ space: first, id: second }: Thing): string => JSON.stringify([first, second]);

/** The order that the port asks for, written down once more and plainly. */
const compare = (one: unknown, other: unknown): number => {
  const kind = (value: unknown): number =>
    value === undefined || value === null ? 0 : typeof value === 'number' ? 1 : 2;
  if (kind(one) !== kind(other)) return kind(one) - kind(other);
  if (typeof one === 'number' && typeof other === 'number') return one - other;
  return Buffer.compare(Buffer.from(String(one)), Buffer.from(String(other)));
};
const inOrder =
  (properties: readonly (keyof Thing)[]) =>
  (one: Thing, other: Thing): number =>
    properties.map((property) => compare(one[property], other[property])).find((sign) => sign !== 0) ?? 0;
const orders = { key: inOrder(['space', 'id']), byRank: inOrder(['space', 'rank', 'id']) };

const withStore = async (work: (store: Store) => Promise<void>): Promise<void> => {
  const store = await openTemporaryStore();
  try {
    await work(store);
  } finally {
    await store.close();
  }
};

describe('the store, against a map', () => {
  it('gives the same results and ends with the same rows, versions and changes', async () => {
    const action = fc.oneof(
      fc.record({ kind: fc.constant('put' as const), thing, ifVersion: fc.option(fc.nat(3), { nil: undefined }) }),
      fc.record({ kind: fc.constant('insert' as const), thing }),
      fc.record({ kind: fc.constant('delete' as const), thing, ifVersion: fc.option(fc.nat(3), { nil: undefined }) }),
    );
    const update = fc.record({ actions: fc.array(action, { maxLength: 6 }), fails: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(update, { maxLength: 12 }), async (updates) =>
        withStore(async (store) => {
          let rows = new Map<string, { readonly record: Thing; readonly version: number }>();
          const told: unknown[] = [];
          const expected: unknown[] = [];
          const results = updates.map(async ({ actions, fails }) =>
            store.update(async (transaction) => {
              const model = new Map(rows);
              const mine: unknown[] = [];
              for (const step of actions) {
                const key = keyOf(step.thing);
                const there = model.get(key);
                const logged = [step.thing.space, step.thing.id];
                if (step.kind === 'insert') {
                  assert.equal(await transaction.insert(things, step.thing), there ? 'exists' : 'inserted');
                  if (there) continue;
                  model.set(key, { record: step.thing, version: 1 });
                  mine.push([...logged, 'put', 1]);
                } else if (step.kind === 'put') {
                  const stale = step.ifVersion !== undefined && there?.version !== step.ifVersion;
                  const result = await transaction.put(things, step.thing, { ifVersion: step.ifVersion });
                  assert.equal(result, stale ? 'stale' : 'written');
                  if (stale) continue;
                  model.set(key, { record: step.thing, version: (there?.version ?? 0) + 1 });
                  mine.push([...logged, 'put', (there?.version ?? 0) + 1]);
                } else {
                  const stale = step.ifVersion !== undefined && there?.version !== step.ifVersion;
                  const result = await transaction.delete(things, step.thing, { ifVersion: step.ifVersion });
                  assert.equal(result, there === undefined ? 'absent' : stale ? 'stale' : 'deleted');
                  if (result !== 'deleted') continue;
                  model.delete(key);
                  mine.push([...logged, 'delete', there?.version]);
                }
              }
              if (fails) throw new Error('on purpose');
              rows = model;
              expected.push(...mine);
            }),
          );
          const settled = await Promise.allSettled(results);
          for (const [index, result] of settled.entries()) {
            if (result.status === 'rejected') assert.equal((result.reason as Error).message, 'on purpose');
            assert.equal(result.status === 'rejected', updates[index]?.fails);
          }
          const stored = await store.read((transaction) => transaction.list(things));
          const plain = (row: unknown): unknown => JSON.parse(JSON.stringify(row));
          assert.deepEqual(
            plain(stored),
            plain([...rows.values()].toSorted((one, other) => orders.key(one.record, other.record))),
          );
          for (const { key, kind, version } of (await store.changes(0)).changes) told.push([...key, kind, version]);
          assert.deepEqual(told, expected);
        }),
      ),
      { numRuns: 80 },
    );
  });

  it('answers every query as sorting and filtering would', async () => {
    const bound = fc.option(fc.oneof(fc.constantFrom('', 'a', 'x'), fc.constantFrom(-1, 0, 1)), { nil: undefined });
    const query = fc.record({
      index: fc.constantFrom(undefined, 'byRank' as const),
      from: bound,
      below: bound,
      prefix: fc.option(fc.constantFrom('', 'a', 'x'), { nil: undefined }),
      after: fc.option(thing, { nil: undefined }),
      reverse: fc.boolean(),
      limit: fc.option(fc.nat(5), { nil: undefined }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(thing, { maxLength: 20 }),
        space,
        fc.array(query, { maxLength: 10 }),
        async (all, where, queries) =>
          withStore(async (store) => {
            const rows = [...new Map(all.map((each) => [keyOf(each), each])).values()];
            await store.update(async (transaction) => {
              for (const each of rows) await transaction.put(things, each);
            });
            for (const asked of queries) {
              const full: Query<Thing> = { ...asked, where: { space: where } };
              const found = await store.read((transaction) => transaction.list(things, full));
              assert.deepEqual(
                found.map(({ record }) => keyOf(record)),
                expectedRows(rows, where, asked).map(keyOf),
              );
              const count = await store.read((transaction) => transaction.count(things, full));
              assert.equal(count, found.length);
            }
          }),
      ),
      { numRuns: 80 },
    );
  });

  it('pages through every row that stays, once, while others come and go', async () => {
    const index = fc.constantFrom(undefined, 'byRank');
    const churn = fc.array(fc.record({ thing, remove: fc.boolean() }), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(thing, { selector: keyOf, maxLength: 20 }),
        churn,
        index,
        fc.boolean(),
        fc.integer({ min: 1, max: 4 }),
        async (staying, changes, by, reverse, limit) =>
          withStore(async (store) => {
            const keep = new Set(staying.map(keyOf));
            await store.update(async (transaction) => {
              for (const each of staying) await transaction.put(things, each);
            });
            const seen: string[] = [];
            const todo = changes.filter((change) => !keep.has(keyOf(change.thing)));
            let after: Thing | undefined;
            for (;;) {
              const page = await store.read((transaction) =>
                transaction.list(things, { index: by, reverse, limit, after }),
              );
              seen.push(...page.map(({ record }) => keyOf(record)).filter((key) => keep.has(key)));
              after = page.at(-1)?.record;
              if (after === undefined || page.length < limit) break;
              const change = todo.pop();
              if (change === undefined) continue;
              await store.update(async (transaction) => {
                if (change.remove) await transaction.delete(things, change.thing);
                else await transaction.put(things, change.thing);
              });
            }
            assert.deepEqual(seen.toSorted(), [...keep].toSorted());
          }),
      ),
      { numRuns: 80 },
    );
  });
});

const expectedRows = (rows: readonly Thing[], where: string, query: Omit<Query<Thing>, 'where'>): Thing[] => {
  const order = query.index === undefined ? orders.key : orders.byRank;
  const property = query.index === undefined ? 'id' : 'rank';
  const { from, below, prefix } = query;
  const after = query.after as Thing | undefined;
  const bounded = from !== undefined || below !== undefined || prefix !== undefined;
  const fits = (each: Thing): boolean => {
    const value = each[property];
    if (each.space !== where) return false;
    if (bounded && (value === undefined || value === null)) return false;
    if (from !== undefined && compare(value, from) < 0) return false;
    if (below !== undefined && compare(value, below) >= 0) return false;
    if (prefix !== undefined && !(typeof value === 'string' && value.startsWith(prefix))) return false;
    // The equal properties of `after` are those of the query, whatever the record says.
    const sign = after === undefined ? 1 : order(each, { ...after, space: where });
    return query.reverse === true ? sign < 0 || after === undefined : sign > 0;
  };
  const sorted = rows.filter(fits).toSorted(order);
  return (query.reverse === true ? sorted.toReversed() : sorted).slice(0, query.limit);
};
