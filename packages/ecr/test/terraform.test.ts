/**
 * Repositories, policies and the settings of a registry as Terraform's AWS provider makes, reads, changes and deletes
 * them: the same calls with the same members, the exceptions it knows "gone" by, and nothing left in a second plan.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { policiesOf } from '../src/access.ts';
import { pushImage } from './support/images.ts';
import { account, principalOf, region, startRegistry } from './support/registry.ts';
import type { TestRegistry } from './support/registry.ts';

const registryId = account;
const notFound = (code: string) => ({ code });

describe("Terraform's resources of ECR", () => {
  let registry: TestRegistry;
  before(async () => {
    registry = await startRegistry();
  });
  after(async () => {
    assert.deepEqual(registry.errors, []);
    await registry.stop();
  });

  it('aws_ecr_repository', async () => {
    const repositoryName = 'tf/app';
    const encryptionConfiguration = { encryptionType: 'AES256' as const };
    const filters = [{ filterType: 'WILDCARD' as const, filter: 'latest*' }];
    const asked = {
      imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION' as const,
      imageTagMutabilityExclusionFilters: filters,
      imageScanningConfiguration: { scanOnPush: true },
      encryptionConfiguration,
    };
    await registry.call('CreateRepository', { repositoryName, ...asked, tags: [{ Key: 'team', Value: 'web' }] });
    const read = async () =>
      (await registry.call('DescribeRepositories', { registryId, repositoryNames: [repositoryName] }))
        .repositories?.[0];
    const { createdAt, repositoryUri, ...created } = (await read()) ?? {};
    assert.ok(createdAt);
    assert.match(repositoryUri ?? '', /\/tf\/app$/);
    const resourceArn = `arn:aws:ecr:${region}:${account}:repository/tf/app`;
    assert.deepEqual(created, { ...asked, registryId, repositoryName, repositoryArn: resourceArn });

    await registry.call('PutImageTagMutability', { registryId, repositoryName, imageTagMutability: 'MUTABLE' });
    const imageScanningConfiguration = { scanOnPush: false };
    await registry.call('PutImageScanningConfiguration', { registryId, repositoryName, imageScanningConfiguration });
    const changed = await read();
    assert.deepEqual(changed?.imageScanningConfiguration, imageScanningConfiguration);
    assert.deepEqual(
      [changed?.imageTagMutability, changed?.imageTagMutabilityExclusionFilters],
      ['MUTABLE', undefined],
    );
    await registry.call('UntagResource', { resourceArn, tagKeys: ['team'] });
    assert.deepEqual(await registry.call('ListTagsForResource', { resourceArn }), { tags: [] });
    await pushImage(registry, repositoryName, 'image', 'v1');
    await assert.rejects(
      registry.call('DeleteRepository', { registryId, repositoryName, force: false }),
      notFound('RepositoryNotEmptyException'),
    );
    await registry.call('DeleteRepository', { registryId, repositoryName, force: true });
    await assert.rejects(read(), notFound('RepositoryNotFoundException'));
  });

  it('aws_ecr_repository_policy, aws_ecr_registry_policy', async () => {
    const repositoryName = 'tf/policy';
    await registry.call('CreateRepository', { repositoryName });
    const statement = { Sid: 'all', Effect: 'Allow', Principal: '*', Action: 'ecr:ListImages' };
    const policyText = JSON.stringify({ Version: '2008-10-17', Statement: [statement] });
    const gone = notFound('RepositoryPolicyNotFoundException');
    await assert.rejects(registry.call('GetRepositoryPolicy', { repositoryName }), gone);
    await registry.call('SetRepositoryPolicy', { repositoryName, policyText });
    const found = await registry.call('GetRepositoryPolicy', { repositoryName });
    assert.deepEqual(found, { registryId, repositoryName, policyText });
    await registry.call('DeleteRepositoryPolicy', { registryId, repositoryName });
    await assert.rejects(registry.call('DeleteRepositoryPolicy', { registryId, repositoryName }), gone);

    const none = notFound('RegistryPolicyNotFoundException');
    await assert.rejects(registry.call('GetRegistryPolicy', {}), none);
    const replicate = { ...statement, Action: 'ecr:ReplicateImage', Resource: '*' };
    const registryPolicy = JSON.stringify({ Version: '2012-10-17', Statement: [replicate] });
    await registry.call('PutRegistryPolicy', { policyText: registryPolicy });
    assert.deepEqual(await registry.call('GetRegistryPolicy', {}), { registryId, policyText: registryPolicy });
    await registry.call('DeleteRegistryPolicy', {});
    await assert.rejects(registry.call('DeleteRegistryPolicy', {}), none);
  });

  it('aws_ecr_lifecycle_policy', async () => {
    const repositoryName = 'tf/lifecycle';
    await registry.call('CreateRepository', { repositoryName });
    const rule = (rulePriority: number, selection: object) => ({
      rulePriority,
      description: `rule ${rulePriority}`,
      selection: { ...selection, countType: 'imageCountMoreThan', countNumber: 5 },
      action: { type: 'expire' },
    });
    const first = rule(1, { tagStatus: 'tagged', tagPrefixList: ['b', 'a'] });
    const last = rule(2, { tagStatus: 'any' });
    const lifecyclePolicyText = JSON.stringify({ rules: [last, first] });
    const gone = notFound('LifecyclePolicyNotFoundException');
    await assert.rejects(registry.call('GetLifecyclePolicy', { repositoryName }), gone);
    await registry.call('PutLifecyclePolicy', { repositoryName, lifecyclePolicyText });
    const found = await registry.call('GetLifecyclePolicy', { repositoryName });
    assert.deepEqual([found.registryId, found.repositoryName], [registryId, repositoryName]);
    assert.deepEqual(JSON.parse(found.lifecyclePolicyText ?? ''), { rules: [first, last] });
    await registry.call('DeleteLifecyclePolicy', { repositoryName });
    await assert.rejects(registry.call('DeleteLifecyclePolicy', { repositoryName }), gone);
  });

  it('aws_ecr_registry_scanning_configuration, aws_ecr_replication_configuration', async () => {
    const repositoryFilters = [{ filter: 'prod-*', filterType: 'WILDCARD' as const }];
    const rules = [{ scanFrequency: 'SCAN_ON_PUSH' as const, repositoryFilters }];
    const readScanning = async () =>
      (await registry.call('GetRegistryScanningConfiguration', {})).scanningConfiguration;
    await registry.call('PutRegistryScanningConfiguration', { scanType: 'BASIC', rules });
    assert.deepEqual(await readScanning(), { scanType: 'BASIC', rules });
    await registry.call('PutRegistryScanningConfiguration', { scanType: 'BASIC', rules: [] });
    assert.deepEqual(await readScanning(), { scanType: 'BASIC', rules: [] });

    const readReplication = async () => (await registry.call('DescribeRegistry', {})).replicationConfiguration;
    const to = (destination: string) => ({
      rules: [
        {
          destinations: [{ region: destination, registryId }],
          repositoryFilters: [{ filter: 'prod', filterType: 'PREFIX_MATCH' as const }],
        },
      ],
    });
    await registry.call('PutReplicationConfiguration', { replicationConfiguration: to('eu-west-1') });
    assert.deepEqual(await readReplication(), to('eu-west-1'));
    await assert.rejects(registry.call('PutReplicationConfiguration', { replicationConfiguration: to(region) }), {
      code: 'InvalidParameterException',
      message: /'Replication destination cannot be the same as the source registry'$/,
    });
    await registry.call('PutReplicationConfiguration', { replicationConfiguration: { rules: [] } });
    assert.deepEqual(await readReplication(), { rules: [] });
  });

  it('aws_ecr_pull_through_cache_rule', async () => {
    const ecrRepositoryPrefix = 'ecr-public';
    const rule = { ecrRepositoryPrefix, upstreamRegistryUrl: 'public.ecr.aws' };
    await registry.call('CreatePullThroughCacheRule', rule);
    const prefixes = { ecrRepositoryPrefixes: [ecrRepositoryPrefix] };
    const [found] = (await registry.call('DescribePullThroughCacheRules', prefixes)).pullThroughCacheRules ?? [];
    assert.partialDeepStrictEqual(found, { ...rule, registryId });
    const unset = [found?.credentialArn, found?.customRoleArn, found?.upstreamRepositoryPrefix];
    assert.deepEqual(unset, [undefined, undefined, undefined]);
    await registry.call('DeletePullThroughCacheRule', { registryId, ecrRepositoryPrefix });
    const gone = notFound('PullThroughCacheRuleNotFoundException');
    await assert.rejects(registry.call('DescribePullThroughCacheRules', prefixes), gone);
    await assert.rejects(registry.call('DeletePullThroughCacheRule', { registryId, ecrRepositoryPrefix }), gone);
  });

  it('aws_ecr_repository_creation_template', async () => {
    const prefix = 'tf';
    const policy = { Effect: 'Allow', Principal: '*', Action: 'ecr:ListImages' };
    const repositoryPolicy = JSON.stringify({ Version: '2008-10-17', Statement: [policy] });
    const read = async () =>
      (await registry.call('DescribeRepositoryCreationTemplates', { prefixes: [prefix] }))
        .repositoryCreationTemplates?.[0];
    const appliedFor = ['PULL_THROUGH_CACHE', 'REPLICATION'] as const;
    const resourceTags = [{ Key: 'Foo', Value: 'Bar' }];
    await registry.call('CreateRepositoryCreationTemplate', {
      prefix,
      appliedFor,
      resourceTags,
      repositoryPolicy,
      description: 'of a team',
      imageTagMutability: 'MUTABLE',
    });
    assert.partialDeepStrictEqual(await read(), {
      prefix,
      appliedFor,
      resourceTags,
      repositoryPolicy,
      encryptionConfiguration: { encryptionType: 'AES256' },
      imageTagMutability: 'MUTABLE',
    });
    // What the configuration no longer has is sent as an empty text, and shown as nothing.
    const removed = { description: '', repositoryPolicy: '', lifecyclePolicy: '', customRoleArn: '' };
    await registry.call('UpdateRepositoryCreationTemplate', { prefix, ...removed, resourceTags: [] });
    const { createdAt: _c, updatedAt: _u, ...changed } = (await read()) ?? {};
    assert.deepEqual(changed, {
      prefix,
      appliedFor,
      resourceTags: [],
      encryptionConfiguration: { encryptionType: 'AES256' },
      imageTagMutability: 'MUTABLE',
    });
    await registry.call('DeleteRepositoryCreationTemplate', { prefix });
    await assert.rejects(read(), notFound('TemplateNotFoundException'));
  });

  it('aws_ecr_account_setting: the scope decides what a registry policy reaches', async () => {
    const name = 'REGISTRY_POLICY_SCOPE';
    const other = '111122223333';
    await registry.call('CreateRepository', { repositoryName: 'tf/scope' });
    const statement = { Effect: 'Allow', Principal: { AWS: other }, Action: 'ecr:*', Resource: '*' };
    const policyText = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
    await registry.call('PutRegistryPolicy', { policyText });
    const operation = 'ListImages';
    const arn = `arn:aws:ecr:${region}:${account}:repository/tf/scope`;
    const policies = (action: string) =>
      policiesOf(action, arn, { store: registry.store, principal: principalOf(other) });
    for (const [value, reached] of [
      ['V1', []],
      ['V2', [policyText]],
    ] as const) {
      await registry.call('PutAccountSetting', { name, value });
      assert.deepEqual(await registry.call('GetAccountSetting', { name }), { name, value });
      assert.deepEqual(await policies(operation), reached);
      assert.deepEqual(await policies('ReplicateImage'), [policyText]);
    }
    const scan = { name: 'BASIC_SCAN_TYPE_VERSION', value: 'AWS_NATIVE' };
    await registry.call('PutAccountSetting', scan);
    assert.deepEqual(await registry.call('GetAccountSetting', { name: scan.name }), scan);
    const invalid = { code: 'InvalidParameterException' };
    await assert.rejects(registry.call('PutAccountSetting', { ...scan, value: 'CLAIR' }), invalid);
    await assert.rejects(registry.call('GetAccountSetting', { name: 'NONE' }), invalid);
    await registry.call('DeleteRegistryPolicy', {});
  });

  it('the data sources aws_ecr_image, aws_ecr_images and aws_ecr_authorization_token', async () => {
    const repositoryName = 'tf/image';
    await registry.call('CreateRepository', { repositoryName });
    await pushImage(registry, repositoryName, 'image', 'v1');
    const image = await registry.call('DescribeImages', { repositoryName, imageIds: [{ imageTag: 'v1' }] });
    const [detail] = image.imageDetails ?? [];
    assert.deepEqual([detail?.registryId, detail?.imageTags], [registryId, ['v1']]);
    assert.ok(detail?.imagePushedAt && detail.imageSizeInBytes);
    const { imageIds } = await registry.call('ListImages', { repositoryName });
    assert.deepEqual(imageIds, [{ imageDigest: detail.imageDigest, imageTag: 'v1' }]);
    await assert.rejects(registry.call('DescribeImages', { repositoryName, imageIds: [{ imageTag: 'none' }] }), {
      code: 'ImageNotFoundException',
      message: /^The image with imageId \{imageDigest:'null', imageTag:'none'\} does not exist/,
    });
    const [token] = (await registry.call('GetAuthorizationToken', {})).authorizationData ?? [];
    const [user, password] = Buffer.from(token?.authorizationToken ?? '', 'base64')
      .toString()
      .split(':');
    assert.equal(user, 'AWS');
    assert.ok(password && token?.proxyEndpoint && token.expiresAt);
  });
});
