import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ecs } from '@oreno/aws-wire';
import { startReconcilers } from '@oreno/reconcile';
import { REMEMBERED_FOR, reapContainerInstances } from '../src/reconcilers/reap-container-instances.ts';
import { containerInstances, tasks } from '../src/records.ts';
import { START, arn, openEcsCalls } from './support/ecs-calls.ts';

const id = (number: number): string => number.toString(16).padStart(32, '0');

const integer = (name: string, integerValue: number): ecs.Resource => ({
  name,
  type: 'INTEGER',
  doubleValue: 0,
  longValue: 0,
  integerValue,
});

const set = (name: string, ...stringSetValue: readonly string[]): ecs.Resource => ({
  name,
  type: 'STRINGSET',
  doubleValue: 0,
  longValue: 0,
  integerValue: 0,
  stringSetValue,
});

test('an agent registers, and every attribute it sent comes back', async (t) => {
  const { call } = await openEcsCalls(t);
  await call('CreateCluster', { clusterName: 'lab' });
  const attributes: ecs.Attribute[] = [
    { name: 'ecs.capability.full-sync' },
    { name: 'ecs.os-type', value: 'linux' },
    { name: 'rack', value: 'r 1' },
    { name: 'empty', value: '' },
  ];
  const { containerInstance } = await call('RegisterContainerInstance', {
    cluster: 'lab',
    instanceIdentityDocument: '',
    instanceIdentityDocumentSignature: '',
    attributes,
    totalResources: [integer('CPU', 2048), integer('MEMORY', 4096), set('PORTS', '22', '2375'), set('PORTS_UDP')],
    platformDevices: [{ id: 'GPU-1', type: 'GPU' }],
    tags: [{ key: 'a', value: 'b' }],
  });
  assert.deepEqual(containerInstance, {
    containerInstanceArn: arn(`container-instance/lab/${id(1)}`),
    version: 1,
    remainingResources: [
      integer('CPU', 2048),
      integer('MEMORY', 4096),
      set('PORTS', '22', '2375'),
      set('PORTS_UDP'),
      set('GPU', 'GPU-1'),
    ],
    registeredResources: [
      integer('CPU', 2048),
      integer('MEMORY', 4096),
      set('PORTS', '22', '2375'),
      set('PORTS_UDP'),
      set('GPU', 'GPU-1'),
    ],
    status: 'ACTIVE',
    agentConnected: false,
    runningTasksCount: 0,
    pendingTasksCount: 0,
    attributes: [
      { name: 'ecs.availability-zone', value: 'us-east-1a' },
      { name: 'ecs.capability.full-sync' },
      { name: 'ecs.os-type', value: 'linux' },
      { name: 'rack', value: 'r 1' },
      { name: 'empty' },
    ],
    registeredAt: START,
    attachments: [],
    tags: [{ key: 'a', value: 'b' }],
  });
});

test('a registration that is sent again, because its answer was lost, makes no second instance', async (t) => {
  const { call, store } = await openEcsCalls(t);
  await call('CreateCluster', { clusterName: 'lab' });
  const register = async (clientToken: string): Promise<string | undefined> =>
    (await call('RegisterContainerInstance', { cluster: 'lab', clientToken })).containerInstance?.containerInstanceArn;
  const first = await register('token-1');
  assert.match(first ?? '', /\/[0-9a-f]{32}$/);
  assert.equal(await register('token-1'), first);
  assert.notEqual(await register('token-2'), first);
  assert.equal((await store.read((transaction) => transaction.list(containerInstances))).length, 2);
});

