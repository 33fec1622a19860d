/** The archive: images that are kept and shown but not pulled, by hand and by lifecycle rules. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  descriptorOf,
  digestOf,
  imageOf,
  ociIndex,
  ociManifest,
  pushImage,
  putManifest,
  pushBlob,
  codesOf,
} from './support/images.ts';
import { startRegistry } from './support/registry.ts';
import type { TestRegistry } from './support/registry.ts';

const day = 24 * 3_600_000;
const repositoryName = 'archive';
let registry: TestRegistry;
before(async () => {
  registry = await startRegistry();
  await registry.call('CreateRepository', { repositoryName, imageTagMutability: 'IMMUTABLE' });
});
after(async () => {
  assert.deepEqual(registry.errors, []);
  await registry.stop();
});

const layerType = 'application/vnd.oci.image.layer.v1.tar+gzip';

/** Lets every loop run once. */
const round = async (): Promise<void> => {
  await registry.room.start();
  await registry.restart();
};
const move = (imageTag: string, targetStorageClass: 'ARCHIVE' | 'STANDARD') =>
  registry.call('UpdateImageStorageClass', { repositoryName, imageId: { imageTag }, targetStorageClass });
const statusOf = async (reference: string): Promise<number> =>
  (await registry.request('GET', `/v2/${repositoryName}/manifests/${reference}`)).status;
const detailOf = async (imageTag: string) =>
  (await registry.call('DescribeImages', { repositoryName, imageIds: [{ imageTag }] })).imageDetails?.[0];
const listed = async (imageStatus?: 'ACTIVE' | 'ANY' | 'ARCHIVED'): Promise<number> =>
  (await registry.call('ListImages', { repositoryName, filter: { imageStatus } })).imageIds?.length ?? 0;

test('an archived image is shown but not pulled, and comes back by the API or by a push', async () => {
  const image = await pushImage(registry, repositoryName, 'one', 'one');
  const layer = digestOf(image.layer);
  const archived = await move('one', 'ARCHIVE');
  assert.deepEqual(archived.imageId, { imageDigest: image.digest, imageTag: 'one' });
  assert.equal(archived.imageStatus, 'ARCHIVED');
  assert.equal((await move('one', 'ARCHIVE')).imageStatus, 'ARCHIVED');
  const refused = await registry.request('GET', `/v2/${repositoryName}/manifests/one`);
  assert.deepEqual([refused.status, await codesOf(refused)], [404, ['MANIFEST_UNKNOWN']]);
  assert.equal(await statusOf(image.digest), 404);
  const got = await registry.call('BatchGetImage', { repositoryName, imageIds: [{ imageTag: 'one' }] });
  assert.deepEqual([got.images, got.failures?.[0]?.failureCode], [[], 'ImageNotFound']);
  assert.deepEqual([await listed(), await listed('ARCHIVED'), await listed('ANY')], [0, 1, 1]);
  const detail = await detailOf('one');
  assert.equal(detail?.imageStatus, 'ARCHIVED');
  assert.ok(detail?.lastArchivedAt);
  const layers = await registry.call('BatchCheckLayerAvailability', { repositoryName, layerDigests: [layer] });
  assert.equal(layers.layers?.[0]?.layerAvailability, 'ARCHIVED');
  await assert.rejects(registry.call('GetDownloadUrlForLayer', { repositoryName, layerDigest: layer }), {
    code: 'LayerInaccessibleException',
  });

  assert.equal((await move('one', 'STANDARD')).imageStatus, 'ACTIVE');
  assert.equal(await statusOf('one'), 200);
  const restored = await detailOf('one');
  assert.equal(restored?.imagePushedAt, detail?.imagePushedAt);
  assert.ok(restored?.lastActivatedAt);

  await move('one', 'ARCHIVE');
  assert.equal(
    (await putManifest(registry, repositoryName, 'one', image.text)).status,
    201,
    'also where tags are fixed',
  );
  assert.equal(await statusOf('one'), 200);
  assert.equal((await putManifest(registry, repositoryName, 'one', image.text)).status, 400);
  await assert.rejects(move('none', 'ARCHIVE'), { code: 'ImageNotFoundException' });
});

test('the layers of an archived image cannot be pulled, unless another image has them too', async () => {
  const shared = imageOf('shared');
  await pushBlob(registry, repositoryName, shared.layer);
  const layers = ['layer of alone', shared.layer].map((bytes) => descriptorOf(bytes, layerType));
  const one = await pushImage(registry, repositoryName, 'alone', 'alone', { layers });
  await pushImage(registry, repositoryName, 'shared', 'shared');
  await registry.call('CreateRepository', { repositoryName: 'elsewhere' });
  const blob = (method: string, bytes: string, name = repositoryName) =>
    registry.request(method, `/v2/${name}/blobs/${digestOf(bytes)}`);
  const mount = async (bytes: string): Promise<number> => {
    const query = `mount=${digestOf(bytes)}&from=${repositoryName}`;
    return (await registry.request('POST', `/v2/elsewhere/blobs/uploads/?${query}`)).status;
  };
  await move('alone', 'ARCHIVE');
  const refused = await blob('GET', one.layer);
  assert.deepEqual([refused.status, await codesOf(refused)], [404, ['BLOB_UNKNOWN']]);
  assert.equal((await blob('GET', one.config)).status, 404);
  assert.equal(await mount(one.layer), 202, 'nor is it mounted');
  assert.equal((await blob('HEAD', one.layer)).status, 200, 'a push of the image need not send it again');
  assert.equal(await (await blob('GET', shared.layer)).text(), shared.layer);
  assert.equal(await mount(shared.layer), 201);
  await move('alone', 'STANDARD');
  assert.equal(await (await blob('GET', one.layer)).text(), one.layer);
});

