import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { digestOf, pushBlob, pushImage, putManifest } from './support/images.ts';
import { startRegistry } from './support/registry.ts';
import type { TestRegistry } from './support/registry.ts';
import { layers, remains, tags } from '../src/records.ts';

const day = 24 * 3_600_000;
let registry: TestRegistry;
before(async () => {
  registry = await startRegistry();
  for (const repositoryName of ['reap/a', 'reap/b']) await registry.call('CreateRepository', { repositoryName });
});
after(async () => {
  assert.deepEqual(registry.errors, []);
  await registry.stop();
});

const round = async (): Promise<void> => {
  await registry.restart();
  await registry.room.start();
  await registry.restart();
};
const head = async (name: string, digest: string): Promise<number> =>
  (await registry.request('HEAD', `/v2/${name}/blobs/${digest}`)).status;
const blobCount = async (): Promise<number> => {
  let count = 0;
  for await (const blob of registry.blobs.list('ecr/')) count += blob.size > 0 ? 1 : 0;
  return count;
};

test('unfinished uploads end after a day', async () => {
  const begun = await registry.request('POST', '/v2/reap/a/blobs/uploads/');
  const location = begun.headers.get('location') ?? '';
  await registry.request('PATCH', location, { body: 'unfinished' });
  await round();
  assert.equal((await registry.request('GET', location)).status, 204);
  registry.ahead = 1.5 * day;
  await round();
  assert.equal((await registry.request('GET', location)).status, 404);
  assert.deepEqual(await registry.blobs.listUploads(''), []);
  registry.ahead = 0;
});

test('unused layers go a day after they were last counted on; used ones and shared bytes stay', async () => {
  const kept = await pushImage(registry, 'reap/a', 'kept', 'kept');
  const unused = await pushBlob(registry, 'reap/a', 'unused');
  const shared = await pushBlob(registry, 'reap/a', kept.layer);
  await pushBlob(registry, 'reap/b', 'unused');
  assert.deepEqual(await registry.room.collect(false), { layers: 0, blobs: 0, bytes: 0 });
  registry.ahead = day - 60_000;
  await round();
  assert.equal(await head('reap/b', unused), 200);
  registry.ahead = day + 60_000;
  assert.deepEqual(await registry.room.collect(true), { layers: 1, blobs: 0, bytes: 0 });
  await round();
  assert.equal(await head('reap/a', unused), 404);
  assert.equal(await head('reap/b', unused), 200, 'it was asked for half a minute ago');
  assert.equal(await head('reap/a', shared), 200);
  assert.equal(await blobCount(), 3);
  registry.ahead = 2 * day + 120_000;
  assert.deepEqual(await registry.room.collect(false), { layers: 1, blobs: 1, bytes: 6 });
  assert.equal(await head('reap/b', unused), 404);
  assert.equal((await putManifest(registry, 'reap/a', 'again', kept.text)).status, 201);
});

test('a deleted image leaves its layers to the collector', async () => {
  const image = await pushImage(registry, 'reap/a', 'deleted', 'deleted');
  await registry.request('DELETE', `/v2/reap/a/manifests/${image.digest}`);
  registry.ahead += 1.5 * day;
  await registry.room.collect(false);
  assert.equal(await head('reap/a', digestOf(image.layer)), 404);
});

test('pushes during a collection lose nothing', async () => {
  registry.ahead += 3 * day;
  const pushes = Array.from({ length: 10 }, async (_, index) => {
    const image = await pushImage(registry, 'reap/b', `during ${index}`, `during-${index}`);
    assert.equal(await head('reap/b', digestOf(image.layer)), 200);
    return image;
  });
  const collections = Array.from({ length: 5 }, () => registry.room.collect(false));
  const images = await Promise.all(pushes);
  await Promise.all(collections);
  for (const image of images) {
    const layer = await registry.request('GET', `/v2/reap/b/blobs/${digestOf(image.layer)}`);
    assert.equal(await layer.text(), image.layer);
  }
});

test('a deleted repository is reaped, and a new one of its name starts empty', async () => {
  await registry.call('CreateRepository', { repositoryName: 'reap/c' });
  await pushImage(registry, 'reap/c', 'c', 'v1');
  await registry.request('POST', '/v2/reap/c/blobs/uploads/');
  await assert.rejects(registry.call('DeleteRepository', { repositoryName: 'reap/c' }), {
    name: 'RepositoryNotEmptyException',
    message:
      "The repository with name 'reap/c' in registry with id '000000000000' cannot be deleted because it still contains images",
  });
  const before = await registry.store.read((tx) => tx.count(layers));
  await registry.call('DeleteRepository', { repositoryName: 'reap/c', force: true });
  await registry.call('CreateRepository', { repositoryName: 'reap/c' });
  assert.equal((await registry.request('GET', '/v2/reap/c/manifests/v1')).status, 404);
  await round();
  assert.equal(await registry.store.read((tx) => tx.count(layers)), before - 2);
  assert.equal(await registry.store.read((tx) => tx.count(remains)), 0);
  assert.equal(
    (await registry.store.read((tx) => tx.list(tags))).filter(({ record }) => record.tag === 'v1').length,
    0,
  );
  assert.deepEqual(await registry.blobs.listUploads(''), []);
});