test('an EC2 machine brings its id, zone, image and type', async (t) => {
  const { call, refusal } = await openEcsCalls(t);
  await call('CreateCluster', {});
  const document = { instanceId: 'i-1', availabilityZone: 'us-east-1c', imageId: 'ami-1', instanceType: 't3.micro' };
  const instanceIdentityDocument = JSON.stringify(document);
  const { containerInstance } = await call('RegisterContainerInstance', { cluster: '', instanceIdentityDocument });
  assert.equal(containerInstance?.ec2InstanceId, 'i-1');
  assert.deepEqual(containerInstance.attributes, [
    { name: 'ecs.availability-zone', value: 'us-east-1c' },
    { name: 'ecs.ami-id', value: 'ami-1' },
    { name: 'ecs.instance-type', value: 't3.micro' },
  ]);
  assert.match(
    await refusal('RegisterContainerInstance', { instanceIdentityDocument: '{' }),
    /^InvalidParameterException: Invalid instance identity document/,
  );
});

test('an agent that comes back keeps its record', async (t) => {
  const { call, register, refusal, later, store } = await openEcsCalls(t);
  await call('CreateCluster', { clusterName: 'lab' });
  const instance = await register('lab', {
    attributes: [{ name: 'ecs.instance-type', value: 'm5' }, { name: 'ecs.capability.old' }],
    tags: [{ key: 'a', value: 'b' }],
  });
  await call('PutAttributes', { cluster: 'lab', attributes: [{ name: 'rack', value: '1', targetId: instance }] });
  await call('UpdateContainerInstancesState', { cluster: 'lab', containerInstances: [instance], status: 'DRAINING' });
  later(5000);
  const again = await call('RegisterContainerInstance', {
    cluster: 'lab',
    containerInstanceArn: instance,
    attributes: [{ name: 'ecs.instance-type', value: 'm5' }, { name: 'ecs.capability.new' }],
    totalResources: [integer('CPU', 1024), integer('MEMORY', 1024)],
  });
  const { containerInstance } = again;
  assert.equal(containerInstance?.containerInstanceArn, instance);
  assert.equal(containerInstance.registeredAt, START);
  assert.equal(containerInstance.status, 'DRAINING');
  assert.deepEqual(containerInstance.tags, [{ key: 'a', value: 'b' }]);
  assert.deepEqual(containerInstance.attributes?.map(({ name }) => name).toSorted(), [
    'ecs.availability-zone',
    'ecs.capability.new',
    'ecs.instance-type',
    'rack',
  ]);
  assert.deepEqual(containerInstance.registeredResources?.[0], integer('CPU', 1024));
  assert.equal((await store.read((transaction) => transaction.list(containerInstances))).length, 1);
  assert.equal(
    await refusal('RegisterContainerInstance', {
      cluster: 'lab',
      containerInstanceArn: instance,
      attributes: [{ name: 'ecs.instance-type', value: 'm6' }],
    }),
    'ClientException: Container instance type changes are not supported.',
  );
});

test('a registration into what is not there is refused in the agents’ words', async (t) => {
  const { call, register, refusal } = await openEcsCalls(t);
  assert.equal(await refusal('RegisterContainerInstance', { cluster: 'lab' }), 'ClientException: Cluster not found.');
  assert.equal(await refusal('RegisterContainerInstance', {}), 'ClientException: Cluster not found.');
  await call('CreateCluster', { clusterName: 'lab' });
  await call('CreateCluster', { clusterName: 'other' });
  const instance = await register('lab');
  assert.equal(
    await refusal('RegisterContainerInstance', { cluster: 'other', containerInstanceArn: instance }),
    'InvalidParameterException: Invalid identifier: Identifier is for cluster lab. Your cluster is other',
  );
  await call('DeregisterContainerInstance', { cluster: 'lab', containerInstance: instance });
  assert.match(
    await refusal('RegisterContainerInstance', { cluster: 'lab', containerInstanceArn: instance }),
    /^ClientException: The container instance is deregistered/,
  );
  assert.match(
    await refusal('RegisterContainerInstance', { cluster: 'lab', attributes: [{ name: 'a b' }] }),
    /^InvalidParameterException: Invalid attribute name/,
  );
  assert.match(
    await refusal('RegisterContainerInstance', { cluster: 'lab', totalResources: [set('PORTS', 'x')] }),
    /^InvalidParameterException: Invalid value of resource PORTS/,
  );
  const unknown = arn(`container-instance/lab/${'f'.repeat(32)}`);
  const adopted = await call('RegisterContainerInstance', { cluster: 'lab', containerInstanceArn: unknown });
  assert.equal(adopted.containerInstance?.containerInstanceArn, unknown);
});

