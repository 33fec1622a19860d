import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { ecs } from '@oreno/aws-wire';
import { decideFollowingInstance, followInstances } from '../src/reconcilers/follow-instances.ts';
import { decideForgettingFinished, reapStoppedTasks } from '../src/reconcilers/reap-stopped-tasks.ts';
import { containerInstances } from '../src/records.ts';
import { ACCOUNT, REGION, START, arn, openEcsCalls, type EcsCalls } from './support/ecs-calls.ts';

const web: ecs.RegisterTaskDefinitionRequest = {
  family: 'web',
  containerDefinitions: [
    { name: 'main', image: 'busybox', cpu: 256, memory: 512, memoryReservation: 256, essential: true },
    { name: 'side', image: 'busybox', cpu: 128, memory: 128, essential: false },
  ],
  tags: [{ key: 'team', value: 'a' }],
};

const capabilities: readonly ecs.Attribute[] = [
  ...Array.from({ length: 16 }, (_, index) => ({
    name: `com.amazonaws.ecs.capability.docker-remote-api.1.${17 + index}`,
  })),
  { name: 'ecs.cpu-architecture', value: 'x86_64' },
];

interface Lab extends EcsCalls {
  readonly instanceArn: string;
  /** Registers a further instance with a connected agent. */
  addInstance(request?: ecs.RegisterContainerInstanceRequest): Promise<string>;
}

/** A cluster `lab` with one connected instance (2,048 CPU units, 4,096 MiB) and the task definition `web`. */
const openLab = async (t: TestContext, definition = web): Promise<Lab> => {
  const calls = await openEcsCalls(t);
  await calls.call('CreateCluster', { clusterName: 'lab' });
  await calls.call('RegisterTaskDefinition', definition);
  const addInstance: Lab['addInstance'] = async (request) => {
    const instanceArn = await calls.register('lab', { attributes: capabilities, ...request });
    const containerInstanceId = instanceArn.split('/').at(-1) ?? '';
    await calls.store.update(async (transaction) => {
      const key = { account: ACCOUNT, region: REGION, clusterName: 'lab', containerInstanceId };
      const row = await transaction.get(containerInstances, key);
      if (row !== undefined) await transaction.put(containerInstances, { ...row.record, agentConnected: true });
    });
    return instanceArn;
  };
  return { ...calls, addInstance, instanceArn: await addInstance() };
};

const run = (lab: EcsCalls, changes: Partial<ecs.RunTaskRequest> = {}) =>
  lab.call('RunTask', { cluster: 'lab', taskDefinition: 'web', ...changes });

const describeTask = async (lab: EcsCalls, task: string, include: ecs.TaskField[] = []) =>
  (await lab.call('DescribeTasks', { cluster: 'lab', tasks: [task], include })).tasks?.[0];

const report = (lab: EcsCalls, task: string, status: string, more: Partial<ecs.SubmitTaskStateChangeRequest> = {}) =>
  lab.call('SubmitTaskStateChange', { cluster: 'lab', task, status, reason: '', ...more });

const defined = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

