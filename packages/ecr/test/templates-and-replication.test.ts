/** Repositories that come by themselves, and images that are copied to other registries. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { templateFor } from '../src/domain/repository-template.ts';
import { codesOf, imageOf, ociIndex, ociManifest, pushBlob, pushImage, putManifest } from './support/images.ts';
import { account, principalOf, region, startRegistry } from './support/registry.ts';
import type { TestRegistry } from './support/registry.ts';

const other = '111122223333';
const elsewhere = 'eu-west-1';
const allowPull = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { AWS: other }, Action: 'ecr:BatchGetImage' }],
});
const lifecyclePolicy = JSON.stringify({
  rules: [
    {
      rulePriority: 1,
      selection: { tagStatus: 'untagged', countType: 'imageCountMoreThan', countNumber: 3 },
      action: { type: 'expire' },
    },
  ],
});

describe('repository creation templates', () => {
  let registry: TestRegistry;
  before(async () => {
    registry = await startRegistry();
    await registry.call('CreateRepositoryCreationTemplate', {
      prefix: 'team',
      description: 'what a team pushes',
      appliedFor: ['CREATE_ON_PUSH', 'REPLICATION'],
      imageTagMutability: 'IMMUTABLE',
      repositoryPolicy: allowPull,
      lifecyclePolicy,
      resourceTags: [{ Key: 'owner', Value: 'team' }],
    });
  });
  after(async () => {
    assert.deepEqual(registry.errors, []);
    await registry.stop();
  });

  it('make a repository of the first push, with all they say', async () => {
    await pushImage(registry, 'team/app', 'image', 'v1');
    const { repositories = [] } = await registry.call('DescribeRepositories', { repositoryNames: ['team/app'] });
    assert.equal(repositories[0]?.imageTagMutability, 'IMMUTABLE');
    const policy = await registry.call('GetRepositoryPolicy', { repositoryName: 'team/app' });
    assert.equal(policy.policyText, allowPull);
    const lifecycle = await registry.call('GetLifecyclePolicy', { repositoryName: 'team/app' });
    assert.equal(lifecycle.lifecyclePolicyText, lifecyclePolicy);
    const resourceArn = repositories[0]?.repositoryArn ?? '';
    const { tags } = await registry.call('ListTagsForResource', { resourceArn });
    assert.deepEqual(tags, [{ Key: 'owner', Value: 'team' }]);
  });

  it('make none where none is for a push, or the caller may not', async () => {
    const push = (name: string) => registry.request('POST', `/v2/${name}/blobs/uploads/`);
    assert.deepEqual(await codesOf(await push('teams/app')), ['NAME_UNKNOWN']);
    assert.deepEqual(await codesOf(await push('team')), ['NAME_UNKNOWN']);
    assert.deepEqual(await codesOf(await registry.request('GET', '/v2/team/new/manifests/v1')), ['NAME_UNKNOWN']);
    registry.denied.add('ecr:CreateRepository');
    assert.equal((await push('team/new')).status, 403);
    registry.denied.clear();
  });

  it('are changed, listed and deleted', async () => {
    await registry.call('UpdateRepositoryCreationTemplate', { prefix: 'team', description: 'changed' });
    const all = await registry.call('DescribeRepositoryCreationTemplates', {});
    const [template] = all.repositoryCreationTemplates ?? [];
    assert.deepEqual(
      [template?.prefix, template?.description, template?.imageTagMutability, template?.appliedFor],
      ['team', 'changed', 'IMMUTABLE', ['CREATE_ON_PUSH', 'REPLICATION']],
    );
    const again = registry.call('CreateRepositoryCreationTemplate', { prefix: 'team', appliedFor: ['REPLICATION'] });
    await assert.rejects(again, { code: 'TemplateAlreadyExistsException' });
    const wrong = { prefix: 'x', appliedFor: ['REPLICATION' as const], repositoryPolicy: '{}' };
    await assert.rejects(registry.call('CreateRepositoryCreationTemplate', wrong), {
      code: 'InvalidParameterException',
    });
    await registry.call('DeleteRepositoryCreationTemplate', { prefix: 'team' });
    await assert.rejects(registry.call('DescribeRepositoryCreationTemplates', { prefixes: ['team'] }), {
      code: 'TemplateNotFoundException',
    });
  });

  it('are chosen by the longest namespace, and ROOT for the rest', () => {
    const names = fc.constantFrom('ROOT', 'a', 'a/b', 'b', 'a/b/c');
    fc.assert(
      fc.property(
        fc.uniqueArray(names),
        fc.constantFrom('a/x', 'a/b/x', 'a/b/c/x', 'c/x', 'ab/x'),
        (prefixes, name) => {
          const templates = prefixes.map((prefix) => ({ prefix, appliedFor: ['CREATE_ON_PUSH' as const] }));
          const parts = name.split('/');
          const wanted = parts
            .map((_, index) => parts.slice(0, -index).join('/'))
            .concat('ROOT')
            .find((prefix) => prefixes.includes(prefix as never));
          assert.equal(templateFor(name, 'CREATE_ON_PUSH', templates)?.prefix, wanted);
          assert.equal(templateFor(name, 'REPLICATION', templates), undefined);
        },
      ),
    );
  });
});

describe('replication', () => {
  let registry: TestRegistry;
  before(async () => {
    registry = await startRegistry();
    await registry.room.start();
    for (const repositoryName of ['prod/app', 'dev/app']) await registry.call('CreateRepository', { repositoryName });
    const destinations = [
      { region: elsewhere, registryId: account },
      { region, registryId: other },
    ];
    const rules = [{ destinations, repositoryFilters: [{ filter: 'prod', filterType: 'PREFIX_MATCH' as const }] }];
    await registry.call('PutReplicationConfiguration', { replicationConfiguration: { rules } });
    const { replicationConfiguration } = await registry.call('DescribeRegistry', {});
    assert.deepEqual(replicationConfiguration, { rules });
  });
  after(async () => {
    assert.deepEqual(registry.errors, []);
    await registry.stop();
  });

  const statusesOf = async (repositoryName: string, imageTag: string) => {
    for (const end = Date.now() + 5_000; ; await sleep(10)) {
      const status = await registry.call('DescribeImageReplicationStatus', { repositoryName, imageId: { imageTag } });
      const list = status.replicationStatuses ?? [];
      if (list.every((each) => each.status !== 'IN_PROGRESS')) {
        return list.map((each) => [each.region, each.registryId, each.status, each.failureCode]);
      }
      assert.ok(Date.now() < end, JSON.stringify(list));
    }
  };
  const pulled = async (context: object, repositoryName: string, imageTag: string) => {
    const imageIds = [{ imageTag }];
    const { images } = await registry.call('BatchGetImage', { repositoryName, imageIds }, context);
    return images?.[0];
  };

  it('copies what is pushed to other regions, and to accounts that let it in', async () => {
    const image = await pushImage(registry, 'prod/app', 'image', 'v1');
    assert.deepEqual(await statusesOf('prod/app', 'v1'), [
      [elsewhere, account, 'COMPLETE', undefined],
      [region, other, 'FAILED', 'AccessDenied'],
    ]);
    const copy = await pulled({ region: elsewhere }, 'prod/app', 'v1');
    assert.equal(copy?.imageManifest, image.text);
    const foreign = { account: other, principal: principalOf(other) };
    const policyText = JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { AWS: `arn:aws:iam::${account}:root` },
          Action: ['ecr:CreateRepository', 'ecr:ReplicateImage'],
          Resource: `arn:aws:ecr:${region}:${other}:repository/prod/*`,
        },
      ],
    });
    await registry.call('PutRegistryPolicy', { policyText }, foreign);
    await pushImage(registry, 'prod/app', 'another', 'v2');
    assert.deepEqual(
      (await statusesOf('prod/app', 'v2')).map(([, , status]) => status),
      ['COMPLETE', 'COMPLETE'],
    );
    assert.ok(await pulled(foreign, 'prod/app', 'v2'));
    await pushImage(registry, 'dev/app', 'image', 'v1');
    assert.deepEqual(await statusesOf('dev/app', 'v1'), []);
  });

  it('copies an index after its images, layers and all', async () => {
    const child = imageOf('child');
    for (const bytes of [child.config, child.layer]) await pushBlob(registry, 'prod/app', bytes);
    await putManifest(registry, 'prod/app', child.digest, child.text);
    const index = JSON.stringify({
      schemaVersion: 2,
      mediaType: ociIndex,
      manifests: [{ mediaType: ociManifest, digest: child.digest, size: Buffer.byteLength(child.text) }],
    });
    await putManifest(registry, 'prod/app', 'multi', index, ociIndex);
    await statusesOf('prod/app', 'multi');
    assert.equal((await pulled({ region: elsewhere }, 'prod/app', 'multi'))?.imageManifest, index);
  });

  it('refuses rules that cannot be', async () => {
    const put = (...rules: { destinations: { region: string; registryId: string }[] }[]) =>
      registry.call('PutReplicationConfiguration', { replicationConfiguration: { rules } });
    await assert.rejects(put({ destinations: [{ region, registryId: account }] }), /the same as the source registry/);
    await assert.rejects(put({ destinations: [] }), /at least one destination/);
  });
});
