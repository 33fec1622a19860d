/** What a registry tells EventBridge's readers, in the shapes of the ECR user guide. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openEventList, type AwsEvent } from '@oreno/events';
import { digestOf, pushImage, putManifest } from './support/images.ts';
import { account, region, startRegistry } from './support/registry.ts';
import type { TestRegistry } from './support/registry.ts';

const repositoryName = 'told/app';
const arn = `arn:aws:ecr:${region}:${account}:repository/${repositoryName}`;
const never = new AbortController().signal;
let registry: TestRegistry;
before(async () => {
  registry = await startRegistry();
  await registry.call('CreateRepository', { repositoryName });
});
after(async () => {
  assert.deepEqual(registry.errors, []);
  await registry.stop();
});

const cursors = new Map<string, number>();

/** What happened in a registry since the last look. */
const fresh = async (scope = { account, region }): Promise<readonly AwsEvent[]> => {
  const page = await openEventList(registry.store, never).list(scope, cursors.get(scope.region) ?? 0, 1_000);
  cursors.set(scope.region, page.after);
  return page.events;
};

/** Waits until something has happened. */
const next = async (scope = { account, region }): Promise<readonly AwsEvent[]> => {
  for (const end = Date.now() + 5_000; Date.now() < end; await sleep(10)) {
    const events = await fresh(scope);
    if (events.length > 0) return events;
  }
  throw new Error('nothing happened');
};

const action = (type: 'DELETE' | 'PUSH', digest: string, tag?: string) => ({
  result: 'SUCCESS',
  'repository-name': repositoryName,
  'image-digest': digest,
  'action-type': type,
  ...(tag === undefined ? {} : { 'image-tag': tag }),
});

test('pushes and deletions are image actions, one for each tag', async () => {
  const image = await pushImage(registry, repositoryName, 'one', 'v1');
  const [event, ...more] = await fresh();
  assert.deepEqual(more, []);
  const { id, time, ...rest } = event ?? assert.fail('no event');
  assert.match(id, /^[0-9a-f-]{36}$/);
  assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  const detail = action('PUSH', image.digest, 'v1');
  const envelope = { version: '0', source: 'aws.ecr', account, region, resources: [] };
  assert.deepEqual(rest, { ...envelope, 'detail-type': 'ECR Image Action', detail });
  await putManifest(registry, repositoryName, 'v1', image.text);
  assert.deepEqual(await fresh(), [], 'nothing changed');
  await putManifest(registry, repositoryName, 'v2', image.text);
  const bare = await pushImage(registry, repositoryName, 'bare');
  const imageIds = [{ imageTag: 'v2' }, { imageDigest: image.digest }];
  await registry.call('BatchDeleteImage', { repositoryName, imageIds });
  await registry.request('DELETE', `/v2/${repositoryName}/manifests/${bare.digest}`);
  assert.deepEqual(
    (await fresh()).map((each) => each.detail),
    [
      action('PUSH', image.digest, 'v2'),
      action('PUSH', bare.digest),
      action('DELETE', image.digest, 'v2'),
      action('DELETE', image.digest, 'v1'),
      action('DELETE', bare.digest),
    ],
  );
});

test('the archive is an action of images and of referrers', async () => {
  const image = await pushImage(registry, repositoryName, 'cold', 'cold');
  const subject = { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: image.digest, size: 1 };
  const sbom = await pushImage(registry, repositoryName, 'sbom', undefined, { subject });
  await fresh();
  for (const targetStorageClass of ['ARCHIVE', 'STANDARD'] as const) {
    await registry.call('UpdateImageStorageClass', {
      repositoryName,
      imageId: { imageTag: 'cold' },
      targetStorageClass,
    });
    const events = await fresh();
    const types = events.map((event) => [event['detail-type'], event.detail['image-digest']]);
    assert.deepEqual(types, [
      ['ECR Image Action', image.digest],
      ['ECR Referrer Action', sbom.digest],
    ]);
    const { 'last-activated-at': activated, ...detail } = events[0]?.detail ?? {};
    assert.equal(typeof activated, targetStorageClass === 'STANDARD' ? 'string' : 'undefined');
    assert.deepEqual(detail, {
      'action-type': 'UPDATE_STORAGE_CLASS',
      'target-storage-class': targetStorageClass,
      'image-digest': image.digest,
      'repository-name': repositoryName,
      result: 'SUCCESS',
      'manifest-media-type': 'application/vnd.oci.image.manifest.v1+json',
      'artifact-media-type': 'application/vnd.oci.image.config.v1+json',
    });
  }
});