test('a task is run and described as ECS describes it', async (t) => {
  const lab = await openLab(t);
  const { tasks = [], failures } = await run(lab, { startedBy: 'ci/job-1', tags: [{ key: 'k', value: 'v' }] });
  assert.deepEqual(failures, []);
  const [task] = tasks;
  const taskId = task?.taskArn?.split('/').at(-1) ?? '';
  const described = await describeTask(lab, taskId);
  const container = (name: string, cpu: string, memory: string, index: number) => ({
    containerArn: task?.containers?.[index]?.containerArn,
    taskArn: arn(`task/lab/${taskId}`),
    name,
    image: 'busybox',
    lastStatus: 'PENDING',
    networkBindings: [],
    networkInterfaces: [],
    healthStatus: 'UNKNOWN',
    cpu,
    memory,
  });
  assert.deepEqual(defined(described), {
    attachments: [],
    attributes: [{ name: 'ecs.cpu-architecture', value: 'x86_64' }],
    availabilityZone: 'us-east-1a',
    clusterArn: arn('cluster/lab'),
    connectivity: 'CONNECTED',
    connectivityAt: START,
    containerInstanceArn: lab.instanceArn,
    containers: [
      { ...container('main', '256', '512', 0), memoryReservation: '256' },
      container('side', '128', '128', 1),
    ],
    cpu: '384',
    createdAt: START,
    desiredStatus: 'RUNNING',
    enableExecuteCommand: false,
    group: 'family:web',
    healthStatus: 'UNKNOWN',
    lastStatus: 'PENDING',
    launchType: 'EC2',
    memory: '384',
    overrides: { containerOverrides: [], inferenceAcceleratorOverrides: [] },
    startedBy: 'ci/job-1',
    tags: [],
    taskArn: arn(`task/lab/${taskId}`),
    taskDefinitionArn: arn('task-definition/web:1'),
    version: 1,
  });
  assert.deepEqual((await describeTask(lab, taskId, ['TAGS']))?.tags, [{ key: 'k', value: 'v' }]);
  assert.match(
    task?.containers?.[0]?.containerArn ?? '',
    new RegExp(`^${arn(`container/lab/${taskId}/`)}[0-9a-f-]{36}$`),
  );
});

test('what fits is started, and the rest are failures that explain', async (t) => {
  const lab = await openLab(t);
  const { tasks, failures = [] } = await run(lab, { count: 10 });
  assert.equal(tasks?.length, 5);
  assert.deepEqual(
    failures.map(({ arn: instance, reason }) => [instance, reason]),
    [[lab.instanceArn, 'RESOURCE:CPU']],
  );
  const { containerInstances: [instance] = [] } = await lab.call('DescribeContainerInstances', {
    cluster: 'lab',
    containerInstances: [lab.instanceArn],
  });
  assert.equal(instance?.pendingTasksCount, 5);
  assert.equal(instance?.remainingResources?.[0]?.integerValue, 2048 - 5 * 384);
});

test('concurrent requests never share room', async (t) => {
  const lab = await openLab(t);
  await lab.addInstance();
  const answers = await Promise.all(Array.from({ length: 20 }, () => run(lab, { count: 2 })));
  assert.equal(answers.flatMap(({ tasks = [] }) => tasks).length, 10);
  for (const { tasks = [], failures = [] } of answers) assert.equal(tasks.length < 2, failures.length > 0);
});

test('a request that fails gives its room back', async (t) => {
  const lab = await openLab(t);
  const broken = { ...lab.store, update: () => Promise.reject(new Error('disk full')) };
  await assert.rejects(
    lab.call(
      'RunTask',
      { cluster: 'lab', taskDefinition: 'web', count: 5 },
      { store: { ...broken, read: lab.store.read.bind(lab.store) } },
    ),
  );
  assert.equal((await run(lab, { count: 5 })).tasks?.length, 5);
});

test('an instance that begins to drain takes no more tasks', async (t) => {
  const lab = await openLab(t);
  await lab.call('UpdateContainerInstancesState', {
    cluster: 'lab',
    containerInstances: [lab.instanceArn],
    status: 'DRAINING',
  });
  assert.equal(
    await lab.refusal('RunTask', { cluster: 'lab', taskDefinition: 'web' }),
    'InvalidParameterException: No Container Instances were found in your cluster.',
  );
});

