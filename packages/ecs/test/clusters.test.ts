import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ensureCluster } from '../src/queries/clusters.ts';
import { START, arn, openEcsCalls } from './support/ecs-calls.ts';

test('a cluster is created once, under a name of its own or as default', async (t) => {
  const { call } = await openEcsCalls(t);
  const { cluster } = await call('CreateCluster', {
    clusterName: 'lab',
    tags: [{ key: 'team', value: 'a' }],
    settings: [{ name: 'containerInsights', value: 'enhanced' }],
    capacityProviders: ['FARGATE'],
    defaultCapacityProviderStrategy: [{ capacityProvider: 'FARGATE', weight: 1 }],
  });
  assert.deepEqual(cluster, {
    clusterArn: arn('cluster/lab'),
    clusterName: 'lab',
    status: 'ACTIVE',
    registeredContainerInstancesCount: 0,
    runningTasksCount: 0,
    pendingTasksCount: 0,
    activeServicesCount: 0,
    statistics: [],
    tags: [{ key: 'team', value: 'a' }],
    settings: [{ name: 'containerInsights', value: 'enhanced' }],
    capacityProviders: ['FARGATE'],
    defaultCapacityProviderStrategy: [{ capacityProvider: 'FARGATE', weight: 1, base: 0 }],
  });
  assert.deepEqual((await call('CreateCluster', { clusterName: 'lab' })).cluster, cluster);
  assert.equal((await call('CreateCluster', {})).cluster?.clusterName, 'default');
});

test('what a cluster cannot be is refused', async (t) => {
  const { refusal } = await openEcsCalls(t);
  const rule = /^InvalidParameterException: Cluster must match \^\[a-zA-Z0-9\\-_\]\{1,255\}\$, but was /;
  for (const clusterName of ['', 'a b', 'ä', 'a/b', 'x'.repeat(256)]) {
    assert.match(await refusal('CreateCluster', { clusterName }), rule);
  }
  assert.equal(
    await refusal('CreateCluster', { settings: [{ name: 'containerInsights', value: 'ENABLED' }] }),
    "InvalidParameterException: Invalid setting 'value'",
  );
  assert.match(
    await refusal('CreateCluster', { capacityProviders: ['mine'] }),
    /^InvalidParameterException: .*does not exist/,
  );
  assert.match(
    await refusal('CreateCluster', { defaultCapacityProviderStrategy: [{ capacityProvider: 'FARGATE' }] }),
    /^InvalidParameterException: .*not associated with the cluster/,
  );
  assert.match(
    await refusal('CreateCluster', { configuration: { executeCommandConfiguration: { logging: 'OVERRIDE' } } }),
    /^InvalidParameterException: A logConfiguration must be specified/,
  );
  assert.match(
    await refusal('CreateCluster', { configuration: { managedStorageConfiguration: { kmsKeyId: 'key' } } }),
    /^UnsupportedFeatureException: Encryption of managed storage/,
  );
  assert.match(await refusal('CreateCluster', { tags: [{ key: 'aws:x' }] }), /^InvalidParameterException: /);
});

test('a description shows what was asked for, and failures for what is missing', async (t) => {
  const { call } = await openEcsCalls(t);
  const configuration = { executeCommandConfiguration: { logging: 'DEFAULT' as const } };
  await call('CreateCluster', { clusterName: 'lab', tags: [{ key: 'a', value: 'b' }], configuration });
  const plain = await call('DescribeClusters', { clusters: ['lab', arn('cluster/lab'), 'other'] });
  assert.deepEqual(plain.failures, [{ arn: arn('cluster/other'), reason: 'MISSING' }]);
  assert.equal(plain.clusters?.length, 2);
  assert.deepEqual(plain.clusters?.[0], plain.clusters?.[1]);
  const { settings, tags, statistics } = plain.clusters?.[0] ?? {};
  assert.deepEqual([settings, tags, statistics], [[], [], []]);
  assert.equal('configuration' in (plain.clusters?.[0] ?? {}), false);

  const full = await call('DescribeClusters', {
    clusters: ['lab'],
    include: ['ATTACHMENTS', 'CONFIGURATIONS', 'SETTINGS', 'STATISTICS', 'TAGS'],
  });
  const [cluster] = full.clusters ?? [];
  assert.deepEqual(cluster?.tags, [{ key: 'a', value: 'b' }]);
  assert.deepEqual(cluster.settings, [{ name: 'containerInsights', value: 'disabled' }]);
  assert.deepEqual(cluster.configuration, configuration);
  assert.deepEqual(cluster.attachments, []);
  assert.ok(cluster.statistics?.some(({ name, value }) => name === 'runningEC2TasksCount' && value === '0'));

  const none = await call('DescribeClusters', {});
  assert.deepEqual(none.failures, [{ arn: arn('cluster/default'), reason: 'MISSING' }]);
});

