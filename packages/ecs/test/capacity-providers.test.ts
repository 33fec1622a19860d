import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { arn, openEcsCalls } from './support/ecs-calls.ts';

const groupArn = (name: string): string =>
  `arn:aws:autoscaling:us-east-1:111122223333:autoScalingGroup:a1b2:autoScalingGroupName/${name}`;

const open = async (t: TestContext) => {
  const lab = await openEcsCalls(t);
  const create = (name: string, more: object = {}) =>
    lab.call('CreateCapacityProvider', {
      name,
      autoScalingGroupProvider: { autoScalingGroupArn: groupArn(name), ...more },
    });
  return { ...lab, create };
};

test('a capacity provider is created with defaults, updated and deleted', async (t) => {
  const { call, refusal, create, later } = await open(t);
  const { capacityProvider } = await call('CreateCapacityProvider', {
    name: 'metal',
    autoScalingGroupProvider: { autoScalingGroupArn: groupArn('metal'), managedScaling: { targetCapacity: 80 } },
    tags: [{ key: 'team', value: 'a' }],
  });
  const scaling = {
    status: 'ENABLED' as const,
    targetCapacity: 80,
    minimumScalingStepSize: 1,
    maximumScalingStepSize: 10_000,
    instanceWarmupPeriod: 300,
  };
  assert.deepEqual(capacityProvider, {
    capacityProviderArn: arn('capacity-provider/metal'),
    name: 'metal',
    status: 'ACTIVE',
    autoScalingGroupProvider: {
      autoScalingGroupArn: groupArn('metal'),
      managedScaling: scaling,
      managedTerminationProtection: 'DISABLED',
      managedDraining: 'ENABLED',
    },
    updateStatus: 'CREATE_COMPLETE',
    tags: [{ key: 'team', value: 'a' }],
    type: 'EC2_AUTOSCALING',
  });
  const updated = await call('UpdateCapacityProvider', {
    name: 'metal',
    autoScalingGroupProvider: {
      managedScaling: { maximumScalingStepSize: 2 },
      managedTerminationProtection: 'ENABLED',
    },
  });
  assert.deepEqual(updated.capacityProvider?.autoScalingGroupProvider?.managedScaling, {
    ...scaling,
    maximumScalingStepSize: 2,
  });
  assert.equal(updated.capacityProvider.updateStatus, 'UPDATE_COMPLETE');

  assert.match(
    await refusal('CreateCapacityProvider', {
      name: 'metal',
      autoScalingGroupProvider: { autoScalingGroupArn: groupArn('other') },
    }),
    /^ClientException: The specified capacity provider already exists\. /,
  );
  const gone = await call('DeleteCapacityProvider', { capacityProvider: arn('capacity-provider/metal') });
  assert.equal(gone.capacityProvider?.status, 'INACTIVE');
  assert.equal(gone.capacityProvider.updateStatus, 'DELETE_COMPLETE');
  const described = await call('DescribeCapacityProviders', { capacityProviders: ['metal'] });
  assert.equal(described.capacityProviders?.[0]?.status, 'INACTIVE');
  assert.match(
    await refusal('DeleteCapacityProvider', { capacityProvider: 'metal' }),
    /^ClientException: The specified capacity provider does not exist\. /,
  );
  later(1);
  assert.equal((await create('metal')).capacityProvider?.status, 'ACTIVE');
});