test('a task lives as its agent tells', async (t) => {
  const lab = await openLab(t);
  const { tasks: [task] = [] } = await run(lab);
  const taskArn = task?.taskArn ?? '';
  const networkBindings = [{ bindIP: '0.0.0.0', containerPort: 80, hostPort: 32768, protocol: 'tcp' as const }];
  lab.later(1000);
  await report(lab, taskArn, 'RUNNING', {
    containers: [
      { containerName: 'main', status: 'RUNNING', runtimeId: 'r', networkBindings },
      { containerName: 'side', status: 'RUNNING' },
    ],
    pullStartedAt: START + 1,
    pullStoppedAt: START + 2,
  });
  const running = await describeTask(lab, taskArn);
  assert.equal(running?.lastStatus, 'RUNNING');
  assert.equal(running?.startedAt, START + 1000);
  assert.deepEqual(running?.containers?.[0]?.networkBindings, networkBindings);
  lab.later(1000);
  await report(lab, taskArn, 'STOPPED', {
    containers: [
      { containerName: 'main', status: 'STOPPED', exitCode: 7 },
      { containerName: 'side', status: 'STOPPED', exitCode: 0 },
    ],
    executionStoppedAt: START + 1900,
  });
  const stopped = await describeTask(lab, taskArn);
  assert.equal(stopped?.lastStatus, 'STOPPED');
  assert.equal(stopped?.desiredStatus, 'STOPPED');
  assert.equal(stopped?.stopCode, 'EssentialContainerExited');
  assert.equal(stopped?.stoppedReason, 'Essential container in task exited');
  assert.equal(stopped?.containers?.[0]?.exitCode, 7);
  assert.deepEqual([stopped?.executionStoppedAt, stopped?.stoppedAt], [START + 1900, START + 2000]);
  assert.equal(stopped?.version, 3);
  assert.equal((await run(lab, { count: 5 })).tasks?.length, 5);
});

test('what agents say of tasks that are not there is acknowledged, and never a ClientException', async (t) => {
  const lab = await openLab(t);
  for (const task of [arn(`task/lab/${'0'.repeat(32)}`), arn('task/other/x'), 'short', arn('task/old-format')]) {
    assert.equal((await report(lab, task, 'STOPPED')).acknowledgment, 'test');
  }
  for (const task of ['', 'arn:aws:ecs', 'arn:aws:s3:::b', 'arn:aws:ecs:eu-west-1:111122223333:task/lab/x']) {
    assert.match(
      await lab.refusal('SubmitTaskStateChange', { cluster: 'lab', task, status: 'STOPPED' }),
      /^InvalidParameterException/,
    );
  }
});

test('a stopped task keeps who stopped it', async (t) => {
  const lab = await openLab(t);
  const { tasks: [task] = [] } = await run(lab);
  const taskArn = task?.taskArn ?? '';
  const stopped = (await lab.call('StopTask', { cluster: 'lab', task: taskArn })).task;
  assert.deepEqual(
    [stopped?.desiredStatus, stopped?.lastStatus, stopped?.stopCode, stopped?.stoppedReason, stopped?.version],
    ['STOPPED', 'PENDING', 'UserInitiated', 'Task stopped by user', 2],
  );
  const again = (await lab.call('StopTask', { cluster: 'lab', task: taskArn, reason: 'other' })).task;
  assert.deepEqual(again, stopped);
  await report(lab, taskArn, 'STOPPED');
  assert.equal((await describeTask(lab, taskArn))?.stoppedReason, 'Task stopped by user');
  const missing = { cluster: 'lab', task: '0'.repeat(32) };
  assert.equal(await lab.refusal('StopTask', missing), 'InvalidParameterException: The referenced task was not found.');
  assert.match(await lab.refusal('StopTask', { ...missing, reason: 'x'.repeat(1025) }), /^InvalidParameterException/);
  assert.match(
    await lab.refusal('StopTask', { ...missing, task: 'short' }),
    /taskId length should be one of \[32,36\]/,
  );
});

