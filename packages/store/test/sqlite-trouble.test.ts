import assert from 'node:assert/strict';
import { writeFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { defineTable, openSqliteStore, openTemporaryStore, StoreError } from '@oreno/store';
import { mountFailingDisk, mountSmallDisk, unmount } from '../../../test/support/bad-disks.ts';
import { temporaryDirectory } from './directory.ts';

const things = defineTable<{ readonly id: string; readonly text?: string }>()('things', ['id']);

describe('the SQLite store in trouble', () => {
  it('refuses a full disk’s updates, keeps the others, and goes on when space returns', async (context) => {
    const directory = mountSmallDisk(2);
    if (directory === undefined) return context.skip('needs the right to mount a small disk');
    const store = await openSqliteStore({ directory, now: () => 1 });
    const put = (id: string) => store.update((transaction) => transaction.put(things, { id, text: 'x'.repeat(3_000) }));
    try {
      await put('first');
      const filler = join(directory, 'filler');
      let written = 0;
      assert.throws(() => {
        for (; ; written++) writeFileSync(filler, Buffer.alloc(4_096), { flag: 'a' });
      }, /ENOSPC/);
      const kept: string[] = ['first'];
      const full = async (): Promise<unknown> => {
        for (let index = 0; ; index++) {
          try {
            await put(`more-${index}`);
            kept.push(`more-${index}`);
          } catch (error) {
            return error;
          }
        }
      };
      const error = await full();
      assert.ok(error instanceof StoreError && error.kind === 'full' && error.retryable, String(error));
      assert.match(error.message, /records\.sqlite.*free some space/);
      const together = await Promise.allSettled(['x', 'y', 'z'].map(put));
      assert.ok(together.every(({ status }) => status === 'rejected'));
      const list = async (): Promise<string[]> =>
        (await store.read((transaction) => transaction.list(things))).map(({ record }) => record.id);
      assert.deepEqual((await list()).toSorted(), kept.toSorted());
      rmSync(filler);
      await put('last');
      assert.deepEqual((await list()).toSorted(), [...kept, 'last'].toSorted());
      const { changes } = await store.changes(0);
      assert.deepEqual(
        changes.map(({ sequence }) => sequence),
        changes.map((_, index) => index + 1),
      );
    } finally {
      await store.close();
      unmount(directory);
      rmSync(directory, { recursive: true });
    }
  });

  it('refuses everything once the disk failed to keep a commit, and has all that was acknowledged when it is opened again', async (context) => {
    const disk = mountFailingDisk();
    if (disk === undefined) return context.skip('needs the right to mount a disk that is a file');
    const { directory } = disk;
    try {
      const store = await openSqliteStore({ directory, now: () => 1 });
      // More than the disk below may have room for around what it keeps already.
      const put = (id: string) =>
        store.update((transaction) => transaction.put(things, { id, text: 'x'.repeat(8_000_000) }));
      try {
        await put('kept');
        disk.fail();
        const failed = (error: unknown): boolean =>
          error instanceof StoreError && error.kind === 'io' && /start again/.test(error.message);
        await assert.rejects(Promise.all([put('a'), put('b')]), failed);
        disk.mend();
        await assert.rejects(put('c'), failed);
        await assert.rejects(
          store.read((transaction) => transaction.count(things)),
          failed,
        );
      } finally {
        await store.close();
      }
      disk.reload();
      const opened = await openSqliteStore({ directory, now: () => 1 });
      assert.equal((await opened.read((transaction) => transaction.get(things, { id: 'kept' })))?.version, 1);
      await opened.update((transaction) => transaction.put(things, { id: 'd' }));
      await opened.close();
    } finally {
      disk.remove();
    }
  });

  it('gives up a transaction function that awaits something else for too long, and those beside it go on', async () => {
    const store = await openTemporaryStore({ transactionLimit: 50 });
    const never = new Promise<void>(() => undefined);
    const slow = store.update(async (transaction) => {
      await transaction.put(things, { id: 'slow' });
      await never;
    });
    const beside = store.update((transaction) => transaction.put(things, { id: 'beside' }));
    const reading = store.read(() => never);
    const isSlow = (error: unknown): boolean => error instanceof StoreError && error.kind === 'slow';
    await Promise.all([assert.rejects(slow, isSlow), assert.rejects(reading, isSlow), beside]);
    const rows = await store.read((transaction) => transaction.list(things));
    assert.deepEqual(
      rows.map(({ record }) => record.id),
      ['beside'],
    );
    await store.close();
  });

  it('lets a transaction function await a little', async () => {
    const store = await openTemporaryStore();
    await store.update(async (transaction) => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      await transaction.put(things, { id: 'a' });
    });
    assert.equal(await store.read((transaction) => transaction.count(things)), 1);
    await store.close();
  });

  it('fails an update whose storage failed, even when its function caught that', async () => {
    const store = await openTemporaryStore();
    await store.update((transaction) => transaction.put(things, { id: 'a' }));
    const clash = defineTable<{ readonly id: string; readonly text?: string }>()('things', ['id'], {
      byText: ['text'],
    });
    const caught = store.update(async (transaction) => {
      await transaction.put(things, { id: 'b' });
      await transaction.put(clash, { id: 'c' }).catch(() => undefined);
    });
    await assert.rejects(caught, StoreError);
    assert.equal(await store.read((transaction) => transaction.count(things)), 1);
    await store.close();
  });

  it('can be backed up while it runs', async (context) => {
    const directory = temporaryDirectory(context);
    const store = await openSqliteStore({ directory, now: () => 1 });
    await store.update((transaction) => transaction.put(things, { id: 'a' }));
    const other = new DatabaseSync(join(directory, 'records.sqlite'), { readOnly: true });
    other.exec(`VACUUM INTO '${join(directory, 'copy.sqlite')}'`);
    other.close();
    await store.update((transaction) => transaction.put(things, { id: 'b' }));
    await store.close();
    const copy = await openSqliteStore({ file: join(directory, 'copy.sqlite'), now: () => 1 });
    assert.equal(await copy.read((transaction) => transaction.count(things)), 1);
    await copy.close();
  });
});
