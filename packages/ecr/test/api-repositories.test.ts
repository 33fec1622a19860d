/** Repositories by the AWS SDK: what it gets, and which errors it throws. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  CreateRepositoryCommand,
  DeleteRepositoryCommand,
  DescribeRegistryCommand,
  DescribeRepositoriesCommand,
  GetAccountSettingCommand,
  GetAuthorizationTokenCommand,
  ListTagsForResourceCommand,
  PutAccountSettingCommand,
  PutImageScanningConfigurationCommand,
  PutImageTagMutabilityCommand,
  TagResourceCommand,
  UntagResourceCommand,
  paginateDescribeRepositories,
} from '@aws-sdk/client-ecr';
import type { ECRClient } from '@aws-sdk/client-ecr';
import { startRegistry } from './support/registry.ts';
import type { TestRegistry } from './support/registry.ts';

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

test('a repository is created with the defaults that ECR has', async () => {
  const { repository } = await client.send(new CreateRepositoryCommand({ repositoryName: 'api/one' }));
  assert.ok(Math.abs((repository?.createdAt?.getTime() ?? 0) - Date.now()) < 5000);
  assert.deepEqual(
    { ...repository, createdAt: undefined },
    {
      repositoryArn: 'arn:aws:ecr:us-east-1:000000000000:repository/api/one',
      registryId: '000000000000',
      repositoryName: 'api/one',
      repositoryUri: `127.0.0.1:${registry.port}/api/one`,
      createdAt: undefined,
      imageTagMutability: 'MUTABLE',
      imageScanningConfiguration: { scanOnPush: false },
      encryptionConfiguration: { encryptionType: 'AES256' },
    },
  );
});

test('settings are kept and shown', async () => {
  const { repository } = await client.send(
    new CreateRepositoryCommand({
      repositoryName: 'api/settings',
      imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION',
      imageTagMutabilityExclusionFilters: [{ filterType: 'WILDCARD', filter: 'dev-*' }],
      imageScanningConfiguration: { scanOnPush: true },
      encryptionConfiguration: { encryptionType: 'KMS' },
      tags: [{ Key: 'team', Value: 'a' }],
    }),
  );
  assert.equal(repository?.encryptionConfiguration?.kmsKey, 'arn:aws:kms:us-east-1:000000000000:alias/aws/ecr');
  assert.deepEqual(repository?.imageTagMutabilityExclusionFilters, [{ filterType: 'WILDCARD', filter: 'dev-*' }]);
  const repositoryName = 'api/settings';
  await client.send(new PutImageTagMutabilityCommand({ repositoryName, imageTagMutability: 'MUTABLE' }));
  await client.send(
    new PutImageScanningConfigurationCommand({ repositoryName, imageScanningConfiguration: { scanOnPush: false } }),
  );
  const { repositories } = await client.send(new DescribeRepositoriesCommand({ repositoryNames: [repositoryName] }));
  assert.equal(repositories?.[0]?.imageTagMutability, 'MUTABLE');
  assert.equal(repositories[0].imageTagMutabilityExclusionFilters, undefined);
  assert.deepEqual(repositories[0].imageScanningConfiguration, { scanOnPush: false });
});

test('the errors of repositories', async () => {
  const create = (input: Partial<ConstructorParameters<typeof CreateRepositoryCommand>[0]>): Promise<unknown> =>
    client.send(new CreateRepositoryCommand({ repositoryName: 'api/x', ...input }));
  await assert.rejects(create({ repositoryName: 'api/one' }), {
    name: 'RepositoryAlreadyExistsException',
    message: "The repository with name 'api/one' already exists in the registry with id '000000000000'",
  });
  for (const repositoryName of ['Upper', 'a//b', 'x', 'a'.repeat(257), 'a/../b']) {
    await assert.rejects(create({ repositoryName }), { name: 'InvalidParameterException' }, repositoryName);
  }
  await assert.rejects(create({ imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION' }), {
    name: 'InvalidParameterException',
  });
  await assert.rejects(create({ encryptionConfiguration: { encryptionType: 'AES256', kmsKey: 'x' } }), {
    name: 'InvalidParameterException',
  });
  await assert.rejects(create({ tags: [{ Key: 'aws:x', Value: '' }] }), { name: 'InvalidTagParameterException' });
  const many = Array.from({ length: 51 }, (_, index) => ({ Key: `k${index}`, Value: '' }));
  await assert.rejects(create({ tags: many }), { name: 'TooManyTagsException' });
  await assert.rejects(client.send(new DescribeRepositoriesCommand({ repositoryNames: ['api/absent'] })), {
    name: 'RepositoryNotFoundException',
    message: "The repository with name 'api/absent' does not exist in the registry with id '000000000000'",
  });
  await assert.rejects(client.send(new DeleteRepositoryCommand({ repositoryName: 'api/absent' })), {
    name: 'RepositoryNotFoundException',
  });
  await assert.rejects(client.send(new DescribeRepositoriesCommand({ repositoryNames: ['api/one'], maxResults: 1 })), {
    name: 'InvalidParameterException',
  });
  await assert.rejects(client.send(new DescribeRepositoriesCommand({ nextToken: 'junk' })), {
    name: 'InvalidParameterException',
  });
  await assert.rejects(client.send(new DescribeRepositoriesCommand({ registryId: '111122223333' })), {
    name: 'AccessDeniedException',
  });
});

test('repositories are listed by pages', async () => {
  for (let index = 0; index < 5; index += 1) {
    await client.send(new CreateRepositoryCommand({ repositoryName: `page/${index}` }));
  }
  const names: string[] = [];
  for await (const page of paginateDescribeRepositories({ client, pageSize: 2 }, {})) {
    assert.ok((page.repositories ?? []).length <= 2);
    names.push(...(page.repositories ?? []).map(({ repositoryName = '' }) => repositoryName));
  }
  assert.deepEqual(names, ['api/one', 'api/settings', 'page/0', 'page/1', 'page/2', 'page/3', 'page/4']);
});

test('tags of repositories', async () => {
  const resourceArn = 'arn:aws:ecr:us-east-1:000000000000:repository/api/settings';
  await client.send(
    new TagResourceCommand({
      resourceArn,
      tags: [
        { Key: 'team', Value: 'b' },
        { Key: 'x', Value: '' },
      ],
    }),
  );
  await client.send(new UntagResourceCommand({ resourceArn, tagKeys: ['x', 'absent'] }));
  const { tags } = await client.send(new ListTagsForResourceCommand({ resourceArn }));
  assert.deepEqual(tags, [{ Key: 'team', Value: 'b' }]);
  for (const wrong of [
    'junk',
    'arn:aws:ecr:eu-west-1:000000000000:repository/api/one',
    'arn:aws:ecs:us-east-1:000000000000:cluster/x',
  ]) {
    await assert.rejects(client.send(new ListTagsForResourceCommand({ resourceArn: wrong })), {
      name: 'InvalidParameterException',
    });
  }
  await assert.rejects(client.send(new ListTagsForResourceCommand({ resourceArn: `${resourceArn}x` })), {
    name: 'RepositoryNotFoundException',
  });
});

test('the registry, its settings, and authorization tokens', async () => {
  const described = await client.send(new DescribeRegistryCommand({}));
  assert.deepEqual(described.replicationConfiguration, { rules: [] });
  assert.equal(described.registryId, '000000000000');
  assert.equal((await client.send(new GetAccountSettingCommand({ name: 'BLOB_MOUNTING' }))).value, 'ENABLED');
  await client.send(new PutAccountSettingCommand({ name: 'BLOB_MOUNTING', value: 'DISABLED' }));
  assert.equal((await client.send(new GetAccountSettingCommand({ name: 'BLOB_MOUNTING' }))).value, 'DISABLED');
  await assert.rejects(client.send(new PutAccountSettingCommand({ name: 'BLOB_MOUNTING', value: 'x' })), {
    name: 'InvalidParameterException',
  });
  await assert.rejects(client.send(new PutAccountSettingCommand({ name: 'OTHER', value: 'x' })), {
    name: 'InvalidParameterException',
  });
  const { authorizationData } = await client.send(new GetAuthorizationTokenCommand({}));
  const token = Buffer.from(authorizationData?.[0]?.authorizationToken ?? '', 'base64').toString();
  assert.match(token, /^AWS:./);
  assert.ok((authorizationData?.[0]?.expiresAt?.getTime() ?? 0) > Date.now() + 11.9 * 3_600_000);
});