test('a client token starts tasks once', async (t) => {
  const lab = await openLab(t);
  const first = await run(lab, { clientToken: 'once', count: 2 });
  const second = await run(lab, { count: 2, clientToken: 'once' });
  assert.deepEqual(
    second.tasks?.map((task) => task.taskArn),
    first.tasks?.map((task) => task.taskArn),
  );
  assert.match(
    await lab.refusal('RunTask', { cluster: 'lab', taskDefinition: 'web', clientToken: 'once' }),
    /^ConflictException/,
  );
  lab.later(24 * 60 * 60 * 1000);
  assert.notDeepEqual((await run(lab, { clientToken: 'once' })).tasks?.[0]?.taskArn, first.tasks?.[0]?.taskArn);
});

test('tags come from the request, the task definition and ECS', async (t) => {
  const lab = await openLab(t);
  const { tasks: [task] = [] } = await run(lab, {
    tags: [{ key: 'k', value: 'v' }],
    propagateTags: 'TASK_DEFINITION',
    enableECSManagedTags: true,
  });
  assert.deepEqual(task?.tags, [
    { key: 'aws:ecs:clusterName', value: 'lab' },
    { key: 'k', value: 'v' },
    { key: 'team', value: 'a' },
  ]);
});

test('overrides change what a task takes', async (t) => {
  const lab = await openLab(t);
  const overrides = { containerOverrides: [{ name: 'main', cpu: 1000, memoryReservation: 1000, command: ['true'] }] };
  const { tasks: [task] = [] } = await run(lab, { overrides });
  assert.deepEqual([task?.cpu, task?.memory], ['1128', '1128']);
  assert.deepEqual(task?.overrides, { ...overrides, inferenceAcceleratorOverrides: [] });
  assert.equal(task?.containers?.[0]?.cpu, '1000');
});

const refusals: readonly (readonly [string, Partial<ecs.RunTaskRequest>, RegExp])[] = [
  ['no count', { count: 0 }, /^InvalidParameterException/],
  ['too many', { count: 11 }, /^InvalidParameterException/],
  [
    'an unknown container',
    { overrides: { containerOverrides: [{ name: 'x' }] } },
    /^InvalidParameterException: Override for container named x is not a container in the TaskDefinition\.$/,
  ],
  ['an unnamed override', { overrides: { containerOverrides: [{ cpu: 1 }] } }, /^InvalidParameterException/],
  [
    'long overrides',
    { overrides: { containerOverrides: [{ name: 'main', command: ['x'.repeat(8192)] }] } },
    /must be at most 8192$/,
  ],
  ['a long startedBy', { startedBy: 'x'.repeat(129) }, /^InvalidParameterException: startedBy longer than 128\.$/],
  ["a service's group", { group: 'service:web' }, /^InvalidParameterException/],
  ['tags of a service', { propagateTags: 'SERVICE' }, /^InvalidParameterException/],
  ['a reserved tag', { tags: [{ key: 'aws:x', value: '' }] }, /^InvalidParameterException/],
  ['ECS Exec', { enableExecuteCommand: true }, /^UnsupportedFeatureException/],
  ['a volume at launch', { volumeConfigurations: [{ name: 'v' }] }, /^UnsupportedFeatureException/],
  ['no task definition', { taskDefinition: 'none' }, /^ClientException: TaskDefinition not found\.$/],
  ['no cluster', { cluster: 'none' }, /^ClusterNotFoundException: Cluster not found\.$/],
  [
    'a network for bridge',
    { networkConfiguration: { awsvpcConfiguration: { subnets: ['s'] } } },
    /^InvalidParameterException: Network Configuration is not valid/,
  ],
  [
    'both capacities',
    { launchType: 'EC2', capacityProviderStrategy: [{ capacityProvider: 'FARGATE' }] },
    /^InvalidParameterException: Specifying both/,
  ],
  [
    'Fargate for a definition that is not for it',
    { launchType: 'FARGATE' },
    /^InvalidParameterException: Task definition does not support launch_type FARGATE\.$/,
  ],
  ['a platform version on EC2', { platformVersion: 'LATEST' }, /^InvalidParameterException/],
  [
    'eleven constraints',
    { placementConstraints: Array.from({ length: 11 }, () => ({ type: 'distinctInstance' as const })) },
    /^InvalidParameterException/,
  ],
  [
    'six strategies',
    { placementStrategy: Array.from({ length: 6 }, () => ({ type: 'random' as const })) },
    /^InvalidParameterException/,
  ],
  [
    'a malformed expression',
    { placementConstraints: [{ type: 'memberOf', expression: 'x ==' }] },
    /^InvalidParameterException: Invalid expression.*position 1/,
  ],
  ['an odd strategy', { placementStrategy: [{ type: 'binpack', field: 'disk' }] }, /^InvalidParameterException/],
  ['an odd token', { clientToken: 'ä' }, /^InvalidParameterException/],
];