test('a description counts instances and tasks', async (t) => {
  const { call, register, writeTask } = await openEcsCalls(t);
  await call('CreateCluster', { clusterName: 'lab' });
  await register('lab');
  const drained = await register('lab');
  await call('UpdateContainerInstancesState', { cluster: 'lab', containerInstances: [drained], status: 'DRAINING' });
  const gone = await register('lab');
  await call('DeregisterContainerInstance', { cluster: 'lab', containerInstance: gone });
  for (const lastStatus of ['RUNNING', 'RUNNING', 'PENDING', 'PROVISIONING', 'STOPPED'] as const) {
    await writeTask({ lastStatus });
  }
  await writeTask({ lastStatus: 'RUNNING', launchType: 'FARGATE' });
  const { clusters } = await call('DescribeClusters', { clusters: ['lab'], include: ['STATISTICS'] });
  const [cluster] = clusters ?? [];
  assert.equal(cluster?.registeredContainerInstancesCount, 2);
  assert.equal(cluster.runningTasksCount, 3);
  assert.equal(cluster.pendingTasksCount, 2);
  const statistics = Object.fromEntries((cluster.statistics ?? []).map(({ name, value }) => [name, value]));
  assert.equal(statistics['runningEC2TasksCount'], '2');
  assert.equal(statistics['pendingEC2TasksCount'], '2');
  assert.equal(statistics['runningFargateTasksCount'], '1');
});

test('a list of clusters goes by pages that inserts do not disturb', async (t) => {
  const { call, refusal } = await openEcsCalls(t);
  for (const clusterName of ['a', 'c', 'e', 'g']) await call('CreateCluster', { clusterName });
  const first = await call('ListClusters', { maxResults: 2 });
  assert.deepEqual(first.clusterArns, [arn('cluster/a'), arn('cluster/c')]);
  await call('CreateCluster', { clusterName: 'b' });
  await call('CreateCluster', { clusterName: 'd' });
  const second = await call('ListClusters', { maxResults: 10, nextToken: first.nextToken });
  assert.deepEqual(
    second.clusterArns,
    ['d', 'e', 'g'].map((name) => arn(`cluster/${name}`)),
  );
  assert.equal(second.nextToken, undefined);
  assert.equal(await refusal('ListClusters', { nextToken: 'garbage' }), 'InvalidParameterException: Invalid token.');
  assert.match(await refusal('ListClusters', { maxResults: 101 }), /^InvalidParameterException: maxResults/);
});

test('updates change only what they name', async (t) => {
  const { call, refusal } = await openEcsCalls(t);
  await call('CreateCluster', { clusterName: 'lab' });
  const enabled = [{ name: 'containerInsights' as const, value: 'enabled' }];
  const settings = await call('UpdateClusterSettings', { cluster: 'lab', settings: enabled });
  assert.deepEqual(settings.cluster?.settings, enabled);
  const updated = await call('UpdateCluster', {
    cluster: arn('cluster/lab'),
    serviceConnectDefaults: { namespace: 'ns' },
    configuration: { executeCommandConfiguration: { logging: 'NONE' } },
  });
  assert.deepEqual(updated.cluster?.settings, enabled);
  assert.deepEqual(updated.cluster.serviceConnectDefaults, { namespace: 'ns' });
  const cleared = await call('UpdateCluster', { cluster: 'lab', serviceConnectDefaults: { namespace: '' } });
  assert.equal(cleared.cluster?.serviceConnectDefaults, undefined);
  assert.equal(cleared.cluster?.configuration?.executeCommandConfiguration?.logging, 'NONE');
  assert.match(await refusal('UpdateClusterSettings', { cluster: 'lab', settings: [] }), /^InvalidParameterException/);
  assert.equal(await refusal('UpdateCluster', { cluster: 'no' }), 'ClusterNotFoundException: Cluster not found.');
});

