/**
 * The embedded store, measured: durable two-row updates with many in flight against one by one, and reads of
 * a small row. Prints figures and ratios; fails on nothing. Options: seconds per measurement (default 2).
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { defineTable, openSqliteStore, type Store } from '@oreno/store';

interface Item {
  readonly id: string;
  readonly group: string;
  readonly at: number;
  readonly text: string;
}

const items = defineTable<Item>()('items', ['id'], { byGroup: ['group', 'at'] });
const totals = defineTable<{ readonly group: string; readonly count: number; readonly text: string }>()('totals', [
  'group',
]);
const seconds = Number(process.argv[2] ?? 2);
const text = 'x'.repeat(200);
const figure = (value: number): string => Math.round(value).toLocaleString('en').padStart(10);

let made = 0;
const updateOnce = (store: Store): Promise<void> =>
  store.update(async (transaction) => {
    const count = made++;
    const group = `group-${count % 100}`;
    await transaction.insert(items, { id: `item-${count}`, group, at: count, text });
    await transaction.put(totals, { group, count, text });
  });

/** Calls per second with so many in flight. */
const rate = async (inFlight: number, call: () => Promise<unknown>): Promise<number> => {
  const end = performance.now() + seconds * 1_000;
  let calls = 0;
  const start = performance.now();
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      while (performance.now() < end) {
        await call();
        calls++;
      }
    }),
  );
  return calls / ((performance.now() - start) / 1_000);
};

/** What the same two rows cost without the store around them: one prepared transaction after the other. */
const bareRate = (directory: string): number => {
  const database = new DatabaseSync(join(directory, 'bare.sqlite'));
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
  database.exec('CREATE TABLE items (id PRIMARY KEY, body TEXT); CREATE TABLE totals (id PRIMARY KEY, body TEXT)');
  const insert = database.prepare('INSERT INTO items VALUES (?, ?)');
  const put = database.prepare('INSERT OR REPLACE INTO totals VALUES (?, ?)');
  const end = performance.now() + seconds * 1_000;
  let calls = 0;
  for (; performance.now() < end; calls++) {
    database.exec('BEGIN IMMEDIATE');
    insert.run(`item-${calls}`, text);
    put.run(`group-${calls % 100}`, text);
    database.exec('COMMIT');
  }
  database.close();
  return calls / seconds;
};

const directory = await mkdtemp(join(process.env['BENCH_DIRECTORY'] ?? tmpdir(), 'oreno-bench-'));
const store = await openSqliteStore({ directory, now: Date.now });
await rate(32, () => updateOnce(store));

const bare = bareRate(directory);
console.log(`bare SQLite, one by one        ${figure(bare)} durable two-row transactions/s`);
const single = await rate(1, () => updateOnce(store));
console.log(`store, one by one              ${figure(single)}  ${(single / bare).toFixed(2)} times bare`);
for (const inFlight of [8, 32, 256]) {
  const many = await rate(inFlight, () => updateOnce(store));
  console.log(
    `store, ${String(inFlight).padStart(3)} in flight           ${figure(many)}  ${(many / single).toFixed(2)} times one by one`,
  );
}
const gets = await rate(1, () => store.read((transaction) => transaction.get(items, { id: 'item-1' })));
console.log(`read of one row, one by one    ${figure(gets)} /s  ${(1e6 / gets).toFixed(1)} µs each`);
const shared = await rate(32, () => store.read((transaction) => transaction.get(items, { id: 'item-1' })));
console.log(`read of one row, 32 in flight  ${figure(shared)} /s  ${(1e6 / shared).toFixed(1)} µs each`);
const inside = await store.read(async (transaction) => {
  const start = performance.now();
  for (let index = 0; index < 20_000; index++) await transaction.get(items, { id: `item-${index}` });
  return (performance.now() - start) / 20_000;
});
console.log(`get within one read            ${figure(1_000 / inside)} /s  ${(inside * 1_000).toFixed(1)} µs each`);
const page = await rate(1, () =>
  store.read((transaction) => transaction.list(items, { index: 'byGroup', where: { group: 'group-1' }, limit: 100 })),
);
console.log(`page of 100 rows by index      ${figure(page)} /s  ${(1e6 / page).toFixed(1)} µs each`);
const before = await store.cursor();
const changes = await rate(1, () => store.changes(before - 1_000));
console.log(`1,000 changes from memory      ${figure(changes)} pages/s`);
await store.close();
await rm(directory, { recursive: true });