test('RunTask refuses', async (t) => {
  const lab = await openLab(t);
  for (const [what, changes, expected] of refusals) {
    await t.test(what, async () => {
      assert.match(await lab.refusal('RunTask', { cluster: 'lab', taskDefinition: 'web', ...changes }), expected);
    });
  }
  await lab.call('DeregisterTaskDefinition', { taskDefinition: 'web:1' });
  assert.equal(
    await lab.refusal('RunTask', { cluster: 'lab', taskDefinition: 'web:1' }),
    'ClientException: TaskDefinition is inactive',
  );
});

test('a Fargate task definition runs on any instance that has room', async (t) => {
  const lab = await openLab(t, {
    family: 'web',
    networkMode: 'awsvpc',
    requiresCompatibilities: ['FARGATE'],
    cpu: '256',
    memory: '512',
    containerDefinitions: [{ name: 'main', image: 'busybox' }],
  });
  await lab.addInstance({ attributes: [...capabilities, { name: 'ecs.capability.task-eni' }] });
  const networkConfiguration = { awsvpcConfiguration: { subnets: ['subnet-1'] } };
  assert.match(
    await lab.refusal('RunTask', { cluster: 'lab', taskDefinition: 'web', launchType: 'FARGATE' }),
    /Network Configuration must be provided/,
  );
  const { tasks: [task] = [], failures } = await run(lab, { launchType: 'FARGATE', networkConfiguration });
  assert.deepEqual(failures, []);
  assert.deepEqual(
    [task?.launchType, task?.lastStatus, task?.cpu, task?.memory],
    ['FARGATE', 'PROVISIONING', '256', '512'],
  );
  const [attachment] = task?.attachments ?? [];
  assert.equal(attachment?.type, 'ElasticNetworkInterface');
  assert.equal(attachment?.status, 'PRECREATED');
  const networkBindings = [{ bindIP: '172.31.0.7', containerPort: 80, hostPort: 80, protocol: 'tcp' as const }];
  await report(lab, task?.taskArn ?? '', 'RUNNING', {
    containers: [{ containerName: 'main', status: 'RUNNING', networkBindings }],
  });
  const running = await describeTask(lab, task?.taskArn ?? '');
  assert.equal(running?.attachments?.[0]?.status, 'ATTACHED');
  assert.equal(
    running?.attachments?.[0]?.details?.find(({ name }) => name === 'privateIPv4Address')?.value,
    '172.31.0.7',
  );
  assert.deepEqual(running?.containers?.[0]?.networkInterfaces, [
    { attachmentId: attachment?.id, privateIpv4Address: '172.31.0.7' },
  ]);
  assert.deepEqual(running?.containers?.[0]?.networkBindings, []);
});

