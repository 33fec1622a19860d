import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ecs } from '@oreno/aws-wire';
import { startReconcilers } from '@oreno/reconcile';
import { unsupportedFeatures } from '../src/domain/task-definition/unsupported.ts';
import { deleteTaskDefinitions } from '../src/reconcilers/delete-task-definitions.ts';
import { START, arn, openEcsCalls, root } from './support/ecs-calls.ts';

const minimal: ecs.RegisterTaskDefinitionRequest = {
  family: 'app',
  containerDefinitions: [{ name: 'main', image: 'busybox:1', memory: 64 }],
};

/** A definition that uses nearly every member of the model, as a user would write it. */
const full: ecs.RegisterTaskDefinitionRequest = {
  family: 'full',
  taskRoleArn: 'arn:aws:iam::111122223333:role/task',
  executionRoleArn: 'arn:aws:iam::111122223333:role/exec',
  networkMode: 'bridge',
  cpu: '1 vCPU',
  memory: '2GB',
  pidMode: 'task',
  ipcMode: 'task',
  requiresCompatibilities: ['EC2'],
  placementConstraints: [{ type: 'memberOf', expression: 'attribute:ecs.os-type == linux' }],
  volumes: [
    { name: 'scratch' },
    { name: 'host', host: { sourcePath: '/srv' } },
    { name: 'docker', dockerVolumeConfiguration: { scope: 'shared', autoprovision: true, driverOpts: { o: 'x' } } },
  ],
  runtimePlatform: { cpuArchitecture: 'X86_64', operatingSystemFamily: 'LINUX' },
  containerDefinitions: [
    {
      name: 'main',
      image: '111122223333.dkr.ecr.us-east-1.amazonaws.com/app:1',
      cpu: 128,
      memory: 256,
      memoryReservation: 128,
      links: ['side:db'],
      portMappings: [{ containerPort: 80 }, { containerPort: 53, hostPort: 53, protocol: 'udp', name: 'dns' }],
      entryPoint: ['/bin/sh'],
      command: ['-c', 'true'],
      environment: [{ name: 'A', value: '' }],
      mountPoints: [{ sourceVolume: 'host', containerPath: '/srv', readOnly: true }],
      linuxParameters: {
        capabilities: { add: ['NET_ADMIN'], drop: ['ALL'] },
        devices: [{ hostPath: '/dev/null', permissions: ['read'] }],
        initProcessEnabled: true,
        sharedMemorySize: 64,
        tmpfs: [{ containerPath: '/tmp', size: 16, mountOptions: ['noexec'] }],
        maxSwap: 0,
        swappiness: 0,
      },
      secrets: [{ name: 'S', valueFrom: 'arn:aws:secretsmanager:us-east-1:111122223333:secret:s' }],
      dependsOn: [{ containerName: 'side', condition: 'HEALTHY' }],
      startTimeout: 120,
      stopTimeout: 5,
      hostname: 'web',
      user: '1000:1000',
      workingDirectory: '/',
      privileged: false,
      readonlyRootFilesystem: true,
      dnsServers: ['10.0.0.2'],
      dnsSearchDomains: ['local'],
      extraHosts: [{ hostname: 'a', ipAddress: '10.0.0.1' }],
      dockerSecurityOptions: ['no-new-privileges'],
      interactive: true,
      pseudoTerminal: true,
      dockerLabels: { a: 'b' },
      ulimits: [{ name: 'nofile', softLimit: 1024, hardLimit: 2048 }],
      logConfiguration: {
        logDriver: 'awslogs',
        options: { 'awslogs-group': 'g', 'awslogs-region': 'us-east-1', 'awslogs-create-group': 'true' },
      },
      systemControls: [{ namespace: 'net.core.somaxconn', value: '1' }],
      restartPolicy: { enabled: true, restartAttemptPeriod: 60, ignoredExitCodes: [0] },
      versionConsistency: 'disabled',
    },
    {
      name: 'side',
      image: 'redis',
      essential: false,
      memory: 64,
      healthCheck: { command: ['CMD-SHELL', 'true'], startPeriod: 0 },
      volumesFrom: [],
    },
  ],
};