test('a description shows what tasks leave of an instance', async (t) => {
  const { call, register, writeTask, refusal } = await openEcsCalls(t);
  await call('CreateCluster', { clusterName: 'lab' });
  const instance = await register('lab');
  const placed = { containerInstanceId: id(1), containerInstanceArn: instance };
  await writeTask(placed);
  await writeTask({
    ...placed,
    lastStatus: 'PENDING',
    resources: { cpu: 0, memory: 64, ports: [], portsUdp: [53], gpus: 0 },
  });
  const { containerInstances: described, failures } = await call('DescribeContainerInstances', {
    cluster: 'lab',
    containerInstances: [instance, id(1), 'missing'],
  });
  assert.deepEqual(failures, [{ arn: arn('container-instance/lab/missing'), reason: 'MISSING' }]);
  assert.equal(described?.length, 2);
  const [first] = described;
  assert.deepEqual(first?.remainingResources, [
    integer('CPU', 2048 - 256),
    integer('MEMORY', 4096 - 512 - 64),
    set('PORTS', '22', '8080'),
    set('PORTS_UDP', '53'),
  ]);
  assert.equal(first.runningTasksCount, 1);
  assert.equal(first.pendingTasksCount, 1);
  assert.deepEqual(first.tags, []);
  assert.equal(
    await refusal('DescribeContainerInstances', { cluster: 'lab', containerInstances: [] }),
    'ClientException: Container Instances cannot be empty.',
  );
  const many = Array.from({ length: 101 }, () => 'x');
  assert.match(
    await refusal('DescribeContainerInstances', { cluster: 'lab', containerInstances: many }),
    /^InvalidParameterException/,
  );
  assert.equal(
    await refusal('DescribeContainerInstances', { cluster: 'no', containerInstances: ['x'] }),
    'ClusterNotFoundException: Cluster not found.',
  );
  assert.match(
    await refusal('DescribeContainerInstances', { cluster: 'lab', containerInstances: [arn(`task/lab/${id(1)}`)] }),
    /^InvalidParameterException: Invalid identifier/,
  );
});

test('an instance with tasks is deregistered by force only, and its tasks are given up', async (t) => {
  const { call, register, writeTask, refusal, store, later, context } = await openEcsCalls(t);
  await call('CreateCluster', { clusterName: 'lab' });
  const instance = await register('lab');
  const task = await writeTask({ containerInstanceId: id(1), containerInstanceArn: instance });
  const request = { cluster: 'lab', containerInstance: instance };
  assert.equal(
    await refusal('DeregisterContainerInstance', request),
    'InvalidParameterException: Found running tasks on the instance.',
  );
  const { containerInstance } = await call('DeregisterContainerInstance', { ...request, force: true });
  assert.equal(containerInstance?.status, 'INACTIVE');
  const { account, region, clusterName, taskId } = task;
  const row = await store.read((transaction) => transaction.get(tasks, { account, region, clusterName, taskId }));
  assert.equal(row?.record.lastStatus, 'STOPPED');
  assert.equal(row.record.stoppedReason, 'Container instance deregistration forced by user');
  assert.match(await refusal('DeregisterContainerInstance', request), /^InvalidParameterException/);
  assert.deepEqual((await call('ListContainerInstances', { cluster: 'lab' })).containerInstanceArns, []);

  const named = { cluster: 'lab', containerInstances: [instance] };
  assert.equal((await call('DescribeContainerInstances', named)).containerInstances?.[0]?.status, 'INACTIVE');
  const reap = async (): Promise<void> => {
    const loop = startReconcilers({ store, now: context.now, log: () => undefined }, [reapContainerInstances(store)]);
    await loop.idle();
    await loop.stop();
  };
  later(REMEMBERED_FOR - 1);
  await reap();
  assert.equal((await call('DescribeContainerInstances', named)).failures?.length, 0);
  later(1);
  await reap();
  assert.equal((await call('DescribeContainerInstances', named)).failures?.[0]?.reason, 'MISSING');
});

