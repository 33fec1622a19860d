/** Images and layers by the AWS SDK, on what was pushed by the distribution protocol and the other way round. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  BatchCheckLayerAvailabilityCommand,
  BatchDeleteImageCommand,
  BatchGetImageCommand,
  CompleteLayerUploadCommand,
  DescribeImageScanFindingsCommand,
  DescribeImagesCommand,
  InitiateLayerUploadCommand,
  GetDownloadUrlForLayerCommand,
  ListImageReferrersCommand,
  ListImagesCommand,
  PutImageCommand,
  StartImageScanCommand,
  UploadLayerPartCommand,
  paginateDescribeImages,
  paginateListImages,
  waitUntilImageScanComplete,
} from '@aws-sdk/client-ecr';
import type { ECRClient } from '@aws-sdk/client-ecr';
import { digestOf, imageOf, ociIndex, ociManifest, pushImage, putManifest } from './support/images.ts';
import { startRegistry } from './support/registry.ts';
import type { TestRegistry } from './support/registry.ts';

const repositoryName = 'images';
let registry: TestRegistry;
let client: ECRClient;
before(async () => {
  registry = await startRegistry();
  ({ client } = registry);
});
after(async () => {
  assert.deepEqual(registry.errors, []);
  await registry.stop();
});

/** A fresh repository for each test. */
const fresh = async (imageTagMutability: 'MUTABLE' | 'IMMUTABLE' = 'MUTABLE', scanOnPush = false): Promise<void> => {
  await registry.call('DeleteRepository', { repositoryName, force: true }).catch(() => undefined);
  await registry.call('CreateRepository', {
    repositoryName,
    imageTagMutability,
    imageScanningConfiguration: { scanOnPush },
  });
};

test('DescribeImages: one entry a digest, with tags, sizes, types and times', async () => {
  await fresh();
  const image = await pushImage(registry, repositoryName, 'one', 'b');
  await putManifest(registry, repositoryName, 'a', image.text);
  const index = JSON.stringify({
    schemaVersion: 2,
    mediaType: ociIndex,
    manifests: [{ mediaType: ociManifest, digest: image.digest, size: 1 }],
  });
  await putManifest(registry, repositoryName, 'index', index, ociIndex);
  const { imageDetails } = await client.send(
    new DescribeImagesCommand({ repositoryName, imageIds: [{ imageTag: 'a' }, { imageTag: 'b' }] }),
  );
  assert.equal(imageDetails?.length, 1);
  const [detail] = imageDetails;
  assert.deepEqual(
    { ...detail, imagePushedAt: undefined },
    {
      registryId: '000000000000',
      repositoryName,
      imageDigest: image.digest,
      imageTags: ['a', 'b'],
      imageSizeInBytes: image.config.length + image.layer.length,
      imagePushedAt: undefined,
      imageManifestMediaType: ociManifest,
      artifactMediaType: 'application/vnd.oci.image.config.v1+json',
      imageStatus: 'ACTIVE',
    },
  );
  const described = await client.send(new DescribeImagesCommand({ repositoryName, imageIds: [{ imageTag: 'index' }] }));
  assert.equal(described.imageDetails?.[0]?.imageSizeInBytes, detail?.imageSizeInBytes);
  assert.equal(described.imageDetails?.[0]?.artifactMediaType, undefined);
  await registry.request('GET', `/v2/${repositoryName}/manifests/a`);
  await registry.restart();
  const pulled = await client.send(new DescribeImagesCommand({ repositoryName, imageIds: [{ imageTag: 'a' }] }));
  assert.ok(pulled.imageDetails?.[0]?.lastRecordedPullTime);
  assert.deepEqual(pulled.imageDetails[0].imagePushedAt, detail?.imagePushedAt);
  await assert.rejects(
    client.send(new DescribeImagesCommand({ repositoryName, imageIds: [{ imageTag: 'a' }, { imageTag: 'absent' }] })),
    {
      name: 'ImageNotFoundException',
      message:
        "The image with imageId {imageDigest:'null', imageTag:'absent'} does not exist within the repository with name 'images' in the registry with id '000000000000'",
    },
  );
  await assert.rejects(client.send(new DescribeImagesCommand({ repositoryName: 'absent' })), {
    name: 'RepositoryNotFoundException',
  });
});

