/**
 * Clusters, capacity providers and account settings as Terraform's AWS provider makes, reads, changes and deletes
 * them: the same calls with the same members, and nothing left in a second plan.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ClientException,
  CreateCapacityProviderCommand,
  CreateClusterCommand,
  DeleteCapacityProviderCommand,
  DeleteClusterCommand,
  DescribeCapacityProvidersCommand,
  DescribeClustersCommand,
  DescribeServicesCommand,
  InvalidParameterException,
  ListAccountSettingsCommand,
  ListTagsForResourceCommand,
  PutAccountSettingDefaultCommand,
  PutClusterCapacityProvidersCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateCapacityProviderCommand,
  UpdateClusterCommand,
  type CapacityProvider,
  type Cluster,
  type ECSClient,
  type SettingName,
} from '@aws-sdk/client-ecs';
import { ACCOUNT, arn } from './support/ecs-calls.ts';
import { openEcsServer } from './support/ecs-room.ts';

const only = <T>(list: readonly T[] | undefined): T => {
  assert.equal(list?.length, 1);
  return list?.[0] as T;
};

const readCluster = async (client: ECSClient, cluster: string): Promise<Cluster> => {
  const include = ['TAGS', 'CONFIGURATIONS', 'SETTINGS'] as const;
  return only(
    (await client.send(new DescribeClustersCommand({ clusters: [cluster], include: [...include] }))).clusters,
  );
};

const readProvider = async (client: ECSClient, provider: string): Promise<CapacityProvider> => {
  const command = new DescribeCapacityProvidersCommand({ capacityProviders: [provider], include: ['TAGS'] });
  return only((await client.send(command)).capacityProviders);
};

const tags = [{ key: 'team', value: 'platform' }];

test('aws_ecs_cluster', async (t) => {
  const { client } = await openEcsServer(t);
  const settings = [{ name: 'containerInsights' as const, value: 'enabled' }];
  const { cluster } = await client.send(new CreateClusterCommand({ clusterName: 'tf', settings, tags }));
  const id = cluster?.clusterArn ?? '';
  const created = await readCluster(client, id);
  assert.equal(created.status, 'ACTIVE');
  assert.deepEqual(
    [created.clusterName, created.settings, created.tags, created.configuration, created.serviceConnectDefaults],
    ['tf', settings, tags, undefined, undefined],
  );

  const logConfiguration = {
    cloudWatchEncryptionEnabled: true,
    cloudWatchLogGroupName: 'exec',
    s3EncryptionEnabled: false,
  };
  const configuration = { executeCommandConfiguration: { logging: 'OVERRIDE' as const, logConfiguration } };
  await client.send(new UpdateClusterCommand({ cluster: id, configuration, settings }));
  assert.deepEqual((await readCluster(client, id)).configuration, configuration);
  await client.send(new UpdateClusterCommand({ cluster: id, configuration: {}, settings }));
  assert.equal((await readCluster(client, id)).configuration, undefined);

  const resourceArn = id;
  await client.send(new UntagResourceCommand({ resourceArn, tagKeys: ['team'] }));
  await client.send(new TagResourceCommand({ resourceArn, tags: [{ key: 'owner', value: 'me' }] }));
  const { tags: listed } = await client.send(new ListTagsForResourceCommand({ resourceArn }));
  assert.deepEqual(listed, [{ key: 'owner', value: 'me' }]);

  await client.send(new DeleteClusterCommand({ cluster: id }));
  assert.equal((await readCluster(client, id)).status, 'INACTIVE');
});

test('aws_ecs_capacity_provider and aws_ecs_cluster_capacity_providers', async (t) => {
  const { client } = await openEcsServer(t);
  const group = 'autoScalingGroup:b1b1b1b1-1111-2222-3333-444455556666:autoScalingGroupName/machines';
  const autoScalingGroupArn = `arn:aws:autoscaling:us-east-1:${ACCOUNT}:${group}`;
  const made = await client.send(
    new CreateCapacityProviderCommand({ name: 'machines', autoScalingGroupProvider: { autoScalingGroupArn }, tags }),
  );
  const id = made.capacityProvider?.capacityProviderArn ?? '';
  const { autoScalingGroupProvider, cluster, managedInstancesProvider, ...created } = await readProvider(client, id);
  assert.deepEqual([created.tags, cluster, managedInstancesProvider], [tags, undefined, undefined]);
  assert.equal(autoScalingGroupProvider?.autoScalingGroupArn, autoScalingGroupArn);
  assert.equal(autoScalingGroupProvider.managedTerminationProtection, 'DISABLED');

  const managedScaling = {
    instanceWarmupPeriod: 400,
    maximumScalingStepSize: 10,
    minimumScalingStepSize: 2,
    status: 'ENABLED' as const,
    targetCapacity: 50,
  };
  const change = { name: 'machines', autoScalingGroupProvider: { managedScaling } };
  await client.send(new UpdateCapacityProviderCommand(change));
  const changed = await readProvider(client, id);
  assert.equal(changed.updateStatus, 'UPDATE_COMPLETE');
  assert.deepEqual(changed.autoScalingGroupProvider?.managedScaling, managedScaling);

  await client.send(new CreateClusterCommand({ clusterName: 'tf' }));
  const capacityProviders = ['FARGATE', 'machines'];
  const defaultCapacityProviderStrategy = [{ base: 1, weight: 100, capacityProvider: 'FARGATE' }];
  const put = { cluster: 'tf', capacityProviders, defaultCapacityProviderStrategy };
  await client.send(new PutClusterCapacityProvidersCommand(put));
  const associated = await readCluster(client, 'tf');
  assert.deepEqual(associated.capacityProviders, capacityProviders);
  assert.deepEqual(associated.defaultCapacityProviderStrategy, defaultCapacityProviderStrategy);
  const none = { cluster: 'tf', capacityProviders: [], defaultCapacityProviderStrategy: [] };
  await client.send(new PutClusterCapacityProvidersCommand(none));
  assert.deepEqual((await readCluster(client, 'tf')).capacityProviders, []);

  await client.send(new DeleteCapacityProviderCommand({ capacityProvider: id }));
  assert.equal((await readProvider(client, id)).status, 'INACTIVE');
  await assert.rejects(
    client.send(new DeleteCapacityProviderCommand({ capacityProvider: id })),
    (error) => error instanceof ClientException && /capacity provider does not exist/.test(error.message),
  );
});

test('aws_ecs_account_setting_default', async (t) => {
  const { client } = await openEcsServer(t);
  const read = async (name: SettingName) =>
    only((await client.send(new ListAccountSettingsCommand({ name, effectiveSettings: true }))).settings);
  const principalArn = `arn:aws:iam::${ACCOUNT}:root`;
  for (const [name, value, after] of [
    ['awsvpcTrunking', 'enabled', 'disabled'],
    ['containerInsights', 'enhanced', 'disabled'],
    ['fargateTaskRetirementWaitPeriod', '14', '7'],
  ] as const) {
    await client.send(new PutAccountSettingDefaultCommand({ name, value }));
    assert.deepEqual(await read(name), { name, value, principalArn, type: 'user' });
    await client.send(new PutAccountSettingDefaultCommand({ name, value: after }));
    assert.equal((await read(name)).value, after);
  }
  await assert.rejects(
    client.send(new PutAccountSettingDefaultCommand({ name: 'serviceLongArnFormat', value: 'disabled' })),
    (error) => error instanceof InvalidParameterException && /You can no longer disable/.test(error.message),
  );
});

test('an empty text for the cluster is the cluster default, as no text is', async (t) => {
  const { client } = await openEcsServer(t);
  await client.send(new CreateClusterCommand({}));
  const { failures } = await client.send(new DescribeServicesCommand({ cluster: '', services: ['none'] }));
  assert.deepEqual(failures, [{ arn: arn('service/default/none'), reason: 'MISSING' }]);
  await assert.rejects(client.send(new DeleteClusterCommand({ cluster: '' })), InvalidParameterException);
  assert.equal((await readCluster(client, 'default')).status, 'ACTIVE');
});