test('fixed host ports are given once', async (t) => {
  const ports = (networkMode: ecs.NetworkMode): ecs.RegisterTaskDefinitionRequest => ({
    family: 'web',
    networkMode,
    containerDefinitions: [
      {
        name: 'main',
        image: 'busybox',
        memory: 64,
        portMappings: [
          { containerPort: 80, hostPort: networkMode === 'host' ? 80 : 8080 },
          { containerPort: 53, hostPort: 53, protocol: 'udp' },
        ],
      },
    ],
  });
  for (const networkMode of ['bridge', 'host'] as const) {
    const lab = await openLab(t, ports(networkMode));
    const { tasks, failures } = await run(lab, { count: 2 });
    assert.equal(tasks?.length, 1);
    assert.equal(failures?.[0]?.reason, 'RESOURCE:PORTS');
  }
});

test('StartTask starts on the instances named, or says why not', async (t) => {
  const lab = await openLab(t);
  const alone = await lab.register('lab');
  const missing = arn(`container-instance/lab/${'f'.repeat(32)}`);
  const { tasks = [], failures } = await lab.call('StartTask', {
    cluster: 'lab',
    taskDefinition: 'web',
    containerInstances: [lab.instanceArn, alone, missing],
  });
  assert.deepEqual(
    tasks.map(({ containerInstanceArn }) => containerInstanceArn),
    [lab.instanceArn],
  );
  assert.deepEqual(failures, [
    { arn: alone, reason: 'AGENT' },
    { arn: missing, reason: 'MISSING' },
  ]);
  assert.match(
    await lab.refusal('StartTask', { cluster: 'lab', taskDefinition: 'web', containerInstances: [] }),
    /^InvalidParameterException/,
  );
});

test('tasks are listed by what is asked for, in stable pages', async (t) => {
  const lab = await openLab(t);
  const small = { taskDefinition: 'small' };
  await lab.call('RegisterTaskDefinition', {
    family: 'small',
    containerDefinitions: [{ name: 'main', image: 'busybox', memory: 16 }],
  });
  for (let index = 0; index < 3; index += 1) await run(lab, { ...small, count: 10, startedBy: 'a batch' });
  const { tasks: [one] = [] } = await run(lab);
  await lab.call('StopTask', { cluster: 'lab', task: one?.taskArn ?? '' });
  const list = async (input: ecs.ListTasksRequest) =>
    (await lab.call('ListTasks', { cluster: 'lab', ...input })).taskArns ?? [];
  assert.equal((await list({})).length, 30);
  assert.deepEqual(await list({ desiredStatus: 'STOPPED' }), [one?.taskArn]);
  assert.deepEqual(await list({ desiredStatus: 'PENDING' }), []);
  assert.equal((await list({ family: 'small' })).length, 30);
  assert.deepEqual(await list({ family: 'web', desiredStatus: 'STOPPED' }), [one?.taskArn]);
  assert.equal((await list({ startedBy: 'a batch' })).length, 30);
  assert.equal((await list({ containerInstance: lab.instanceArn, launchType: 'EC2' })).length, 30);
  assert.deepEqual(await list({ launchType: 'FARGATE' }), []);
  const seen: string[] = [];
  let nextToken: string | undefined;
  do {
    const page = await lab.call('ListTasks', {
      cluster: 'lab',
      maxResults: 7,
      family: 'small',
      ...(nextToken === undefined ? {} : { nextToken }),
    });
    seen.push(...(page.taskArns ?? []));
    nextToken = page.nextToken;
    await run(lab, small);
  } while (nextToken !== undefined);
  assert.equal(new Set(seen).size, seen.length);
  for (const taskArn of await list({ startedBy: 'a batch' })) assert.ok(seen.includes(taskArn));
  assert.match(
    await lab.refusal('ListTasks', { cluster: 'lab', startedBy: 'a', family: 'b' }),
    /^InvalidParameterException/,
  );
  assert.match(await lab.refusal('ListTasks', { cluster: 'lab', serviceName: 'a' }), /^ServiceNotFoundException/);
  assert.match(await lab.refusal('ListTasks', { cluster: 'lab', maxResults: 101 }), /^InvalidParameterException/);
  assert.match(await lab.refusal('ListTasks', { cluster: 'lab', nextToken: '???' }), /^InvalidParameterException/);
  assert.match(
    await lab.refusal('ListTasks', { cluster: 'lab', containerInstance: 'f'.repeat(32) }),
    /^InvalidParameterException/,
  );
});