test('lists by pages and by tag status', async () => {
  await fresh();
  for (let index = 0; index < 3; index += 1) await pushImage(registry, repositoryName, `untagged ${index}`);
  const image = await pushImage(registry, repositoryName, 'tagged', 't1');
  for (const tag of ['t2', 't3', 't4']) await putManifest(registry, repositoryName, tag, image.text);
  const list = async (tagStatus: 'TAGGED' | 'UNTAGGED' | 'ANY', pageSize: number): Promise<readonly string[]> => {
    const found: string[] = [];
    for await (const page of paginateListImages({ client, pageSize }, { repositoryName, filter: { tagStatus } })) {
      found.push(...(page.imageIds ?? []).map(({ imageDigest, imageTag }) => `${imageDigest} ${imageTag}`));
    }
    return found;
  };
  for (const pageSize of [1, 2, 3, 100]) {
    const all = await list('ANY', pageSize);
    assert.equal(all.length, 7);
    assert.equal(new Set(all).size, 7);
    assert.deepEqual(
      await list('TAGGED', pageSize),
      ['t1', 't2', 't3', 't4'].map((tag) => `${image.digest} ${tag}`),
    );
    assert.equal((await list('UNTAGGED', pageSize)).length, 3);
    let described = 0;
    for await (const page of paginateDescribeImages(
      { client, pageSize },
      { repositoryName, filter: { tagStatus: 'UNTAGGED' } },
    )) {
      described += page.imageDetails?.length ?? 0;
    }
    assert.equal(described, 3);
  }
  const archived = await client.send(new ListImagesCommand({ repositoryName, filter: { imageStatus: 'ARCHIVED' } }));
  assert.deepEqual(archived.imageIds, []);
});

test('BatchGetImage gives the manifest exactly, PutImage tags it again', async () => {
  await fresh();
  const image = await pushImage(registry, repositoryName, 'retag', 'old');
  const { images, failures } = await client.send(
    new BatchGetImageCommand({
      repositoryName,
      imageIds: [
        { imageTag: 'old' },
        { imageTag: 'absent' },
        { imageDigest: 'junk' },
        { imageTag: 'old', imageDigest: digestOf('other') },
        {},
      ],
    }),
  );
  assert.equal(images?.[0]?.imageManifest, image.text);
  assert.deepEqual(images[0].imageId, { imageDigest: image.digest, imageTag: 'old' });
  assert.deepEqual(
    failures?.map(({ failureCode }) => failureCode),
    ['ImageNotFound', 'InvalidImageDigest', 'ImageTagDoesNotMatchDigest', 'MissingDigestAndTag'],
  );
  assert.equal(failures?.[0]?.failureReason, 'Requested image not found');
  const put = (imageTag: string | undefined, imageManifest = image.text, more = {}): Promise<unknown> =>
    client.send(new PutImageCommand({ repositoryName, imageManifest, imageTag, ...more }));
  await put('new', image.text, { imageManifestMediaType: ociManifest, imageDigest: image.digest });
  const got = await registry.request('GET', `/v2/${repositoryName}/manifests/new`);
  assert.equal(await got.text(), image.text);
  await assert.rejects(put('new'), {
    name: 'ImageAlreadyExistsException',
    message: `Image with digest '${image.digest}' and tag 'new' already exists in the repository with name 'images' in registry with id '000000000000'`,
  });
  await assert.rejects(put('x', image.text, { imageDigest: digestOf('x') }), {
    name: 'ImageDigestDoesNotMatchException',
  });
  await assert.rejects(put('x', imageOf('nothing of it is there').text), { name: 'LayersNotFoundException' });
  await assert.rejects(put('x', 'junk'), { name: 'InvalidParameterException' });
  await assert.rejects(put('x', '{"schemaVersion":2}'), {
    name: 'InvalidParameterException',
    message: 'image manifest mediatype not provided in manifest or parameter',
  });
  await assert.rejects(put('-x'), { name: 'InvalidParameterException' });
  const index = JSON.stringify({
    schemaVersion: 2,
    mediaType: ociIndex,
    manifests: [{ mediaType: ociManifest, digest: digestOf('x'), size: 1 }],
  });
  await assert.rejects(put('x', index), { name: 'ReferencedImagesNotFoundException' });
});

