/** Tags that cannot be moved, with exceptions, while many push at once. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { codesOf, imageOf, pushBlob, putManifest } from './support/images.ts';
import { startRegistry } from './support/registry.ts';
import type { TestRegistry } from './support/registry.ts';

const repositoryName = 'fixed';
let registry: TestRegistry;
before(async () => {
  registry = await startRegistry();
  await registry.call('CreateRepository', {
    repositoryName,
    imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION',
    imageTagMutabilityExclusionFilters: [{ filterType: 'WILDCARD', filter: 'latest*' }],
  });
});
after(async () => {
  assert.deepEqual(registry.errors, []);
  await registry.stop();
});

const tagged = async (imageTag: string): Promise<string | undefined> =>
  (await registry.call('DescribeImages', { repositoryName, imageIds: [{ imageTag }] })).imageDetails?.[0]?.imageDigest;

test('of many pushes of one tag at once one wins, by docker or by the API; a tag of a filter takes them all', async () => {
  const images = Array.from({ length: 16 }, (_, index) => imageOf(`image ${index}`));
  for (const { config, layer } of images) {
    for (const bytes of [config, layer]) await pushBlob(registry, repositoryName, bytes);
  }
  const byApi = async (imageManifest: string): Promise<string> => {
    try {
      await registry.call('PutImage', { repositoryName, imageManifest, imageTag: 'v1' });
      return 'stored';
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  const byProtocol = async (text: string): Promise<string> => {
    const response = await putManifest(registry, repositoryName, 'v1', text);
    return response.status === 201 ? 'stored' : (await codesOf(response)).join(',');
  };
  const pushes = images.map(({ text }, index) => (index % 2 === 0 ? byApi(text) : byProtocol(text)));
  const outcomes = await Promise.all(pushes);
  const winner = outcomes.indexOf('stored');
  const expected = outcomes.map((_, index) => {
    if (index === winner) return 'stored';
    return index % 2 === 0 ? 'ImageTagAlreadyExistsException' : 'TAG_INVALID';
  });
  assert.deepEqual(outcomes, expected);
  assert.equal(await tagged('v1'), images[winner]?.digest);
  const { imageIds } = await registry.call('ListImages', { repositoryName });
  assert.deepEqual(imageIds, [{ imageDigest: images[winner]?.digest, imageTag: 'v1' }], 'the others left nothing');

  const moved = await Promise.all(images.map(({ text }) => putManifest(registry, repositoryName, 'latest-1', text)));
  assert.ok(moved.every(({ status }) => status === 201));
  const on = await tagged('latest-1');
  assert.ok(images.some(({ digest }) => digest === on));
  for (const { digest, text } of images) {
    const kept = await registry.request('GET', `/v2/${repositoryName}/manifests/${digest}`);
    assert.equal(await kept.text(), text);
  }
});
