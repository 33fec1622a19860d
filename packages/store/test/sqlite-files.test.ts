import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, it } from 'node:test';
import { defineTable, openSqliteStore, StoreError, type StoreErrorKind } from '@oreno/store';
import { temporaryDirectory } from './directory.ts';

interface Thing {
  readonly id: string;
  readonly owner?: string | undefined;
  readonly size?: number | undefined;
}

const things = defineTable<Thing>()('things', ['id']);
const open = (directory: string) => openSqliteStore({ directory, now: () => 1_000 });
const failsAs = (kind: StoreErrorKind, text: RegExp) => (error: unknown) =>
  error instanceof StoreError && error.kind === kind && text.test(error.message);

describe('the files of the SQLite store', () => {
  it('keep rows, versions and changes over a restart', async (context) => {
    const directory = temporaryDirectory(context);
    const first = await open(directory);
    await first.update((transaction) => transaction.put(things, { id: 'a' }));
    await first.update((transaction) => transaction.put(things, { id: 'a', size: 1 }));
    const changes = await first.changes(0);
    await first.close();
    const second = await open(directory);
    const row = await second.read((transaction) => transaction.get(things, { id: 'a' }));
    assert.deepEqual(row, { record: { id: 'a', size: 1 }, version: 2 });
    assert.deepEqual(await second.changes(0), changes);
    await second.update((transaction) => transaction.delete(things, { id: 'a' }));
    assert.equal((await second.changes(2)).changes[0]?.sequence, 3);
    await second.close();
  });

  it('are their owner’s alone', async (context) => {
    const directory = join(temporaryDirectory(context), 'new', 'folder');
    const store = await open(directory);
    await store.update((transaction) => transaction.put(things, { id: 'a' }));
    const files = readdirSync(directory);
    assert.ok(files.includes('records.sqlite') && files.includes('records.sqlite-wal'));
    for (const file of files) assert.equal(statSync(join(directory, file)).mode & 0o777, 0o600, file);
    assert.equal(statSync(directory).mode & 0o777, 0o700);
    assert.equal(statSync(join(directory, '..')).mode & 0o777, 0o700);
    await store.close();
  });

  it('take one process at a time, and say which', async (context) => {
    const directory = temporaryDirectory(context);
    const store = await open(directory);
    const held = failsAs('held', new RegExp(`process ${process.pid}\\b`));
    await assert.rejects(open(directory), held);
    // The refused one must not have ended the first one's lock.
    await assert.rejects(open(directory), held);
    const child = startChild('hold', directory);
    assert.match(await child.line(), new RegExp(`held .*process ${process.pid}\\b`));
    await child.ended;
    await store.close();
    await (await open(directory)).close();
  });

  it('are free again when their holder was killed', async (context) => {
    const directory = temporaryDirectory(context);
    const child = startChild('hold', directory);
    assert.equal(await child.line(), 'open');
    await assert.rejects(open(directory), failsAs('held', new RegExp(`process ${child.pid}\\b`)));
    child.kill();
    await child.ended;
    await (await open(directory)).close();
  });

  it('have every acknowledged update after SIGKILL, whole, and nothing of the others by halves', async (context) => {
    for (const milliseconds of [0, 60, 170]) {
      const directory = temporaryDirectory(context);
      const child = startChild('write', directory);
      assert.equal(await child.line(), 'open');
      const first = await child.line();
      await new Promise((resolve) => setTimeout(resolve, milliseconds));
      child.kill();
      await child.ended;
      const acknowledged = [first, ...child.rest()];
      const store = await open(directory);
      const ids = await store.read(async (transaction) => {
        const rows = await transaction.list(things);
        return new Set(rows.map(({ record }) => record.id));
      });
      for (const id of acknowledged) assert.ok(ids.has(`${id}-one`) && ids.has(`${id}-two`), id);
      for (const id of ids) assert.ok(ids.has(id.replace(/one$/, 'two')) && ids.has(id.replace(/two$/, 'one')), id);
      assert.equal((await store.changes(0, 1e6)).changes.length, ids.size);
      await store.close();
    }
  });

  it('that are no database are refused, and left alone', async (context) => {
    const directory = temporaryDirectory(context);
    writeFileSync(join(directory, 'records.sqlite'), 'not a database at all, but long enough to look at '.repeat(99));
    await assert.rejects(open(directory), failsAs('corrupt', /records\.sqlite is not a database/));
    await assert.rejects(open(directory), failsAs('corrupt', /records\.sqlite/));
  });

  it('that cannot be opened are told by name', async (context) => {
    const directory = temporaryDirectory(context);
    mkdirSync(join(directory, 'records.sqlite'));
    await assert.rejects(
      open(directory),
      (error) => error instanceof Error && error.message.includes('records.sqlite'),
    );
  });
});

interface Child {
  readonly pid: number | undefined;
  readonly ended: Promise<unknown>;
  kill(): void;
  /** The next line that it printed. */
  line(): Promise<string>;
  /** Every line not yet read. */
  rest(): readonly string[];
}

const startChild = (task: 'hold' | 'write', directory: string): Child => {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'child.ts'), task, directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: string[] = [];
  const reader = createInterface(child.stdout);
  reader.on('line', (line) => lines.push(line));
  const ended = Promise.all([once(child, 'exit'), once(reader, 'close')]);
  return {
    pid: child.pid,
    ended,
    kill: () => void child.kill('SIGKILL'),
    line: async () => {
      if (lines.length === 0) await Promise.race([once(reader, 'line'), ended]);
      return lines.shift() ?? 'ended without a line';
    },
    rest: () => lines,
  };
};