test('PutImage on immutable tags', async () => {
  await fresh('IMMUTABLE');
  const image = await pushImage(registry, repositoryName, 'fixed', 'v1');
  const other = await pushImage(registry, repositoryName, 'other');
  const put = (imageManifest: string): Promise<unknown> =>
    client.send(new PutImageCommand({ repositoryName, imageManifest, imageTag: 'v1' }));
  await assert.rejects(put(image.text), { name: 'ImageAlreadyExistsException' });
  await assert.rejects(put(other.text), { name: 'ImageTagAlreadyExistsException' });
});

test('BatchDeleteImage: tags, last tags, digests, and children of an index', async () => {
  await fresh();
  const image = await pushImage(registry, repositoryName, 'delete', 'a');
  await putManifest(registry, repositoryName, 'b', image.text);
  const remove = async (...imageIds: { imageTag?: string; imageDigest?: string }[]) => {
    const { imageIds: removed, failures } = await client.send(
      new BatchDeleteImageCommand({ repositoryName, imageIds }),
    );
    return { removed, codes: failures?.map(({ failureCode }) => failureCode) };
  };
  const { digest: imageDigest } = image;
  assert.deepEqual(await remove({ imageTag: 'a' }), { removed: [{ imageDigest, imageTag: 'a' }], codes: [] });
  assert.deepEqual(await remove({ imageTag: 'b' }), { removed: [{ imageDigest, imageTag: 'b' }], codes: [] });
  assert.equal((await registry.request('GET', `/v2/${repositoryName}/manifests/${imageDigest}`)).status, 404);
  await putManifest(registry, repositoryName, 'a', image.text);
  await putManifest(registry, repositoryName, 'b', image.text);
  const index = JSON.stringify({
    schemaVersion: 2,
    mediaType: ociIndex,
    manifests: [{ mediaType: ociManifest, digest: imageDigest, size: 1 }],
  });
  await putManifest(registry, repositoryName, 'index', index, ociIndex);
  assert.deepEqual((await remove({ imageDigest })).codes, ['ImageReferencedByManifestList']);
  assert.deepEqual(await remove({ imageTag: 'index' }), {
    removed: [{ imageDigest: digestOf(index), imageTag: 'index' }],
    codes: [],
  });
  const { removed } = await remove({ imageDigest });
  assert.deepEqual(removed, [
    { imageDigest, imageTag: 'a' },
    { imageDigest, imageTag: 'b' },
  ]);
  await putManifest(registry, repositoryName, 'a', image.text);
  await putManifest(registry, repositoryName, 'b', image.text);
  assert.deepEqual((await remove({ imageDigest, imageTag: 'a' })).removed, removed);
  assert.deepEqual((await remove({ imageDigest }, { imageTag: 'x' }, {}, { imageDigest: 'x' })).codes, [
    'ImageNotFound',
    'ImageNotFound',
    'MissingDigestAndTag',
    'InvalidImageDigest',
  ]);
});