test('scans, copies and pulls through are told when they ended, well or not', async () => {
  const image = await pushImage(registry, repositoryName, 'scanned', 'scanned');
  await registry.call('StartImageScan', { repositoryName, imageId: { imageTag: 'scanned' } });
  await fresh();
  await registry.room.start();
  const [scan] = await next();
  assert.deepEqual([scan?.['detail-type'], scan?.resources], ['ECR Image Scan', [arn]]);
  assert.deepEqual(scan?.detail, {
    'scan-status': 'FAILED',
    'repository-name': repositoryName,
    'finding-severity-counts': {},
    'image-digest': image.digest,
    'image-tags': ['scanned'],
  });

  const target = { account, region: 'eu-west-1' };
  const destinations = [{ region: target.region, registryId: account }];
  await registry.call('PutReplicationConfiguration', { replicationConfiguration: { rules: [{ destinations }] } });
  await putManifest(registry, repositoryName, 'copied', image.text);
  const copies = await next(target);
  assert.deepEqual(
    copies.map(({ detail }) => detail['image-tag']),
    ['copied', 'scanned'],
  );
  assert.deepEqual(copies[0]?.resources, [arn.replace(region, target.region)]);
  assert.deepEqual(copies[0]?.detail, {
    result: 'SUCCESS',
    'repository-name': repositoryName,
    'image-digest': image.digest,
    'source-account': account,
    'action-type': 'REPLICATE',
    'source-region': region,
    'image-tag': 'copied',
  });

  const upstream = await startRegistry();
  await upstream.call('CreateRepository', { repositoryName: 'app' });
  const there = await pushImage(upstream, 'app', 'there', 'v1');
  const credentialArn = await registry.secrets.put({ account, region }, 'ecr-pullthroughcache/told', {
    username: Buffer.from(upstream.authorization.slice('Basic '.length), 'base64').toString().split(':')[0] ?? '',
    accessToken: 'wrong',
  });
  const rule = { ecrRepositoryPrefix: 'through', upstreamRegistryUrl: upstream.origin, credentialArn };
  await registry.call('CreatePullThroughCacheRule', rule);
  await fresh();
  assert.equal((await registry.request('GET', '/v2/through/app/manifests/v1')).status, 403);
  const [failed] = await next();
  assert.equal(failed?.detail['sync-status'], 'FAILED');
  assert.match(String(failed?.detail['failure-reason']), /answered with status 401/);
  const [username = '', accessToken = ''] = Buffer.from(upstream.authorization.slice('Basic '.length), 'base64')
    .toString()
    .split(/:(.*)/s);
  await registry.secrets.put({ account, region }, 'ecr-pullthroughcache/told', { username, accessToken });
  assert.equal((await registry.request('GET', '/v2/through/app/manifests/v1')).status, 200);
  const [brought, ...rest] = await next();
  assert.deepEqual(rest, []);
  assert.deepEqual(brought?.resources, [`arn:aws:ecr:${region}:${account}:repository/through/app`]);
  assert.deepEqual(brought?.detail, {
    'rule-version': '1',
    'sync-status': 'SUCCESS',
    'ecr-repository-prefix': 'through',
    'repository-name': 'through/app',
    'upstream-registry-url': upstream.origin,
    'image-tag': 'v1',
    'image-digest': there.digest,
  });
  assert.equal(digestOf(there.text), there.digest);
  await upstream.stop();
});
