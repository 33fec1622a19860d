import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { test } from 'node:test';
import { StoreError } from '@oreno/store';
import { mountFailingDisk, mountSmallDisk, unmount } from '../../../test/support/bad-disks.ts';
import { codesOf, digestOf, pushBlob } from './support/images.ts';
import { startRegistry } from './support/registry.ts';

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
    await pushBlob(registry, 'full', 'before');
    disk.settle();
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