test('the smallest definition comes back with ECS’s defaults and nothing else', async (t) => {
  const { call } = await openEcsCalls(t);
  const registered = await call('RegisterTaskDefinition', minimal);
  assert.deepEqual(registered, {
    taskDefinition: {
      family: 'app',
      taskDefinitionArn: arn('task-definition/app:1'),
      revision: 1,
      status: 'ACTIVE',
      containerDefinitions: [
        {
          name: 'main',
          image: 'busybox:1',
          cpu: 0,
          memory: 64,
          portMappings: [],
          essential: true,
          environment: [],
          mountPoints: [],
          volumesFrom: [],
          systemControls: [],
        },
      ],
      volumes: [],
      placementConstraints: [],
      compatibilities: ['EXTERNAL', 'EC2'],
      registeredAt: START,
      registeredBy: root.arn,
    },
  });
  assert.deepEqual(await call('DescribeTaskDefinition', { taskDefinition: 'app' }), registered);
});

test('every member comes back as it was registered', async (t) => {
  const { call } = await openEcsCalls(t);
  const { taskDefinition } = await call('RegisterTaskDefinition', full);
  const [main, side] = taskDefinition?.containerDefinitions ?? [];
  const [wantedMain, wantedSide] = full.containerDefinitions;
  assert.deepEqual(main, {
    ...wantedMain,
    essential: true,
    portMappings: [
      { containerPort: 80, hostPort: 0, protocol: 'tcp' },
      { containerPort: 53, hostPort: 53, protocol: 'udp', name: 'dns' },
    ],
    volumesFrom: [],
  });
  assert.deepEqual(side, {
    ...wantedSide,
    cpu: 0,
    portMappings: [],
    environment: [],
    mountPoints: [],
    systemControls: [],
    healthCheck: { command: ['CMD-SHELL', 'true'], interval: 30, timeout: 5, retries: 3, startPeriod: 0 },
  });
  assert.deepEqual(taskDefinition?.volumes, [
    { name: 'scratch', host: {} },
    { name: 'host', host: { sourcePath: '/srv' } },
    {
      name: 'docker',
      dockerVolumeConfiguration: { scope: 'shared', autoprovision: true, driver: 'local', driverOpts: { o: 'x' } },
    },
  ]);
  assert.equal(taskDefinition.cpu, '1024');
  assert.equal(taskDefinition.memory, '2048');
  for (const member of [
    'taskRoleArn',
    'executionRoleArn',
    'networkMode',
    'pidMode',
    'ipcMode',
    'runtimePlatform',
  ] as const) {
    assert.deepEqual(taskDefinition[member], full[member], member);
  }
  assert.deepEqual(taskDefinition.placementConstraints, full.placementConstraints);
  assert.deepEqual(taskDefinition.requiresCompatibilities, ['EC2']);
  assert.deepEqual(taskDefinition.compatibilities, ['EXTERNAL', 'EC2']);
  const attributes = (taskDefinition.requiresAttributes ?? []).map(({ name }) => name).toSorted();
  assert.deepEqual(attributes, [
    'com.amazonaws.ecs.capability.docker-remote-api.1.17',
    'com.amazonaws.ecs.capability.docker-remote-api.1.18',
    'com.amazonaws.ecs.capability.docker-remote-api.1.19',
    'com.amazonaws.ecs.capability.docker-remote-api.1.21',
    'com.amazonaws.ecs.capability.docker-remote-api.1.22',
    'com.amazonaws.ecs.capability.docker-remote-api.1.24',
    'com.amazonaws.ecs.capability.docker-remote-api.1.25',
    'com.amazonaws.ecs.capability.docker-remote-api.1.29',
    'com.amazonaws.ecs.capability.ecr-auth',
    'com.amazonaws.ecs.capability.logging-driver.awslogs',
    'com.amazonaws.ecs.capability.task-iam-role',
    'ecs.capability.container-health-check',
    'ecs.capability.container-ordering',
    'ecs.capability.container-restart-policy',
    'ecs.capability.docker-plugin.local',
    'ecs.capability.execution-role-awslogs',
    'ecs.capability.execution-role-ecr-pull',
    'ecs.capability.pid-ipc-namespace-sharing',
    'ecs.capability.secrets.asm.environment-variables',
    'ecs.capability.task-cpu-mem-limit',
  ]);
});