test('capacity providers are put as a whole, and stay while tasks run on them', async (t) => {
  const { call, refusal, writeTask } = await openEcsCalls(t);
  await call('CreateCluster', { clusterName: 'lab' });
  const strategy = [
    { capacityProvider: 'FARGATE', base: 1, weight: 1 },
    { capacityProvider: 'FARGATE_SPOT', weight: 4 },
  ];
  const put = {
    cluster: 'lab',
    capacityProviders: ['FARGATE', 'FARGATE_SPOT'],
    defaultCapacityProviderStrategy: strategy,
  };
  const { cluster } = await call('PutClusterCapacityProviders', put);
  assert.deepEqual(cluster?.capacityProviders, ['FARGATE', 'FARGATE_SPOT']);
  assert.deepEqual(cluster.defaultCapacityProviderStrategy?.[1], {
    capacityProvider: 'FARGATE_SPOT',
    weight: 4,
    base: 0,
  });
  const bad: readonly [RegExp, typeof strategy | { capacityProvider: string; base?: number }[]][] = [
    [/Only one capacity provider .* base/, strategy.map((item) => ({ ...item, base: 1 }))],
    [/greater than 0/, [{ capacityProvider: 'FARGATE' }, { capacityProvider: 'FARGATE_SPOT' }]],
    [/only be used once/, [{ capacityProvider: 'FARGATE' }, { capacityProvider: 'FARGATE' }]],
  ];
  for (const [message, defaultCapacityProviderStrategy] of bad) {
    assert.match(await refusal('PutClusterCapacityProviders', { ...put, defaultCapacityProviderStrategy }), message);
  }
  await writeTask({ capacityProviderName: 'FARGATE_SPOT', desiredStatus: 'RUNNING' });
  const less = { cluster: 'lab', capacityProviders: ['FARGATE'], defaultCapacityProviderStrategy: [] };
  assert.match(await refusal('PutClusterCapacityProviders', less), /^ResourceInUseException: /);
});

test('a cluster is deleted only when it is empty, and can be made again', async (t) => {
  const { call, refusal, register, writeTask } = await openEcsCalls(t);
  await call('CreateCluster', { clusterName: 'lab' });
  const instance = await register('lab');
  assert.equal(
    await refusal('DeleteCluster', { cluster: 'lab' }),
    'ClusterContainsContainerInstancesException: The Cluster cannot be deleted while Container Instances are active or draining.',
  );
  await call('DeregisterContainerInstance', { cluster: 'lab', containerInstance: instance });
  const task = await writeTask({});
  assert.equal(
    await refusal('DeleteCluster', { cluster: 'lab' }),
    'ClusterContainsTasksException: The Cluster cannot be deleted while Tasks are active.',
  );
  await writeTask({ ...task, lastStatus: 'STOPPED', desiredStatus: 'STOPPED' });
  assert.equal((await call('DeleteCluster', { cluster: 'lab' })).cluster?.status, 'INACTIVE');
  assert.equal((await call('DeleteCluster', { cluster: 'lab' })).cluster?.status, 'INACTIVE');
  assert.equal((await call('DescribeClusters', { clusters: ['lab'] })).clusters?.[0]?.status, 'INACTIVE');
  assert.deepEqual((await call('ListClusters', {})).clusterArns, []);
  assert.equal(
    await refusal('UpdateCluster', { cluster: 'lab' }),
    'ClientException: The referenced cluster was inactive.',
  );
  assert.equal(await refusal('DeleteCluster', { cluster: 'no' }), 'ClusterNotFoundException: Cluster not found.');
  assert.equal((await call('CreateCluster', { clusterName: 'lab' })).cluster?.status, 'ACTIVE');
});

test('a cluster is named by its name or its ARN in the caller’s account and region', async (t) => {
  const { refusal } = await openEcsCalls(t);
  const cases: readonly [string, string][] = [
    ['arn:aws:ecs:eu-west-1:111122223333:cluster/lab', 'InvalidParameterException: Invalid Region in ARN'],
    [
      'arn:aws:ecs:us-east-1:999999999999:cluster/lab',
      "AccessDeniedException: You don't have authorization to perform the requested action.",
    ],
    ['arn:aws:ecs', 'ClientException: Invalid arn syntax.'],
    ['arn:aws:iam:us-east-1:111122223333:cluster/lab', 'InvalidParameterException: Invalid service in ARN'],
  ];
  for (const [cluster, expected] of cases) assert.equal(await refusal('DeleteCluster', { cluster }), expected);
  assert.match(
    await refusal('DeleteCluster', { cluster: arn('task/lab/1') }),
    /^InvalidParameterException: Invalid identifier/,
  );
  assert.match(
    await refusal('DescribeClusters', { clusters: ['a b'] }),
    /^InvalidParameterException: Cluster must match/,
  );
});

test('clusters of other regions and accounts are other clusters', async (t) => {
  const { call } = await openEcsCalls(t);
  await call('CreateCluster', { clusterName: 'lab' });
  assert.deepEqual((await call('ListClusters', {}, { region: 'eu-west-1' })).clusterArns, []);
  assert.deepEqual((await call('ListClusters', {}, { account: '999999999999' })).clusterArns, []);
});

test('the server makes its own cluster once', async (t) => {
  const { call, store, context } = await openEcsCalls(t);
  const make = (): Promise<void> =>
    store.update((transaction) => ensureCluster(transaction, context, 'default', START));
  await make();
  await call('TagResource', { resourceArn: arn('cluster/default'), tags: [{ key: 'kept', value: 'yes' }] });
  await make();
  const { clusters } = await call('DescribeClusters', { include: ['TAGS'] });
  assert.deepEqual(clusters?.[0]?.tags, [{ key: 'kept', value: 'yes' }]);
});