test('what a capacity provider cannot be is refused', async (t) => {
  const { call, refusal, create } = await open(t);
  await create('metal');
  const named = (name: string) =>
    refusal('CreateCapacityProvider', { name, autoScalingGroupProvider: { autoScalingGroupArn: 'group' } });
  for (const name of ['aws-x', 'ecsx', 'FargateX', 'FARGATE']) {
    assert.match(await named(name), /^InvalidParameterException: .*cannot begin with aws, ecs, or fargate\./);
  }
  for (const name of ['a b', 'ä', 'x'.repeat(256)]) {
    assert.match(await named(name), /^InvalidParameterException: The specified capacity provider name is invalid\./);
  }
  const over = (autoScalingGroupProvider: object) =>
    refusal('CreateCapacityProvider', {
      name: 'next',
      autoScalingGroupProvider: { autoScalingGroupArn: groupArn('next'), ...autoScalingGroupProvider },
    });
  for (const autoScalingGroupArn of [
    'arn:aws:autoscaling:us-east-1:111122223333:launchConfiguration:a:launchConfigurationName/x',
    groupArn('x').replace('us-east-1', 'eu-west-1'),
    '',
  ]) {
    assert.match(
      await over({ autoScalingGroupArn }),
      /^InvalidParameterException: The specified Auto Scaling group ARN/,
    );
  }
  assert.match(
    await over({ autoScalingGroupArn: groupArn('metal') }),
    /^ClientException: The specified Auto Scaling group ARN is already being used by another capacity provider\./,
  );
  assert.match(
    await over({ managedTerminationProtection: 'ENABLED' }),
    /^InvalidParameterException: The managed termination protection setting .* managed scaling must be enabled\.$/,
  );
  assert.match(
    await over({ managedScaling: { minimumScalingStepSize: 3, maximumScalingStepSize: 2 } }),
    /^InvalidParameterException: The minimumScalingStepSize must be less than or equal/,
  );
  assert.match(await refusal('CreateCapacityProvider', { name: 'next' }), /^InvalidParameterException: .*required/);
  const instanceLaunchTemplate = {
    ec2InstanceProfileArn: 'arn:aws:iam::111122223333:instance-profile/x',
    networkConfiguration: {},
  };
  const managedInstancesProvider = {
    infrastructureRoleArn: 'arn:aws:iam::111122223333:role/x',
    instanceLaunchTemplate,
  };
  assert.match(
    await refusal('CreateCapacityProvider', { name: 'next', managedInstancesProvider }),
    /^UnsupportedFeatureException: /,
  );
  await call('UpdateCapacityProvider', {
    name: 'metal',
    autoScalingGroupProvider: { managedScaling: { status: 'ENABLED' }, managedTerminationProtection: 'ENABLED' },
  });
  assert.match(
    await refusal('UpdateCapacityProvider', {
      name: 'metal',
      autoScalingGroupProvider: { managedScaling: { status: 'DISABLED' } },
    }),
    /^InvalidParameterException: The managed termination protection setting/,
  );
  assert.match(
    await refusal('DeleteCapacityProvider', { capacityProvider: 'FARGATE' }),
    /^InvalidParameterException: .*reserved/,
  );
  assert.match(
    await refusal('UpdateCapacityProvider', { name: 'nobody', autoScalingGroupProvider: {} }),
    /^ClientException: The specified capacity provider does not exist\./,
  );
  assert.match(
    await refusal('DeleteCapacityProvider', { capacityProvider: arn('cluster/metal') }),
    /^InvalidParameterException: Invalid identifier/,
  );
});

test('a description names those of Fargate too, goes by pages, and has failures for what is missing', async (t) => {
  const { call, refusal, create } = await open(t);
  for (const name of ['c1', 'c2', 'c3']) await create(name);
  await create('c4');
  await call('DeleteCapacityProvider', { capacityProvider: 'c4' });
  const first = await call('DescribeCapacityProviders', { maxResults: 3 });
  await create('a1');
  const second = await call('DescribeCapacityProviders', { maxResults: 3, nextToken: first.nextToken });
  const names = [...(first.capacityProviders ?? []), ...(second.capacityProviders ?? [])].map(({ name }) => name);
  assert.deepEqual(names, ['FARGATE', 'FARGATE_SPOT', 'c1', 'c2', 'c3']);
  assert.equal(second.nextToken, undefined);
  assert.deepEqual(first.capacityProviders?.[0], {
    capacityProviderArn: arn('capacity-provider/FARGATE'),
    name: 'FARGATE',
    status: 'ACTIVE',
    tags: [],
    type: 'FARGATE',
  });
  const some = await call('DescribeCapacityProviders', {
    capacityProviders: ['c1', arn('capacity-provider/FARGATE_SPOT'), 'nobody'],
  });
  assert.deepEqual(
    some.capacityProviders?.map(({ name }) => name),
    ['c1', 'FARGATE_SPOT'],
  );
  assert.deepEqual(some.failures, [{ arn: arn('capacity-provider/nobody'), reason: 'MISSING' }]);
  await call('CreateCluster', { clusterName: 'lab', capacityProviders: ['c2'] });
  const ofLab = await call('DescribeCapacityProviders', { cluster: 'lab' });
  assert.deepEqual(
    ofLab.capacityProviders?.map(({ name }) => name),
    ['c2'],
  );
  assert.match(
    await refusal('DescribeCapacityProviders', { maxResults: 11 }),
    /^InvalidParameterException: maxResults/,
  );
});

test('its tags are read and changed by its ARN', async (t) => {
  const { call, create, refusal } = await open(t);
  await create('metal');
  const resourceArn = arn('capacity-provider/metal');
  await call('TagResource', { resourceArn, tags: [{ key: 'a', value: 'b' }] });
  assert.deepEqual((await call('ListTagsForResource', { resourceArn })).tags, [{ key: 'a', value: 'b' }]);
  const described = async (include?: readonly 'TAGS'[]) =>
    (await call('DescribeCapacityProviders', { capacityProviders: ['metal'], include })).capacityProviders?.[0]?.tags;
  assert.deepEqual(await described(), []);
  assert.deepEqual(await described(['TAGS']), [{ key: 'a', value: 'b' }]);
  await call('UntagResource', { resourceArn, tagKeys: ['a'] });
  assert.deepEqual(await described(['TAGS']), []);
  assert.match(
    await refusal('TagResource', { resourceArn: arn('capacity-provider/x'), tags: [] }),
    /^ResourceNotFoundException: /,
  );
});