test('a Fargate definition has the attributes and compatibilities that ECS shows for it', async (t) => {
  const { call } = await openEcsCalls(t);
  const { taskDefinition } = await call('RegisterTaskDefinition', {
    family: 'web',
    networkMode: 'awsvpc',
    requiresCompatibilities: ['FARGATE'],
    cpu: '1024',
    memory: '2048',
    containerDefinitions: [
      {
        name: 'web',
        image: 'nginx',
        portMappings: [{ containerPort: 1234, appProtocol: 'http' }],
        healthCheck: { command: ['CMD-SHELL', 'true'] },
      },
    ],
  });
  assert.deepEqual((taskDefinition?.requiresAttributes ?? []).map(({ name }) => name).toSorted(), [
    'com.amazonaws.ecs.capability.docker-remote-api.1.18',
    'com.amazonaws.ecs.capability.docker-remote-api.1.24',
    'ecs.capability.container-health-check',
    'ecs.capability.task-eni',
  ]);
  assert.deepEqual(taskDefinition?.compatibilities, ['EC2', 'MANAGED_INSTANCES', 'FARGATE']);
  assert.deepEqual(taskDefinition.containerDefinitions?.[0]?.portMappings, [
    { containerPort: 1234, hostPort: 1234, protocol: 'tcp', appProtocol: 'http' },
  ]);
});

test('a role of the account can be named by its name alone', async (t) => {
  const { call, refusal } = await openEcsCalls(t);
  const { taskDefinition } = await call('RegisterTaskDefinition', {
    ...minimal,
    taskRoleArn: '',
    executionRoleArn: 'ecsTaskExecutionRole',
  });
  assert.equal(taskDefinition?.executionRoleArn, 'arn:aws:iam::111122223333:role/ecsTaskExecutionRole');
  assert.equal('taskRoleArn' in taskDefinition, false);
  for (const taskRoleArn of ['arn:aws:iam::111122223333:user/anna', 'a b', 'arn:aws:s3:::bucket']) {
    assert.equal(
      await refusal('RegisterTaskDefinition', { ...minimal, taskRoleArn }),
      'ClientException: Role is not valid',
    );
  }
});

test('a refusal says what the rule is and uses no revision up', async (t) => {
  const { call, refusal } = await openEcsCalls(t);
  const bad = { family: 'app', containerDefinitions: [{ name: 'a b', image: 'x', memory: 64 }] };
  assert.equal(
    await refusal('RegisterTaskDefinition', bad),
    'ClientException: Container.name contains invalid characters.',
  );
  const constraint = { type: 'memberOf' as const, expression: 'attribute:' };
  assert.match(
    await refusal('RegisterTaskDefinition', { ...minimal, placementConstraints: [constraint] }),
    /^InvalidParameterException: /,
  );
  assert.match(
    await refusal('RegisterTaskDefinition', { ...minimal, tags: [{ key: 'aws:a' }] }),
    /^InvalidParameterException: /,
  );
  assert.equal((await call('RegisterTaskDefinition', minimal)).taskDefinition?.revision, 1);
});

test('tags are shown when they are asked for', async (t) => {
  const { call } = await openEcsCalls(t);
  const tags = [{ key: 'a', value: 'b' }];
  assert.deepEqual((await call('RegisterTaskDefinition', { ...minimal, tags })).tags, tags);
  assert.equal((await call('DescribeTaskDefinition', { taskDefinition: 'app:1' })).tags, undefined);
  assert.deepEqual((await call('DescribeTaskDefinition', { taskDefinition: 'app:1', include: ['TAGS'] })).tags, tags);
});

test('concurrent registrations get revisions of their own', async (t) => {
  const { call } = await openEcsCalls(t);
  const registered = await Promise.all(Array.from({ length: 20 }, () => call('RegisterTaskDefinition', minimal)));
  const revisions = registered.map(({ taskDefinition }) => taskDefinition?.revision ?? 0);
  assert.deepEqual(
    revisions.toSorted((left, right) => left - right),
    Array.from({ length: 20 }, (_, index) => index + 1),
  );
});

test('a definition is named by family, revision or ARN', async (t) => {
  const { call, refusal } = await openEcsCalls(t);
  await call('RegisterTaskDefinition', minimal);
  await call('RegisterTaskDefinition', minimal);
  const revisionOf = async (taskDefinition: string): Promise<number | undefined> =>
    (await call('DescribeTaskDefinition', { taskDefinition })).taskDefinition?.revision;
  assert.equal(await revisionOf('app'), 2);
  assert.equal(await revisionOf('app:1'), 1);
  assert.equal(await revisionOf(arn('task-definition/app:1')), 1);
  assert.equal(await revisionOf(arn('task-definition/app')), 2);
  const cases: readonly [string, string][] = [
    ['app:3', 'ClientException: Unable to describe task definition.'],
    ['other', 'ClientException: Unable to describe task definition.'],
    ['app:x', 'InvalidParameterException: Invalid revision number. Number: x'],
    ['app:0', 'InvalidParameterException: Invalid revision number. Number: 0'],
    ['arn:aws:ecs:eu-west-1:111122223333:task-definition/app:1', 'InvalidParameterException: Invalid Region in ARN'],
    [arn('cluster/app'), 'ClientException: Invalid arn syntax.'],
    [':1', 'ClientException: Invalid task definition identifier.'],
  ];
  for (const [taskDefinition, expected] of cases) {
    assert.equal(await refusal('DescribeTaskDefinition', { taskDefinition }), expected, taskDefinition);
  }
});

