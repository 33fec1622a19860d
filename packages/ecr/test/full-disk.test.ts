import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { StoreError } from '@oreno/store';
import { codesOf, digestOf, pushBlob } from './support/images.ts';
import { startRegistry } from './support/registry.ts';

/** A small disk in memory; undefined without the right to mount one. */
const mountSmallDisk = (mebibytes: number): string | undefined => {
  const directory = mkdtempSync(join(tmpdir(), 'oreno-ecr-full-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', directory], { stdio: 'pipe' });
    return directory;
  } catch {
    rmSync(directory, { recursive: true });
    return undefined;
  }
};

const unmount = (directory: string): void => void execFileSync('umount', [directory], { stdio: 'pipe' });

test('a full disk is said to be full, costs no other layer, and may get room again', async (t) => {
  const directory = mountSmallDisk(8);
  if (directory === undefined) return t.skip('needs the right to mount a small disk');
  const registry = await startRegistry(directory);
  try {
    await registry.call('CreateRepository', { repositoryName: 'full' });
    const kept = await pushBlob(registry, 'full', 'kept');
    const large = randomBytes(20 << 20);
    const posted = await registry.request('POST', `/v2/full/blobs/uploads/?digest=${digestOf(large)}`, { body: large });
    assert.deepEqual([posted.status, await codesOf(posted)], [507, ['UNKNOWN']]);
    const begun = await registry.request('POST', '/v2/full/blobs/uploads/');
    const location = begun.headers.get('location') ?? '';
    const patched = await registry.request('PATCH', location, { body: large });
    assert.equal(patched.status, 507);
    assert.equal((await registry.request('GET', location)).headers.get('range'), '0-0');
    const small = randomBytes(4 << 20);
    const put = await registry.request('PUT', `${location}?digest=${digestOf(small)}`, { body: small });
    assert.equal(put.status, 201);
    assert.equal(await (await registry.request('GET', `/v2/full/blobs/${kept}`)).text(), 'kept');
    assert.equal(registry.errors.length, 2);

    const update = t.mock.method(registry.store, 'update', async () => {
      throw new StoreError('full', 'no space for records');
    });
    const other = randomBytes(10);
    const recorded = () =>
      registry.request('POST', `/v2/full/blobs/uploads/?digest=${digestOf(other)}`, { body: other });
    assert.equal((await recorded()).status, 507);
    update.mock.restore();
    assert.equal((await recorded()).status, 201);
  } finally {
    await registry.stop();
    unmount(directory);
    rmSync(directory, { recursive: true });
  }
});

/**
 * A disk that takes every byte and then fails to keep them: its own file is on a disk without room. `mend` makes room;
 * `reload` forgets what is in memory only, as a power cut does.
 */
const mountFailingDisk = ():
  | { readonly directory: string; fail(): void; mend(): void; reload(): void; remove(): void }
  | undefined => {
  const below = mountSmallDisk(96);
  if (below === undefined) return undefined;
  const [image, filler, directory] = ['image', 'filler', 'disk'].map((name) => join(below, name)) as [
    string,
    string,
    string,
  ];
  const mount = (): void => void execFileSync('mount', ['-o', 'loop', image, directory], { stdio: 'pipe' });
  const remove = (): void => {
    unmount(below);
    rmSync(below, { recursive: true });
  };
  try {
    writeFileSync(image, '');
    execFileSync('truncate', ['-s', '300m', image]);
    execFileSync('mkfs.ext4', ['-q', '-O', '^has_journal', image], { stdio: 'pipe' });
    mkdirSync(directory);
    mount();
  } catch {
    remove();
    return undefined;
  }
  return {
    directory,
    fail: () => {
      const { bfree, bsize } = statfsSync(below);
      writeFileSync(filler, Buffer.alloc(bfree * bsize));
    },
    mend: () => rmSync(filler),
    reload: () => {
      unmount(directory);
      mount();
    },
    remove: () => {
      unmount(directory);
      remove();
    },
  };
};

test('a disk that loses bytes which it took makes no layer of them, however often the client tries', async (t) => {
  const disk = mountFailingDisk();
  if (disk === undefined) return t.skip('needs the right to mount a disk that is a file');
  const registry = await startRegistry(disk.directory);
  try {
    await registry.call('CreateRepository', { repositoryName: 'full' });
    const begin = async (): Promise<string> =>
      (await registry.request('POST', '/v2/full/blobs/uploads/')).headers.get('location') ?? '';
    const [first, large] = [randomBytes(6 << 20), randomBytes(40 << 20)];
    const [closed, streamed] = [await begin(), await begin()];
    for (const location of [closed, streamed]) {
      assert.equal((await registry.request('PATCH', location, { body: first })).status, 202);
    }
    disk.fail();
    // Synced at its end; and, for 40 MiB, on the way.
    const close = () => registry.request('PUT', `${closed}?digest=${digestOf(first)}`);
    assert.ok((await close()).status >= 500);
    assert.ok((await registry.request('PATCH', streamed, { body: large })).status >= 500);
    disk.mend();
    const again = await close();
    assert.equal(again.status, 404, 'a second sync succeeds without what is missing');
    assert.deepEqual(await codesOf(again), ['BLOB_UPLOAD_UNKNOWN']);
    assert.equal((await registry.request('PATCH', streamed, { body: large })).status, 404);
    assert.equal((await registry.request('GET', `/v2/full/blobs/${digestOf(first)}`)).status, 404);

    const kept = await pushBlob(registry, 'full', large);
    disk.reload();
    const got = await registry.request('GET', `/v2/full/blobs/${kept}`);
    assert.equal(digestOf(new Uint8Array(await got.arrayBuffer())), kept);
  } finally {
    await registry.stop();
    disk.remove();
  }
});
