import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { codesOf, digestOf, pushBlob } from './support/images.ts';
import { startRegistry } from './support/registry.ts';

test('a full disk is said to be full, costs no other layer, and may get room again', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'oreno-ecr-full-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', directory], { stdio: 'pipe' });
  } catch {
    await rm(directory, { recursive: true });
    return t.skip('needs the right to mount a small disk');
  }
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
  } finally {
    await registry.stop();
    execFileSync('umount', [directory]);
    await rm(directory, { recursive: true });
  }
});