test('a deregistered revision is INACTIVE, and the family goes on with the latest ACTIVE one', async (t) => {
  const { call, refusal, later } = await openEcsCalls(t);
  await call('RegisterTaskDefinition', minimal);
  await call('RegisterTaskDefinition', minimal);
  later(1000);
  const { taskDefinition } = await call('DeregisterTaskDefinition', { taskDefinition: 'app:2' });
  assert.equal(taskDefinition?.status, 'INACTIVE');
  assert.equal(taskDefinition.deregisteredAt, START + 1000);
  later(1000);
  const again = await call('DeregisterTaskDefinition', { taskDefinition: 'app:2' });
  assert.equal(again.taskDefinition?.deregisteredAt, START + 1000);
  assert.equal((await call('DescribeTaskDefinition', { taskDefinition: 'app' })).taskDefinition?.revision, 1);
  assert.equal((await call('DescribeTaskDefinition', { taskDefinition: 'app:2' })).taskDefinition?.status, 'INACTIVE');
  assert.equal(
    await refusal('DeregisterTaskDefinition', { taskDefinition: 'app' }),
    'ClientException: Revision is missing.',
  );
  assert.equal(
    await refusal('DeregisterTaskDefinition', { taskDefinition: 'app:9' }),
    'ClientException: Unable to describe task definition.',
  );
});

test('a deletion waits for the tasks, and revision numbers go on', async (t) => {
  const { call, refusal, store, context, writeTask } = await openEcsCalls(t);
  await call('CreateCluster', { clusterName: 'lab' });
  for (let count = 0; count < 3; count += 1) await call('RegisterTaskDefinition', minimal);
  await call('DeregisterTaskDefinition', { taskDefinition: 'app:1' });
  await call('DeregisterTaskDefinition', { taskDefinition: 'app:2' });
  const task = await writeTask({ family: 'app', revision: 1 });
  const { taskDefinitions, failures } = await call('DeleteTaskDefinitions', {
    taskDefinitions: ['app:1', arn('task-definition/app:2'), 'app:3', 'app:9', 'app', 'app:x'],
  });
  assert.deepEqual(
    taskDefinitions?.map(({ status, deleteRequestedAt }) => [status, deleteRequestedAt]),
    [
      ['DELETE_IN_PROGRESS', START],
      ['DELETE_IN_PROGRESS', START],
    ],
  );
  assert.deepEqual(failures, [
    {
      arn: arn('task-definition/app:3'),
      reason: 'The specified task definition is still in ACTIVE status. Please deregister the target and try again.',
    },
    {
      arn: arn('task-definition/app:9'),
      reason: 'The specified task definition does not exist. Specify a valid account, family, revision and try again.',
    },
    ...['app', 'app:x'].map((name) => ({
      arn: name,
      reason: 'The specified task definition identifier is invalid. Specify a valid name or ARN and try again.',
    })),
  ]);
  assert.match(await refusal('DeleteTaskDefinitions', { taskDefinitions: [] }), /^InvalidParameterException: size of/);
  assert.match(
    await refusal('DeleteTaskDefinitions', { taskDefinitions: Array.from({ length: 11 }, () => 'app:1') }),
    /^InvalidParameterException: Size of TaskDefinition references list cannot exceed 10$/,
  );

  const loop = (): ReturnType<typeof startReconcilers> =>
    startReconcilers({ store, now: context.now, log: () => undefined }, [deleteTaskDefinitions(store)]);
  const first = loop();
  await first.idle();
  const deleting = { status: 'DELETE_IN_PROGRESS' as const };
  assert.deepEqual((await call('ListTaskDefinitions', deleting)).taskDefinitionArns, [arn('task-definition/app:1')]);
  await first.stop();
  await writeTask({ ...task, lastStatus: 'STOPPED', desiredStatus: 'STOPPED' });
  const second = loop();
  await second.idle();
  await second.stop();
  assert.deepEqual((await call('ListTaskDefinitions', deleting)).taskDefinitionArns, []);
  assert.match(await refusal('DescribeTaskDefinition', { taskDefinition: 'app:1' }), /Unable to describe/);
  assert.equal((await call('RegisterTaskDefinition', minimal)).taskDefinition?.revision, 4);
});