test('states are ACTIVE and DRAINING', async (t) => {
  const { call, register, refusal } = await openEcsCalls(t);
  await call('CreateCluster', { clusterName: 'lab' });
  const [one, two] = [await register('lab'), await register('lab')];
  await call('DeregisterContainerInstance', { cluster: 'lab', containerInstance: two });
  const request = { cluster: 'lab', containerInstances: [one, two, 'missing'], status: 'DRAINING' as const };
  const { containerInstances: updated, failures } = await call('UpdateContainerInstancesState', request);
  assert.deepEqual(
    updated?.map(({ status, version }) => [status, version]),
    [['DRAINING', 2]],
  );
  assert.deepEqual(failures, [
    { arn: two, reason: 'INACTIVE' },
    { arn: arn('container-instance/lab/missing'), reason: 'MISSING' },
  ]);
  assert.equal(
    await refusal('UpdateContainerInstancesState', { ...request, status: 'REGISTERING' }),
    'InvalidParameterException: Container instance status should be one of [ACTIVE, DRAINING]',
  );
  assert.match(
    await refusal('UpdateContainerInstancesState', { ...request, containerInstances: [] }),
    /cannot be empty/,
  );
  const eleven = Array.from({ length: 11 }, () => one);
  assert.match(
    await refusal('UpdateContainerInstancesState', { ...request, containerInstances: eleven }),
    /^InvalidParameterException/,
  );
});

test('instances are listed by status, filter and page', async (t) => {
  const { call, register, refusal, writeTask } = await openEcsCalls(t);
  await call('CreateCluster', { clusterName: 'lab' });
  const arns: string[] = [];
  for (let index = 0; index < 5; index += 1) {
    arns.push(await register('lab', { attributes: [{ name: 'rack', value: index < 2 ? 'a' : 'b' }] }));
  }
  const [first = '', second = '', third, , fifth = ''] = arns;
  await call('UpdateContainerInstancesState', { cluster: 'lab', containerInstances: [fifth], status: 'DRAINING' });
  const list = async (input: ecs.ListContainerInstancesRequest): Promise<readonly string[] | undefined> =>
    (await call('ListContainerInstances', { cluster: 'lab', ...input })).containerInstanceArns;
  assert.deepEqual(await list({}), arns);
  assert.deepEqual(await list({ status: 'DRAINING' }), [fifth]);
  assert.deepEqual(await list({ status: 'ACTIVE', filter: 'attribute:rack == b' }), arns.slice(2, 4));
  assert.deepEqual(await list({ filter: 'attribute:rack == a' }), [first, second]);
  await writeTask({ containerInstanceId: first.slice(-32), containerInstanceArn: first, group: 'service:web' });
  assert.deepEqual(await list({ filter: 'task:group == service:web' }), [first]);
  assert.deepEqual(await list({ filter: 'runningTasksCount == 0 and attribute:rack == a' }), [second]);
  const page = await call('ListContainerInstances', { cluster: 'lab', maxResults: 2 });
  assert.deepEqual(page.containerInstanceArns, [first, second]);
  assert.deepEqual(await list({ maxResults: 1, nextToken: page.nextToken }), [third]);
  assert.match(
    await refusal('ListContainerInstances', { cluster: 'lab', filter: 'attribute:' }),
    /^InvalidParameterException/,
  );
  assert.equal(
    await refusal('ListContainerInstances', { cluster: 'x' }),
    'ClusterNotFoundException: Cluster not found.',
  );
});