test('DescribeTasks names what is missing', async (t) => {
  const lab = await openLab(t);
  const id = 'f'.repeat(32);
  const { tasks, failures } = await lab.call('DescribeTasks', { cluster: 'lab', tasks: [id] });
  assert.deepEqual([tasks, failures], [[], [{ arn: arn(`task/lab/${id}`), reason: 'MISSING' }]]);
  assert.equal(
    await lab.refusal('DescribeTasks', { cluster: 'lab', tasks: [] }),
    'InvalidParameterException: Tasks cannot be empty.',
  );
  assert.match(
    await lab.refusal('DescribeTasks', { cluster: 'lab', tasks: Array(101).fill(id) }),
    /^InvalidParameterException/,
  );
  assert.match(
    await lab.refusal('DescribeTasks', { cluster: 'lab', tasks: [arn(`task/other/${id}`)] }),
    /Identifier is for cluster other\. Your cluster is lab/,
  );
});

test('stopped tasks and tokens are forgotten after their time', async (t) => {
  const lab = await openLab(t);
  const { tasks: [task] = [] } = await run(lab, { clientToken: 'once' });
  const taskArn = task?.taskArn ?? '';
  const reap = async (): Promise<void> => {
    const loop = reapStoppedTasks(lab.store);
    const finished = await lab.store.read((transaction) => loop.read(transaction, 'finished'));
    assert.ok(finished);
    for (const step of decideForgettingFinished(finished, lab.context.now()).steps) {
      if (step.kind === 'forgetTasks') await loop.perform.forgetTasks(step);
      else await loop.perform.forgetTokens(step);
    }
  };
  await report(lab, taskArn, 'STOPPED');
  lab.later(3_599_999);
  await reap();
  assert.ok(await describeTask(lab, taskArn));
  lab.later(1);
  await reap();
  assert.equal(await describeTask(lab, taskArn), undefined);
  lab.later(24 * 3_600_000);
  await reap();
  assert.equal((await run(lab, { clientToken: 'once' })).tasks?.length, 1);
});

test('tasks learn that their agent is away, and end with their instance', async (t) => {
  const lab = await openLab(t);
  const { tasks: [task] = [] } = await run(lab);
  const taskArn = task?.taskArn ?? '';
  const loop = followInstances(lab.store);
  const change = async (changes: object): Promise<void> => {
    const [row] = await lab.store.read((transaction) => transaction.list(containerInstances));
    assert.ok(row);
    await lab.store.update((transaction) => transaction.put(containerInstances, { ...row.record, ...changes }));
    const [key = ''] = await lab.store.read((transaction) => loop.keys(transaction));
    const snapshot = await lab.store.read((transaction) => loop.read(transaction, key));
    assert.ok(snapshot);
    for (const step of decideFollowingInstance(snapshot, lab.context.now()).steps) await loop.perform.moveTasks(step);
  };
  await change({ agentConnected: false, agentConnectedAt: START + 5 });
  const away = await describeTask(lab, taskArn);
  assert.deepEqual(
    [away?.connectivity, away?.connectivityAt, away?.lastStatus],
    ['DISCONNECTED', START + 5, 'PENDING'],
  );
  await change({ agentConnected: true, agentConnectedAt: START + 9 });
  assert.equal((await describeTask(lab, taskArn))?.connectivity, 'CONNECTED');
  await change({ status: 'INACTIVE', deregisteredAt: START + 10 });
  const gone = await describeTask(lab, taskArn);
  assert.deepEqual(
    [gone?.lastStatus, gone?.stoppedReason, gone?.containers?.[0]?.lastStatus],
    ['STOPPED', 'Container instance deregistration forced by user', 'STOPPED'],
  );
});