test('revisions and families are listed by status, prefix and page', async (t) => {
  const { call, refusal } = await openEcsCalls(t);
  for (const family of ['web', 'web', 'web-admin', 'api']) await call('RegisterTaskDefinition', { ...minimal, family });
  await call('DeregisterTaskDefinition', { taskDefinition: 'api:1' });
  const names = (arns: readonly string[] | undefined): readonly (string | undefined)[] =>
    (arns ?? []).map((text) => text.split('/')[1]);
  const list = async (input: ecs.ListTaskDefinitionsRequest): Promise<readonly (string | undefined)[]> =>
    names((await call('ListTaskDefinitions', input)).taskDefinitionArns);
  assert.deepEqual(await list({}), ['web:1', 'web:2', 'web-admin:1']);
  assert.deepEqual(await list({ sort: 'DESC' }), ['web-admin:1', 'web:2', 'web:1']);
  assert.deepEqual(await list({ familyPrefix: 'web' }), ['web:1', 'web:2']);
  assert.deepEqual(await list({ status: 'INACTIVE' }), ['api:1']);
  const first = await call('ListTaskDefinitions', { maxResults: 2, sort: 'DESC' });
  assert.deepEqual(names(first.taskDefinitionArns), ['web-admin:1', 'web:2']);
  assert.deepEqual(await list({ sort: 'DESC', nextToken: first.nextToken }), ['web:1']);
  assert.equal(await refusal('ListTaskDefinitions', { nextToken: '?' }), 'InvalidParameterException: Invalid token.');

  const families = async (input: ecs.ListTaskDefinitionFamiliesRequest): Promise<readonly string[] | undefined> =>
    (await call('ListTaskDefinitionFamilies', input)).families;
  assert.deepEqual(await families({}), ['api', 'web', 'web-admin']);
  assert.deepEqual(await families({ status: 'ACTIVE' }), ['web', 'web-admin']);
  assert.deepEqual(await families({ status: 'INACTIVE' }), ['api']);
  assert.deepEqual(await families({ familyPrefix: 'web-' }), ['web-admin']);
  const page = await call('ListTaskDefinitionFamilies', { maxResults: 1 });
  assert.deepEqual(page.families, ['api']);
  assert.deepEqual(await families({ nextToken: page.nextToken }), ['web', 'web-admin']);
});

test('what nothing here can run is stored and named', async (t) => {
  const { call } = await openEcsCalls(t);
  const { taskDefinition } = await call('RegisterTaskDefinition', {
    ...minimal,
    volumes: [
      { name: 'share', efsVolumeConfiguration: { fileSystemId: 'fs-1' } },
      { name: 'disk', configuredAtLaunch: true },
    ],
  });
  assert.deepEqual(unsupportedFeatures(taskDefinition ?? {}), [
    "Volume 'share' uses Amazon EFS, which is not available here.",
    "Volume 'disk' uses a volume configured at launch (Amazon EBS), which is not available here.",
  ]);
  const { taskDefinition: plain } = await call('RegisterTaskDefinition', full);
  assert.deepEqual(unsupportedFeatures(plain ?? {}), []);
});

test('log options ask for the engine that has them', async (t) => {
  const { call } = await openEcsCalls(t);
  const attributesWith = async (options: Readonly<Record<string, string>>): Promise<readonly string[]> => {
    const logConfiguration = {
      logDriver: 'awslogs' as const,
      options: { 'awslogs-group': 'g', 'awslogs-region': 'us-east-1', ...options },
    };
    const { taskDefinition } = await call('RegisterTaskDefinition', {
      family: 'app',
      containerDefinitions: [{ name: 'main', image: 'busybox', memory: 64, logConfiguration }],
    });
    return (taskDefinition?.requiresAttributes ?? []).map(({ name }) => name.split('.capability.')[1] ?? '').toSorted();
  };
  const always = ['docker-remote-api.1.18', 'docker-remote-api.1.19', 'logging-driver.awslogs'];
  assert.deepEqual(await attributesWith({}), always);
  assert.deepEqual(await attributesWith({ mode: 'non-blocking', 'max-buffer-size': '25m' }), [
    'docker-remote-api.1.18',
    'docker-remote-api.1.19',
    'docker-remote-api.1.28',
    'logging-driver.awslogs',
  ]);
  assert.ok((await attributesWith({ 'awslogs-create-group': 'true' })).includes('docker-remote-api.1.29'));
});