test('custom attributes are put, listed and deleted', async (t) => {
  const { call, register, refusal } = await openEcsCalls(t);
  await call('CreateCluster', { clusterName: 'lab' });
  const one = await register('lab', { attributes: [{ name: 'ecs.os-type', value: 'linux' }] });
  const two = await register('lab');
  const shortId = two.slice(-32);
  const put = (attributes: readonly ecs.Attribute[]): Promise<ecs.PutAttributesResponse> =>
    call('PutAttributes', { cluster: 'lab', attributes });
  assert.deepEqual((await put([{ name: 'rack', value: '1', targetId: one }])).attributes, [
    { name: 'rack', value: '1', targetId: one },
  ]);
  await put([
    { name: 'rack', value: '2', targetId: one },
    { name: 'rack', value: '3', targetType: 'container-instance', targetId: shortId },
  ]);

  const list = async (input: Partial<ecs.ListAttributesRequest>): Promise<readonly ecs.Attribute[] | undefined> =>
    (await call('ListAttributes', { cluster: 'lab', targetType: 'container-instance', ...input })).attributes;
  assert.deepEqual(await list({ attributeName: 'rack' }), [
    { name: 'rack', value: '2', targetId: one },
    { name: 'rack', value: '3', targetId: two },
  ]);
  assert.deepEqual(await list({ attributeName: 'rack', attributeValue: '3' }), [
    { name: 'rack', value: '3', targetId: two },
  ]);
  const all = await list({});
  const paged: ecs.Attribute[] = [];
  for (let nextToken: string | undefined; ;) {
    const page = await call('ListAttributes', {
      cluster: 'lab',
      targetType: 'container-instance',
      maxResults: 2,
      nextToken,
    });
    paged.push(...(page.attributes ?? []));
    nextToken = page.nextToken;
    if (nextToken === undefined) break;
  }
  assert.deepEqual(paged, all);
  assert.equal(all?.length, 5);

  const removed = await call('DeleteAttributes', {
    cluster: 'lab',
    attributes: [
      { name: 'rack', targetId: one },
      { name: 'no', targetId: one },
    ],
  });
  assert.deepEqual(removed.attributes, [{ name: 'rack', value: '2', targetId: one }]);
  assert.deepEqual(await list({ attributeName: 'rack' }), [{ name: 'rack', value: '3', targetId: two }]);

  const refused = (attributes: readonly ecs.Attribute[]): Promise<string> =>
    refusal('PutAttributes', { cluster: 'lab', attributes });
  assert.equal(await refused([]), 'InvalidParameterException: attributes can not be empty');
  assert.match(
    await refused([{ name: 'a', targetId: 'nobody', targetType: 'container-instance' }]),
    /^TargetNotFoundException: Could not find nobody$/,
  );
  assert.match(await refused([{ name: 'a', targetId: shortId }]), /^InvalidParameterException: targetType/);
  assert.match(await refused([{ name: 'a' }]), /^InvalidParameterException: targetId/);
  assert.match(
    await refused([{ name: 'ecs.os-type', value: 'plan9', targetId: one }]),
    /^InvalidParameterException: .*reserved/,
  );
  assert.match(await refused([{ name: 'a', value: ' x', targetId: one }]), /^InvalidParameterException: Invalid value/);
  const eleven = Array.from({ length: 11 }, (_, index) => ({ name: `a${index}`, targetId: one }));
  assert.match(await refused(eleven), /^InvalidParameterException: At most 10/);
  await put(eleven.slice(0, 10));
  assert.match(await refused(eleven.slice(10)), /^AttributeLimitExceededException/);
  assert.match(
    await refusal('DeleteAttributes', { cluster: 'lab', attributes: [{ name: 'ecs.os-type', targetId: one }] }),
    /^InvalidParameterException: .*reserved/,
  );
  assert.match(
    await refusal('ListAttributes', { cluster: 'lab', targetType: 'container-instance', attributeValue: 'x' }),
    /^InvalidParameterException/,
  );
});