test('a layer has one part of less than 5 MiB at most, whichever server takes the next one', async () => {
  await fresh();
  const { uploadId } = await client.send(new InitiateLayerUploadCommand({ repositoryName }));
  const bytes = Buffer.from('small');
  const part = (partFirstByte: number) =>
    client.send(
      new UploadLayerPartCommand({
        repositoryName,
        uploadId,
        partFirstByte,
        partLastByte: partFirstByte + bytes.length - 1,
        layerPartBlob: bytes,
      }),
    );
  await part(0);
  await registry.restart();
  await part(bytes.length);
  const layerDigests = [digestOf('smallsmall')];
  await assert.rejects(client.send(new CompleteLayerUploadCommand({ repositoryName, uploadId, layerDigests })), {
    name: 'LayerPartTooSmallException',
  });
  const absent = await registry.request('GET', `/v2/${repositoryName}/blobs/${layerDigests[0]}`);
  assert.equal(absent.status, 404);
});

test('layers by the API: parts, availability, download', async () => {
  await fresh();
  // As much as the model lets one part have.
  const largest = 20_971_520;
  const blob = Buffer.alloc(largest + 1000, 3);
  const digest = digestOf(blob);
  const { uploadId = '' } = await client.send(new InitiateLayerUploadCommand({ repositoryName }));
  const part = (partFirstByte: number, bytes: Uint8Array, id = uploadId) =>
    client.send(
      new UploadLayerPartCommand({
        repositoryName,
        uploadId: id,
        partFirstByte,
        partLastByte: partFirstByte + bytes.length - 1,
        layerPartBlob: bytes,
      }),
    );
  const complete = (layerDigests: string | string[], id = uploadId): Promise<unknown> =>
    client.send(new CompleteLayerUploadCommand({ repositoryName, uploadId: id, layerDigests: [layerDigests].flat() }));
  await assert.rejects(complete(digest), { name: 'EmptyUploadException' });
  assert.equal((await part(0, blob.subarray(0, largest))).lastByteReceived, largest - 1);
  await assert.rejects(part(3, Buffer.from('x')), {
    name: 'InvalidLayerPartException',
    lastValidByteReceived: largest - 1,
  });
  const uneven = { repositoryName, uploadId, partFirstByte: largest, partLastByte: largest + 1 };
  await assert.rejects(client.send(new UploadLayerPartCommand({ ...uneven, layerPartBlob: Buffer.from('x') })), {
    name: 'InvalidLayerPartException',
    message: 'The layer part does not have the bytes from partFirstByte to partLastByte: it has another size',
    lastValidByteReceived: largest - 1,
    uploadId,
  });
  await part(largest, blob.subarray(largest));
  await complete(digest);
  await assert.rejects(complete(digest), { name: 'UploadNotFoundException' });
  const second = await client.send(new InitiateLayerUploadCommand({ repositoryName }));
  await part(0, Buffer.from('x'), second.uploadId);
  await assert.rejects(complete(digestOf('y'), second.uploadId), { name: 'InvalidLayerException' });
  const third = await client.send(new InitiateLayerUploadCommand({ repositoryName }));
  await part(0, Buffer.from('x'), third.uploadId);
  await assert.rejects(complete([digestOf('x'), digestOf('y', 'sha512')], third.uploadId), {
    name: 'InvalidLayerException',
  });
  assert.equal((await registry.request('GET', `/v2/${repositoryName}/blobs/${digestOf('x')}`)).status, 404);
  const fourth = await client.send(new InitiateLayerUploadCommand({ repositoryName }));
  await part(0, Buffer.from('x'), fourth.uploadId);
  await complete([digestOf('x'), digestOf('x', 'sha512')], fourth.uploadId);
  const { layers, failures } = await client.send(
    new BatchCheckLayerAvailabilityCommand({ repositoryName, layerDigests: [digest, digestOf('absent'), 'sha256:1'] }),
  );
  assert.deepEqual(layers, [
    { layerDigest: digest, layerAvailability: 'AVAILABLE', layerSize: blob.length },
    { layerDigest: digestOf('absent'), layerAvailability: 'UNAVAILABLE' },
  ]);
  assert.deepEqual(
    failures?.map(({ failureCode }) => failureCode),
    ['InvalidLayerDigest'],
  );
  const download = (layerDigest: string): Promise<unknown> =>
    client.send(new GetDownloadUrlForLayerCommand({ repositoryName, layerDigest }));
  await assert.rejects(download(digest), { name: 'LayerInaccessibleException' });
  await assert.rejects(download(digestOf('absent')), { name: 'LayersNotFoundException' });
  const got = await registry.request('GET', `/v2/${repositoryName}/blobs/${digest}`);
  assert.deepEqual(Buffer.from(await got.arrayBuffer()), blob);
});

