/** Settings of a registry as a whole: scanning rules, and whose pulls do not count. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { pushImage } from './support/images.ts';
import { account, principalOf, startRegistry } from './support/registry.ts';
import type { TestRegistry } from './support/registry.ts';

describe("a registry's settings", () => {
  let registry: TestRegistry;
  before(async () => {
    registry = await startRegistry();
    for (const repositoryName of ['prod/app', 'dev/app']) await registry.call('CreateRepository', { repositoryName });
  });
  after(async () => {
    assert.deepEqual(registry.errors, []);
    await registry.stop();
  });

  it('say which repositories are scanned on push', async () => {
    const before = await registry.call('GetRegistryScanningConfiguration', {});
    assert.deepEqual(before, { registryId: account, scanningConfiguration: { scanType: 'BASIC', rules: [] } });
    const filters = [{ filter: 'prod/*', filterType: 'WILDCARD' as const }];
    const rules = [{ scanFrequency: 'SCAN_ON_PUSH' as const, repositoryFilters: filters }];
    const put = await registry.call('PutRegistryScanningConfiguration', { scanType: 'BASIC', rules });
    assert.deepEqual(put.registryScanningConfiguration, { scanType: 'BASIC', rules });
    await registry.call('PutImageScanningConfiguration', {
      repositoryName: 'dev/app',
      imageScanningConfiguration: { scanOnPush: true },
    });
    const repositoryNames = ['prod/app', 'dev/app', 'none'];
    const batch = await registry.call('BatchGetRepositoryScanningConfiguration', { repositoryNames });
    assert.deepEqual(
      batch.scanningConfigurations?.map(({ repositoryName, scanOnPush, scanFrequency, appliedScanFilters }) => [
        repositoryName,
        scanOnPush,
        scanFrequency,
        appliedScanFilters,
      ]),
      [
        ['prod/app', false, 'SCAN_ON_PUSH', filters],
        ['dev/app', true, 'MANUAL', []],
      ],
    );
    assert.deepEqual(
      batch.failures?.map(({ repositoryName, failureCode }) => [repositoryName, failureCode]),
      [['none', 'REPOSITORY_NOT_FOUND']],
    );
    await assert.rejects(registry.call('PutRegistryScanningConfiguration', { scanType: 'ENHANCED', rules: [] }), {
      code: 'InvalidParameterException',
    });
    const continuous = [{ scanFrequency: 'CONTINUOUS_SCAN' as const, repositoryFilters: filters }];
    await assert.rejects(registry.call('PutRegistryScanningConfiguration', { rules: continuous }), {
      code: 'InvalidParameterException',
    });
  });

  it('leave the time of the last pull to those who count', async () => {
    await pushImage(registry, 'dev/app', 'image', 'v1');
    const principalArn = `arn:aws:iam::${account}:role/scanner`;
    const { createdAt } = await registry.call('RegisterPullTimeUpdateExclusion', { principalArn });
    assert.ok(createdAt);
    await assert.rejects(registry.call('RegisterPullTimeUpdateExclusion', { principalArn }), {
      code: 'ExclusionAlreadyExistsException',
    });
    const listed = await registry.call('ListPullTimeUpdateExclusions', {});
    assert.deepEqual(listed.pullTimeUpdateExclusions, [principalArn]);

    const pull = { repositoryName: 'dev/app', imageIds: [{ imageTag: 'v1' }] };
    const lastPull = async () => {
      await sleep(50);
      const { imageDetails = [] } = await registry.call('DescribeImages', { repositoryName: 'dev/app' });
      return imageDetails[0]?.lastRecordedPullTime;
    };
    const arn = `arn:aws:sts::${account}:assumed-role/scanner/job`;
    await registry.call('BatchGetImage', pull, { principal: { ...principalOf(account), arn } });
    assert.equal(await lastPull(), undefined);
    await registry.call('BatchGetImage', pull);
    assert.ok(await lastPull());
    await registry.call('DeregisterPullTimeUpdateExclusion', { principalArn });
    await assert.rejects(registry.call('DeregisterPullTimeUpdateExclusion', { principalArn }), {
      code: 'ExclusionNotFoundException',
    });
  });

  it('have no signatures, and say so', async () => {
    await assert.rejects(registry.call('GetSigningConfiguration', {}), {
      code: 'SigningConfigurationNotFoundException',
    });
    await assert.rejects(registry.call('DeleteSigningConfiguration', {}), {
      code: 'SigningConfigurationNotFoundException',
    });
    const signingProfileArn = `arn:aws:signer:us-east-1:${account}:/signing-profiles/mine`;
    const signingConfiguration = { rules: [{ signingProfileArn }] };
    await assert.rejects(registry.call('PutSigningConfiguration', { signingConfiguration }), {
      code: 'ValidationException',
    });
    const imageId = { imageTag: 'v1' };
    const status = await registry.call('DescribeImageSigningStatus', { repositoryName: 'dev/app', imageId });
    assert.deepEqual(status.signingStatuses, []);
  });
});
