import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { manifests } from '../src/records.ts';
import { digestOf, pushBlob, pushImage } from './support/images.ts';
import { startRegistry } from './support/registry.ts';
import type { TestRegistry } from './support/registry.ts';

let registry: TestRegistry;
before(async () => {
  registry = await startRegistry();
  for (const repositoryName of ['verify/a', 'verify/b']) await registry.call('CreateRepository', { repositoryName });
});
after(async () => {
  assert.deepEqual(registry.errors, []);
  await registry.stop();
});

const shardOf = (digest: string): string => digest.slice('sha256:'.length, 'sha256:'.length + 2);
const blobOf = (digest: string): string => `ecr/blobs/sha256/${shardOf(digest)}/${digest.slice('sha256:'.length)}`;

test('what is whole is counted, and rotten and missing bytes are named with the repositories that have them', async () => {
  const { layer, digest, text } = await pushImage(registry, 'verify/a', 'verified', '1');
  await pushBlob(registry, 'verify/b', layer);
  const layerDigest = digestOf(layer);
  const part = shardOf(layerDigest);
  const whole = await registry.room.verify(part);
  assert.ok(whole.checked >= 1 && whole.bytes >= layer.length);
  assert.deepEqual(whole.damages, []);
  assert.deepEqual(await registry.room.verify('manifests'), { checked: 1, bytes: text.length, damages: [] });

  const repositories = ['000000000000/us-east-1/verify/a', '000000000000/us-east-1/verify/b'];
  await registry.blobs.put(blobOf(layerDigest), Buffer.from('rotten'));
  const rotten = await registry.room.verify(part);
  assert.deepEqual(
    rotten.damages.map((damage) => ({ ...damage, repositories: damage.repositories.toSorted() })),
    [{ kind: 'layer', problem: 'wrong-content', digest: layerDigest, repositories }],
  );

  const head = async (): Promise<number> =>
    (await registry.request('HEAD', `/v2/verify/a/blobs/${layerDigest}`)).status;
  const fetched = async (): Promise<string> =>
    (await registry.request('GET', `/v2/verify/a/blobs/${layerDigest}`)).text();
  assert.equal(await head(), 200, 'a client would not push it again');
  assert.equal((await registry.room.verify(part, true)).damages.length, 1);
  assert.equal(await head(), 404);
  assert.deepEqual((await registry.room.verify(part, true)).damages, []);
  await pushBlob(registry, 'verify/a', layer);
  assert.equal(await fetched(), layer, 'the image is whole again');
  assert.equal((await registry.request('GET', '/v2/verify/a/manifests/1')).status, 200);

  await registry.blobs.delete(blobOf(layerDigest));
  const missing = await registry.room.verify(part);
  assert.deepEqual(
    missing.damages.map(({ problem, digest: named }) => [problem, named]),
    [['missing', layerDigest]],
  );
  assert.equal(await head(), 404, 'a client pushes it again');
  const mount = `/v2/verify/b/blobs/uploads/?mount=${layerDigest}&from=verify/a`;
  assert.equal((await registry.request('POST', mount)).status, 202);
  await pushBlob(registry, 'verify/a', layer);
  assert.equal(await fetched(), layer);

  await registry.store.update(async (tx) => {
    const [row] = await tx.list(manifests);
    if (row) await tx.put(manifests, { ...row.record, text: '{}' });
  });
  const { damages } = await registry.room.verify('manifests');
  assert.deepEqual(
    damages.map(({ kind, digest: named }) => [kind, named]),
    [['manifest', digest]],
  );
});