test('a scan is on record as failed, and says why', async () => {
  await fresh('MUTABLE', true);
  const image = await pushImage(registry, repositoryName, 'scanned', 'on-push');
  const find = (imageId: { imageTag?: string; imageDigest?: string }) =>
    client.send(new DescribeImageScanFindingsCommand({ repositoryName, imageId }));
  await assert.rejects(
    waitUntilImageScanComplete(
      { client, maxWaitTime: 10, minDelay: 1, maxDelay: 1 },
      { repositoryName, imageId: { imageTag: 'on-push' } },
    ),
    /FAILURE/,
  );
  assert.equal((await find({ imageTag: 'on-push' })).imageScanStatus?.status, 'FAILED');
  await fresh();
  await pushImage(registry, repositoryName, 'scanned', 'v1');
  await assert.rejects(find({ imageTag: 'v1' }), { name: 'ScanNotFoundException' });
  const started = await client.send(new StartImageScanCommand({ repositoryName, imageId: { imageTag: 'v1' } }));
  assert.deepEqual(started.imageId, { imageDigest: image.digest, imageTag: 'v1' });
  assert.equal(started.imageScanStatus?.status, 'IN_PROGRESS');
  await assert.rejects(
    waitUntilImageScanComplete(
      { client, maxWaitTime: 10, minDelay: 1, maxDelay: 1 },
      { repositoryName, imageId: { imageTag: 'v1' } },
    ),
    /FAILURE/,
  );
  const found = await find({ imageDigest: image.digest });
  assert.match(found.imageScanStatus?.description ?? '', /No vulnerability scanner is installed/);
  assert.equal(found.imageScanFindings, undefined);
  await assert.rejects(find({ imageTag: 'absent' }), { name: 'ImageNotFoundException' });
});

test('ListImageReferrers: pages and filters', async () => {
  await fresh();
  const subject = await pushImage(registry, repositoryName, 'subject', 'v1');
  const named = { mediaType: ociManifest, digest: subject.digest, size: subject.text.length };
  for (let index = 0; index < 3; index += 1) {
    await pushImage(registry, repositoryName, `referrer ${index}`, undefined, {
      subject: named,
      artifactType: `type/${index}`,
    });
  }
  const list = async (more: object) =>
    client.send(new ListImageReferrersCommand({ repositoryName, subjectId: { imageDigest: subject.digest }, ...more }));
  const first = await list({ maxResults: 2 });
  const second = await list({ maxResults: 2, nextToken: first.nextToken });
  assert.equal(second.nextToken, undefined);
  await assert.rejects(client.send(new ListImagesCommand({ repositoryName, nextToken: first.nextToken })), {
    name: 'InvalidParameterException',
  });
  assert.equal((first.referrers ?? []).length + (second.referrers ?? []).length, 3);
  const filtered = await list({ filter: { artifactTypes: ['type/1'] } });
  assert.deepEqual(
    filtered.referrers?.map(({ artifactType, artifactStatus }) => [artifactType, artifactStatus]),
    [['type/1', 'ACTIVE']],
  );
  const { imageDetails } = await client.send(new DescribeImagesCommand({ repositoryName }));
  assert.equal(imageDetails?.filter(({ subjectManifestDigest }) => subjectManifestDigest === subject.digest).length, 3);
});