test('an agent cannot be updated from here, and the answer says why', async (t) => {
  const { call, register, refusal, store } = await openEcsCalls(t);
  await call('CreateCluster', { clusterName: 'lab' });
  const containerInstance = await register('lab');
  const request = { cluster: 'lab', containerInstance };
  assert.match(await refusal('UpdateContainerAgent', request), /^MissingVersionException/);
  const write = (changes: object): Promise<unknown> =>
    store.update(async (transaction) => {
      const [row] = await transaction.list(containerInstances);
      if (row !== undefined) await transaction.put(containerInstances, { ...row.record, ...changes });
    });
  await write({ versionInfo: { agentVersion: '1.101.0' } });
  assert.match(await refusal('UpdateContainerAgent', request), /^NoUpdateAvailableException/);
  await write({ agentUpdateStatus: 'STAGING' });
  assert.match(await refusal('UpdateContainerAgent', request), /^UpdateInProgressException/);
  assert.match(
    await refusal('UpdateContainerAgent', { ...request, containerInstance: 'no' }),
    /^InvalidParameterException/,
  );
});

test('agents are told the address they came by', async (t) => {
  const { call } = await openEcsCalls(t);
  assert.deepEqual(await call('DiscoverPollEndpoint', { cluster: 'lab' }), {
    endpoint: 'http://10.0.0.1:4566/acs/',
    telemetryEndpoint: 'http://10.0.0.1:4566/tcs/',
  });
});

test('tags go to clusters, definitions, instances and tasks', async (t) => {
  const { call, register, writeTask, refusal } = await openEcsCalls(t);
  await call('CreateCluster', { clusterName: 'lab' });
  await call('RegisterTaskDefinition', {
    family: 'app',
    containerDefinitions: [{ name: 'a', image: 'b', memory: 64 }],
  });
  const task = await writeTask({});
  const resources = [arn('cluster/lab'), arn('task-definition/app:1'), await register('lab'), task.taskArn];
  for (const resourceArn of resources) {
    await call('TagResource', {
      resourceArn,
      tags: [
        { key: 'a', value: '1' },
        { key: 'b', value: '2' },
      ],
    });
    await call('TagResource', { resourceArn, tags: [{ key: 'a', value: '3' }] });
    await call('UntagResource', { resourceArn, tagKeys: ['b', 'no'] });
    assert.deepEqual(
      (await call('ListTagsForResource', { resourceArn })).tags,
      [{ key: 'a', value: '3' }],
      resourceArn,
    );
  }
  const tag = (resourceArn: string, tags: readonly ecs.Tag[] = [{ key: 'k' }]): Promise<string> =>
    refusal('TagResource', { resourceArn, tags });
  assert.equal(await tag('lab'), 'InvalidParameterException: The ARN provided is invalid.');
  assert.match(await tag(arn('volume/x')), /^InvalidParameterException: The resource type volume cannot be tagged/);
  assert.equal(await tag(arn('cluster/no')), 'ClusterNotFoundException: Cluster not found.');
  assert.match(
    await tag(arn('task-definition/app:2')),
    /^ResourceNotFoundException: The specified task definition was not found/,
  );
  assert.match(await refusal('ListTagsForResource', { resourceArn: arn('task/lab/x') }), /^InvalidParameterException/);
  assert.match(await tag(arn('cluster/lab'), [{ key: 'aws:x' }]), /^InvalidParameterException/);
  const fifty = Array.from({ length: 50 }, (_, index) => ({ key: `k${index}`, value: '' }));
  assert.match(await tag(arn('cluster/lab'), fifty), /^InvalidParameterException: The number of tags/);
  assert.match(
    await refusal('UntagResource', { resourceArn: arn('cluster/lab'), tagKeys: ['aws:x'] }),
    /^InvalidParameterException/,
  );
  await call('CreateCluster', { clusterName: 'gone' });
  await call('DeleteCluster', { cluster: 'gone' });
  assert.equal(
    await tag(arn('cluster/gone')),
    'InvalidParameterException: The specified cluster is inactive. Specify an active cluster and try again.',
  );
});