test('a restored image is scanned as a pushed one', async () => {
  const scanned = 'archive/scanned';
  await registry.call('CreateRepository', { repositoryName: scanned });
  await registry.call('PutImageScanningConfiguration', {
    repositoryName: scanned,
    imageScanningConfiguration: { scanOnPush: true },
  });
  const imageId = { imageDigest: (await pushImage(registry, scanned, 'scanned', 'v1')).digest };
  const change = (targetStorageClass: 'ARCHIVE' | 'STANDARD') =>
    registry.call('UpdateImageStorageClass', { repositoryName: scanned, imageId, targetStorageClass });
  const status = async () =>
    (await registry.call('DescribeImageScanFindings', { repositoryName: scanned, imageId })).imageScanStatus?.status;
  await registry.room.start();
  // There is no scanner.
  for (const end = Date.now() + 5_000; (await status()) !== 'FAILED' && Date.now() < end;) await sleep(10);
  assert.equal(await status(), 'FAILED');
  await registry.restart();
  await change('ARCHIVE');
  await change('STANDARD');
  assert.equal(await status(), 'IN_PROGRESS');
});

test('what belongs to an image goes and comes with it', async () => {
  const child = imageOf('child');
  for (const bytes of [child.config, child.layer]) await pushBlob(registry, repositoryName, bytes);
  await putManifest(registry, repositoryName, child.digest, child.text);
  const index = JSON.stringify({
    schemaVersion: 2,
    mediaType: ociIndex,
    manifests: [{ mediaType: ociManifest, digest: child.digest, size: Buffer.byteLength(child.text) }],
  });
  await putManifest(registry, repositoryName, 'index', index, ociIndex);
  const subject = { mediaType: ociIndex, digest: digestOf(index), size: Buffer.byteLength(index) };
  const sbom = await pushImage(registry, repositoryName, 'sbom', undefined, { subject });
  const imageId = { imageDigest: child.digest };
  await assert.rejects(
    registry.call('UpdateImageStorageClass', { repositoryName, imageId, targetStorageClass: 'ARCHIVE' }),
    { code: 'ImageStorageClassUpdateNotSupportedException' },
  );
  await move('index', 'ARCHIVE');
  assert.deepEqual(
    [await statusOf('index'), await statusOf(child.digest), await statusOf(sbom.digest)],
    [404, 404, 404],
  );
  const referrers = await registry.request('GET', `/v2/${repositoryName}/referrers/${subject.digest}`);
  assert.deepEqual(((await referrers.json()) as { manifests: unknown[] }).manifests, []);
  const subjectId = { imageDigest: subject.digest };
  const filter = { artifactStatus: 'ARCHIVED' } as const;
  const shown = await registry.call('ListImageReferrers', { repositoryName, subjectId, filter });
  assert.deepEqual(
    shown.referrers?.map(({ digest, artifactStatus }) => [digest, artifactStatus]),
    [[sbom.digest, 'ARCHIVED']],
  );
  await move('index', 'STANDARD');
  assert.deepEqual(
    [await statusOf('index'), await statusOf(child.digest), await statusOf(sbom.digest)],
    [200, 200, 200],
  );
});

test('a lifecycle rule archives what the preview named, and another expires it after its time', async () => {
  await pushImage(registry, repositoryName, 'idle', 'idle');
  await pushImage(registry, repositoryName, 'busy', 'busy');
  const unpulled = {
    tagStatus: 'tagged',
    tagPatternList: ['*l*', 'i*'],
    countType: 'sinceImagePulled',
    countUnit: 'days',
  };
  const kept = { tagStatus: 'any', storageClass: 'archive', countType: 'sinceImageTransitioned', countUnit: 'days' };
  const lifecyclePolicyText = JSON.stringify({
    rules: [
      {
        rulePriority: 1,
        selection: { ...unpulled, countNumber: 30 },
        action: { type: 'transition', targetStorageClass: 'archive' },
      },
      { rulePriority: 2, selection: { ...kept, countNumber: 90 }, action: { type: 'expire' } },
    ],
  });
  await registry.call('PutLifecyclePolicy', { repositoryName, lifecyclePolicyText });
  registry.ahead = 31 * day;
  await registry.call('StartLifecyclePolicyPreview', { repositoryName });
  const { previewResults, summary } = await registry.call('GetLifecyclePolicyPreview', { repositoryName });
  assert.deepEqual(
    previewResults?.map(({ imageTags, action, storageClass }) => [imageTags, action, storageClass]),
    [[['idle'], { type: 'TRANSITION', targetStorageClass: 'ARCHIVE' }, 'STANDARD']],
  );
  assert.deepEqual(summary, {
    expiringImageTotalCount: 0,
    transitioningImageTotalCounts: [{ targetStorageClass: 'ARCHIVE', imageTotalCount: 1 }],
  });
  await round();
  assert.deepEqual([await statusOf('idle'), await statusOf('busy')], [404, 200]);
  registry.ahead = 120 * day;
  await round();
  assert.equal((await detailOf('idle'))?.imageStatus, 'ARCHIVED');
  registry.ahead = 122 * day;
  await round();
  await assert.rejects(detailOf('idle'), { code: 'ImageNotFoundException' });
});