test('a cluster has capacity providers that are there, and keeps those that are used', async (t) => {
  const { call, refusal, create, writeTask } = await open(t);
  await create('metal', { managedScaling: { status: 'ENABLED' } });
  await create('hand');
  const { cluster } = await call('CreateCluster', {
    clusterName: 'lab',
    capacityProviders: ['metal', arn('capacity-provider/hand')],
    defaultCapacityProviderStrategy: [{ capacityProvider: 'metal', weight: 1, base: 2 }],
  });
  assert.deepEqual(cluster?.capacityProviders, ['metal', 'hand']);
  assert.equal(cluster.attachmentsStatus, 'UPDATE_COMPLETE');
  const [described] = (await call('DescribeClusters', { clusters: ['lab'], include: ['ATTACHMENTS'] })).clusters ?? [];
  assert.deepEqual(
    described?.attachments?.map(({ type, status, details }) => [type, status, details?.[0]?.value]),
    [
      ['as_policy', 'CREATED', 'metal'],
      ['managed_draining', 'CREATED', 'metal'],
    ],
  );
  assert.match(
    await refusal('DeleteCapacityProvider', { capacityProvider: 'metal' }),
    /^ClientException: .*because it is associated with cluster: lab\. Remove the capacity provider/,
  );
  // One that scales its group goes with one cluster, another with any number of them.
  await call('CreateCluster', { clusterName: 'other', capacityProviders: ['hand', 'FARGATE'] });
  const put = (capacityProviders: readonly string[], strategy: readonly { readonly capacityProvider: string }[] = []) =>
    ({ cluster: 'other', capacityProviders, defaultCapacityProviderStrategy: strategy }) as const;
  assert.match(
    await refusal('PutClusterCapacityProviders', put(['metal'])),
    /^InvalidParameterException: .*already associated with cluster: lab/,
  );
  assert.match(
    await refusal('UpdateCapacityProvider', {
      name: 'hand',
      autoScalingGroupProvider: { managedScaling: { status: 'ENABLED' } },
    }),
    /^InvalidParameterException: .*more than one cluster/,
  );
  assert.match(await refusal('PutClusterCapacityProviders', put(['nobody'])), /does not exist/);
  assert.match(await refusal('PutClusterCapacityProviders', put(['hand', 'hand'])), /more than once/);
  const weights = (...items: readonly object[]) => items as never;
  const strategies: readonly (readonly [never, RegExp])[] = [
    [weights({ capacityProvider: 'metal' }), /not associated with the cluster/],
    [weights({ capacityProvider: 'hand', weight: 1 }, { capacityProvider: 'hand', weight: 1 }), /only be used once/],
    [weights({ capacityProvider: 'hand', weight: 1 }, { capacityProvider: 'FARGATE', weight: 1 }), /both Fargate and/],
  ];
  for (const [strategy, expected] of strategies) {
    assert.match(await refusal('PutClusterCapacityProviders', put(['hand', 'FARGATE'], strategy)), expected);
  }
  const fargate = (...items: readonly object[]) => put(['FARGATE', 'FARGATE_SPOT'], items as never);
  const spot = { capacityProvider: 'FARGATE_SPOT' };
  const base = { capacityProvider: 'FARGATE', base: 1, weight: 1 };
  assert.match(await refusal('PutClusterCapacityProviders', fargate({ ...spot, base: 1 }, base)), /Only one capacity/);
  assert.match(
    await refusal('PutClusterCapacityProviders', fargate(spot, { capacityProvider: 'FARGATE' })),
    /weight greater than 0/,
  );
  await writeTask({ clusterName: 'other', capacityProviderName: 'hand' });
  assert.match(
    await refusal('PutClusterCapacityProviders', put(['FARGATE'])),
    /^ResourceInUseException: The specified capacity provider is in use and cannot be removed\./,
  );
});

test('the statistics of a cluster count services by launch type', async (t) => {
  const { call } = await open(t);
  await call('CreateCluster', { clusterName: 'lab', capacityProviders: ['FARGATE'] });
  const container = { name: 'main', image: 'busybox' };
  const size = { cpu: '256', memory: '512', networkMode: 'awsvpc' as const };
  await call('RegisterTaskDefinition', { family: 'web', containerDefinitions: [container], ...size });
  const awsvpcConfiguration = { subnets: ['subnet-1'] };
  const base = {
    cluster: 'lab',
    taskDefinition: 'web',
    desiredCount: 0,
    networkConfiguration: { awsvpcConfiguration },
  };
  const capacityProviderStrategy = [{ capacityProvider: 'FARGATE', weight: 1 }];
  await call('CreateService', { ...base, serviceName: 'a', capacityProviderStrategy });
  await call('CreateService', { ...base, serviceName: 'b', launchType: 'FARGATE' });
  await call('CreateService', { ...base, serviceName: 'c', launchType: 'EC2' });
  await call('DeleteService', { cluster: 'lab', service: 'c' });
  const [cluster] = (await call('DescribeClusters', { clusters: ['lab'], include: ['STATISTICS'] })).clusters ?? [];
  const statistics = Object.fromEntries((cluster?.statistics ?? []).map(({ name, value }) => [name, value]));
  assert.deepEqual(
    [
      statistics['activeFargateServiceCount'],
      statistics['activeEC2ServiceCount'],
      statistics['drainingEC2ServiceCount'],
    ],
    ['2', '0', '1'],
  );
});
