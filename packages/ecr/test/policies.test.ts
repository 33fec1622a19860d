/** Repository and registry policies, over the API and over the registry's own protocol. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { pushImage } from './support/images.ts';
import { account, principalOf, region, startRegistry } from './support/registry.ts';
import type { TestRegistry } from './support/registry.ts';

const stranger = '999988887777';
const foreign = { account: stranger, principal: principalOf(stranger) };
const policy = (...Statement: object[]): string => JSON.stringify({ Version: '2012-10-17', Statement });
const readers = {
  Sid: 'readers',
  Effect: 'Allow',
  Principal: { AWS: `arn:aws:iam::${stranger}:root` },
  Action: ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer', 'ecr:BatchCheckLayerAvailability'],
};

describe('policies', () => {
  let registry: TestRegistry;
  before(async () => {
    registry = await startRegistry();
    await registry.call('CreateRepository', { repositoryName: 'shared' });
    await pushImage(registry, 'shared', 'image', 'v1');
  });
  after(async () => {
    assert.deepEqual(registry.errors, []);
    await registry.stop();
  });
  beforeEach(async () => {
    for (const clear of [
      () => registry.call('DeleteRepositoryPolicy', { repositoryName: 'shared' }),
      () => registry.call('DeleteRegistryPolicy', {}),
    ]) {
      await clear().catch(() => {});
    }
  });

  const set = (policyText: string, force?: boolean) =>
    registry.call('SetRepositoryPolicy', { repositoryName: 'shared', policyText, force });
  const pull = (context: object = foreign) =>
    registry.call(
      'BatchGetImage',
      { registryId: account, repositoryName: 'shared', imageIds: [{ imageTag: 'v1' }] },
      context,
    );
  /** The status of a pull by docker, with the token that the account gets for itself. */
  const dockerPull = async (context: object = foreign): Promise<number> => {
    const { authorizationData } = await registry.call('GetAuthorizationToken', { registryIds: [account] }, context);
    const authorization = `Basic ${authorizationData?.[0]?.authorizationToken}`;
    const response = await registry.request('GET', '/v2/shared/manifests/v1', { authorization });
    await response.arrayBuffer();
    return response.status;
  };

  it('let another account in, for what they say', async () => {
    await assert.rejects(pull(), { code: 'AccessDeniedException', message: /no resource-based policy allows/ });
    const { policyText, repositoryName, registryId } = await set(policy(readers));
    assert.deepEqual([policyText, repositoryName, registryId], [policy(readers), 'shared', account]);
    assert.equal((await pull()).images?.length, 1);
    const push = { registryId: account, repositoryName: 'shared', imageManifest: '{}', imageTag: 'v2' };
    await assert.rejects(registry.call('PutImage', push, foreign), { code: 'AccessDeniedException' });
    const { policyText: read } = await registry.call('GetRepositoryPolicy', { repositoryName: 'shared' });
    assert.equal(read, policy(readers));
    await registry.call('DeleteRepositoryPolicy', { repositoryName: 'shared' });
    await assert.rejects(pull(), { code: 'AccessDeniedException' });
  });

  it("decide docker's pulls as well", async () => {
    assert.equal(await dockerPull(), 403);
    await set(policy(readers));
    assert.equal(await dockerPull(), 200);
    assert.equal(await dockerPull({}), 200);
    await set(policy({ ...readers, Effect: 'Deny', Principal: '*' }));
    assert.equal(await dockerPull({}), 403);
    await set(policy({ ...readers, Effect: 'Deny', NotPrincipal: { AWS: account }, Principal: undefined }));
    assert.equal(await dockerPull({}), 200);
  });

  it('of the registry are beside those of its repositories', async () => {
    const Resource = `arn:aws:ecr:${region}:${account}:repository/sha*`;
    const { policyText } = await registry.call('PutRegistryPolicy', { policyText: policy({ ...readers, Resource }) });
    assert.equal((await registry.call('GetRegistryPolicy', {})).policyText, policyText);
    assert.equal((await pull()).images?.length, 1);
    await set(policy({ ...readers, Effect: 'Deny' }));
    await assert.rejects(pull(), {
      code: 'AccessDeniedException',
      message: /explicit deny in a resource-based policy/,
    });
    await registry.call('DeleteRegistryPolicy', {});
    await assert.rejects(registry.call('GetRegistryPolicy', {}), {
      code: 'RegistryPolicyNotFoundException',
      message: `Registry policy does not exist in the registry with id '${account}'`,
    });
  });

  it('that would shut out their author need force, and the root can mend them', async () => {
    const shut = policy({ Effect: 'Deny', Principal: '*', Action: 'ecr:*' });
    await assert.rejects(set(shut), { code: 'InvalidParameterException', message: /in the future/ });
    await set(shut, true);
    await assert.rejects(pull({}), { code: 'AccessDeniedException' });
    await registry.call('DeleteRepositoryPolicy', { repositoryName: 'shared' });
    assert.equal((await pull({})).images?.length, 1);
  });

  it('that are none are refused', async () => {
    const wrong = [
      '{',
      '[]',
      '{}',
      policy(),
      policy({ ...readers, Effect: 'allow' }),
      policy({ ...readers, Action: 's3:GetObject' }),
      policy({ ...readers, Principal: undefined }),
      policy({ ...readers, Principal: { AWS: 'nobody' } }),
      policy({ ...readers, Principal: { AWS: `arn:aws:iam::${stranger}:role/*` } }),
      policy({ ...readers, Principal: { AWS: `arn:aws:iam::${stranger}:group/all` } }),
      policy({ ...readers, Resource: '*' }),
      policy({ ...readers, NotAction: 'ecr:*' }),
      policy({ ...readers, Principals: '*' }),
      policy({ Effect: 'Allow', NotPrincipal: { AWS: account }, Action: 'ecr:*' }),
      policy({ ...readers, Condition: { StringEqual: { 'aws:PrincipalAccount': account } } }),
      policy({ ...readers, Condition: { StringEquals: account } }),
      policy({ ...readers, Condition: { DateGreaterThan: { 'aws:CurrentTime': 'tomorrow' } } }),
      JSON.stringify({ Version: '2012-10-17', Id: {}, Statement: [readers] }),
    ];
    for (const text of wrong) {
      await assert.rejects(set(text), {
        code: 'InvalidParameterException',
        message: "Invalid parameter at 'PolicyText' failed to satisfy constraint: 'Invalid repository policy provided'",
      });
    }
    await assert.rejects(registry.call('GetRepositoryPolicy', { repositoryName: 'shared' }), {
      code: 'RepositoryPolicyNotFoundException',
      message: `Repository policy does not exist for the repository with name 'shared' in the registry with id '${account}'`,
    });
    for (const Resource of [undefined, 'shared', 'arn:aws:ecr:repository/shared', 'arn:other:ecr:::repository/*']) {
      await assert.rejects(
        registry.call('PutRegistryPolicy', { policyText: policy({ ...readers, Resource }) }),
        /Invalid registry policy/,
      );
    }
  });

  it('may have statements without names or with the same one, and dates in several forms', async () => {
    const Condition = {
      DateLessThan: { 'aws:CurrentTime': ['2016-12-13T21:20:37.593194+00:00', '1795953600', '2017-07-01'] },
    };
    await set(policy({ ...readers, Sid: '' }, { ...readers, Sid: '', Condition }));
    await set(policy(readers, readers));
    await registry.call('PutRegistryPolicy', {
      policyText: policy({ ...readers, Resource: '*' }, { ...readers, Resource: '*' }),
    });
    await registry.call('DeleteRegistryPolicy', {});
  });
});
