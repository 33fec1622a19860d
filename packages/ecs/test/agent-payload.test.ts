import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ecs } from '@oreno/aws-wire';
import type { PayloadContainer, PayloadTask, RoleCredentials } from '../src/agents/acs/messages.ts';
import { resolveImage } from '../src/agents/payload/image.ts';
import { roleNeeds } from '../src/agents/payload/role-needs.ts';
import type { PayloadSource } from '../src/agents/payload/task-payload.ts';
import { runPayload, stopPayload } from '../src/agents/payload/task-payload.ts';
import type { ContainerInstanceRecord, TaskRecord } from '../src/records.ts';
import { definitionRecord, instanceRecord, taskRecord } from './support/agent-records.ts';

const credentials = (credentialsId: string): RoleCredentials => ({
  credentialsId,
  roleArn: 'arn:aws:iam::111122223333:role/app',
  accessKeyId: 'ASIANEW',
  secretAccessKey: 'secret',
  sessionToken: 'token',
  expiration: '2026-12-02T00:00:00.000Z',
});

interface Given {
  readonly definition: ecs.TaskDefinition;
  readonly task?: Partial<TaskRecord>;
  readonly instance?: Partial<ContainerInstanceRecord>;
  readonly credentials?: PayloadSource['credentials'];
  readonly logsOrigin?: string;
}

const source = (given: Given): PayloadSource => {
  const definition = definitionRecord(given.definition);
  return {
    definition,
    task: taskRecord(definition, 1, given.task),
    instance: instanceRecord(given.instance),
    credentials: given.credentials ?? {},
    registries: { registryHost: 'localhost:4566', ownsRegistry: (account) => account === '111122223333' },
    logsOrigin: given.logsOrigin,
  };
};

const payloadOf = (given: Given): PayloadTask => {
  const payload = runPayload(source(given));
  if (payload.kind === 'undeliverable') throw new Error(payload.reason);
  return payload.task;
};

const onlyContainer = (container: ecs.ContainerDefinition, given: Partial<Given> = {}): PayloadContainer => {
  const { containers } = payloadOf({
    definition: { containerDefinitions: [{ name: 'main', image: 'bb:1', ...container }] },
    ...given,
  });
  assert.ok(containers[0]);
  return containers[0];
};

const hostConfig = (container: PayloadContainer): Record<string, unknown> =>
  JSON.parse(container.dockerConfig?.hostConfig ?? '{}') as Record<string, unknown>;

const config = (container: PayloadContainer): Record<string, unknown> =>
  JSON.parse(container.dockerConfig?.config ?? '{}') as Record<string, unknown>;

const logConfig = (container: PayloadContainer): unknown => hostConfig(container)['LogConfig'];

describe('payload of a task', () => {
  it('is the smallest task in full', () => {
    const definition = {
      containerDefinitions: [
        { name: 'main', image: 'bb:1', command: ['/bin/sh', '-c', 'echo hi'], cpu: 10, memory: 64, essential: true },
      ],
    };
    assert.deepEqual(payloadOf({ definition }), {
      arn: 'arn:aws:ecs:us-east-1:111122223333:task/lab/00000000000000000000000000000001',
      taskClusterArn: 'arn:aws:ecs:us-east-1:111122223333:cluster/lab',
      family: 'hello',
      version: '1',
      desiredStatus: 'RUNNING',
      launchType: 'EC2',
      group: 'family:hello',
      networkMode: 'bridge',
      volumes: [],
      overrides: '{}',
      containers: [
        {
          name: 'main',
          image: 'bb:1',
          essential: true,
          containerArn: 'arn:aws:ecs:us-east-1:111122223333:container/lab/00000000000000000000000000000001/0',
          command: ['/bin/sh', '-c', 'echo hi'],
          environment: { AWS_EXECUTION_ENV: 'AWS_ECS_EC2' },
          cpu: 10,
          memory: 64,
          dockerConfig: { config: '{}', hostConfig: '{"NetworkMode":"bridge"}' },
          overrides: '{}',
        },
      ],
    });
  });

  it('counts task cpu in virtual CPUs and memory in MiB', () => {
    const sized = payloadOf({ definition: { cpu: '512', memory: '256', containerDefinitions: [] } });
    assert.equal(sized.cpu, 0.5);
    assert.equal(sized.memory, 256);
    const spelled = payloadOf({ definition: { cpu: '.25 vCPU', memory: '1 GB', containerDefinitions: [] } });
    assert.equal(spelled.cpu, 0.25);
    assert.equal(spelled.memory, 1_024);
  });

  it('resolves overrides: the agent is sent final values', () => {
    const definition: ecs.TaskDefinition = {
      cpu: '256',
      containerDefinitions: [
        {
          name: 'main',
          image: 'bb:1',
          command: ['defined'],
          cpu: 1,
          memory: 8,
          environment: [
            { name: 'A', value: '1' },
            { name: 'B', value: '2' },
          ],
        },
      ],
    };
    const containerOverrides = [
      {
        name: 'main',
        command: ['overriding'],
        cpu: 2,
        memory: 16,
        memoryReservation: 4,
        environment: [{ name: 'B', value: '3' }],
      },
    ];
    const payload = payloadOf({ definition, task: { overrides: { cpu: '1024', memory: '512', containerOverrides } } });
    const [container] = payload.containers;
    assert.ok(container);
    assert.equal(payload.cpu, 1);
    assert.equal(payload.memory, 512);
    assert.deepEqual(container.command, ['overriding']);
    assert.deepEqual(container.environment, { AWS_EXECUTION_ENV: 'AWS_ECS_EC2', A: '1', B: '3' });
    assert.deepEqual([container.cpu, container.memory], [2, 16]);
    assert.equal(hostConfig(container)['MemoryReservation'], 4 * 1024 * 1024);
  });

  it('names the containers when it is an order to stop', () => {
    const definition = definitionRecord({ containerDefinitions: [{ name: 'main', image: 'bb:1' }] });
    const payload = stopPayload(taskRecord(definition, 2, { desiredStatus: 'STOPPED' }));
    assert.deepEqual(Object.keys(payload), [
      'arn',
      'taskClusterArn',
      'family',
      'version',
      'desiredStatus',
      'containers',
    ]);
    assert.deepEqual(
      payload.containers.map(({ name, image }) => [name, image]),
      [['main', 'bb:1']],
    );
  });

  it('carries volumes with the object that the agent insists on', () => {
    const volumes: ecs.Volume[] = [
      { name: 'scratch' },
      { name: 'data', host: { sourcePath: '/data' } },
      { name: 'kept', dockerVolumeConfiguration: { scope: 'shared', autoprovision: true, driver: 'local' } },
    ];
    assert.deepEqual(payloadOf({ definition: { containerDefinitions: [], volumes } }).volumes, [
      { name: 'scratch', type: 'host', host: {} },
      { name: 'data', type: 'host', host: { sourcePath: '/data' } },
      {
        name: 'kept',
        type: 'docker',
        dockerVolumeConfiguration: { scope: 'shared', autoprovision: true, driver: 'local' },
      },
    ]);
  });

  it('leaves the network of awsvpc tasks to the agent', () => {
    const definition: ecs.TaskDefinition = {
      networkMode: 'awsvpc',
      containerDefinitions: [{ name: 'main', image: 'bb:1', portMappings: [{ containerPort: 80 }] }],
    };
    const payload = payloadOf({ definition });
    assert.equal(payload.networkMode, 'awsvpc');
    assert.equal(payload.containers[0]?.portMappings, undefined);
    assert.doesNotMatch(payload.containers[0]?.dockerConfig?.hostConfig ?? '', /NetworkMode/);
  });

  it('cannot be made for what other services would have to give', () => {
    const cases: readonly (readonly [ecs.TaskDefinition, RegExp])[] = [
      [
        { volumes: [{ name: 'efs', efsVolumeConfiguration: { fileSystemId: 'fs-1' } }], containerDefinitions: [] },
        /^ResourceInitializationError: failed to set up EFS volume efs/,
      ],
      [
        { containerDefinitions: [{ name: 'a', image: 'i', secrets: [{ name: 'S', valueFrom: 'arn:…' }] }] },
        /^ResourceInitializationError: unable to pull secrets or registry auth/,
      ],
      [
        { containerDefinitions: [{ name: 'a', image: 'i', environmentFiles: [{ type: 's3', value: 'arn:…' }] }] },
        /^ResourceInitializationError: failed to download env files/,
      ],
    ];
    for (const [definition, reason] of cases) {
      const payload = runPayload(source({ definition }));
      assert.equal(payload.kind, 'undeliverable');
      assert.match(payload.kind === 'undeliverable' ? payload.reason : '', reason);
    }
  });
});

describe('payload of a container', () => {
  it('speaks Docker: bytes, nanoseconds and its own names', () => {
    const container = onlyContainer({
      user: '1000',
      workingDirectory: '/srv',
      hostname: 'box',
      pseudoTerminal: true,
      interactive: true,
      dockerLabels: { a: 'b' },
      memoryReservation: 32,
      memory: 64,
      privileged: true,
      readonlyRootFilesystem: true,
      dnsServers: ['1.1.1.1'],
      dnsSearchDomains: ['lan'],
      extraHosts: [{ hostname: 'db', ipAddress: '10.0.0.2' }],
      dockerSecurityOptions: ['no-new-privileges'],
      ulimits: [{ name: 'nofile', softLimit: 1, hardLimit: 2 }],
      systemControls: [{ namespace: 'net.core.somaxconn', value: '1024' }],
      healthCheck: { command: ['CMD-SHELL', 'true'], interval: 5, startPeriod: 1 },
      linuxParameters: {
        capabilities: { add: ['NET_ADMIN'], drop: ['ALL'] },
        devices: [{ hostPath: '/dev/fuse', permissions: ['read', 'write'] }],
        initProcessEnabled: true,
        sharedMemorySize: 16,
        tmpfs: [{ containerPath: '/run', size: 8, mountOptions: ['noexec'] }],
        maxSwap: 32,
        swappiness: 10,
      },
    });
    const mebibyte = 1024 * 1024;
    assert.deepEqual(config(container), {
      User: '1000',
      WorkingDir: '/srv',
      Hostname: 'box',
      Tty: true,
      OpenStdin: true,
      Labels: { a: 'b' },
      Healthcheck: {
        Test: ['CMD-SHELL', 'true'],
        Interval: 5_000_000_000,
        Timeout: 5_000_000_000,
        Retries: 3,
        StartPeriod: 1_000_000_000,
      },
    });
    assert.deepEqual(hostConfig(container), {
      NetworkMode: 'bridge',
      MemoryReservation: 32 * mebibyte,
      Privileged: true,
      ReadonlyRootfs: true,
      Dns: ['1.1.1.1'],
      DnsSearch: ['lan'],
      ExtraHosts: ['db:10.0.0.2'],
      SecurityOpt: ['no-new-privileges'],
      Ulimits: [{ Name: 'nofile', Soft: 1, Hard: 2 }],
      Sysctls: { 'net.core.somaxconn': '1024' },
      CapAdd: ['NET_ADMIN'],
      CapDrop: ['ALL'],
      Devices: [{ PathOnHost: '/dev/fuse', PathInContainer: '/dev/fuse', CgroupPermissions: 'rw' }],
      Init: true,
      ShmSize: 16 * mebibyte,
      Tmpfs: { '/run': 'noexec,size=8m' },
      MemorySwap: 96 * mebibyte,
      MemorySwappiness: 10,
    });
    assert.equal(container.healthCheckType, 'docker');
  });

  it('sends a restart policy only to agents that know it', () => {
    const restartPolicy = { enabled: true, ignoredExitCodes: [1] };
    assert.equal(onlyContainer({ restartPolicy }).restartPolicy, undefined);
    const attributes = [{ name: 'ecs.capability.container-restart-policy' }];
    assert.deepEqual(onlyContainer({ restartPolicy }, { instance: { attributes } }).restartPolicy, restartPolicy);
  });
});

describe('awslogs', () => {
  const logConfiguration: ecs.LogConfiguration = {
    logDriver: 'awslogs',
    options: {
      'awslogs-group': '/ecs/hello',
      'awslogs-region': 'us-east-1',
      'awslogs-stream-prefix': 'web',
      'awslogs-create-stream': 'true',
      'awslogs-create-group': 'true',
      mode: 'non-blocking',
    },
  };

  it('gets final options, this server as endpoint, and credentials from the agent', () => {
    assert.deepEqual(logConfig(onlyContainer({ logConfiguration })), {
      Type: 'awslogs',
      Config: {
        'awslogs-region': 'us-east-1',
        'awslogs-endpoint': 'http://10.0.0.1:4566',
        'awslogs-group': '/ecs/hello',
        'awslogs-create-group': 'true',
        mode: 'non-blocking',
        'awslogs-stream': 'web/main/00000000000000000000000000000001',
        'awslogs-credentials-endpoint': '@127.0.0.1:51679/v2/credentials/execution-00000000000000000000000000000001',
      },
    });
  });

  it('keeps the endpoint that the user wrote', () => {
    const options = { ...logConfiguration.options, 'awslogs-endpoint': 'http://logs.lan' };
    const config = logConfig(onlyContainer({ logConfiguration: { logDriver: 'awslogs', options } }));
    assert.equal((config as { Config: Record<string, string> }).Config['awslogs-endpoint'], 'http://logs.lan');
  });

  it('leaves credentials to an agent that can give dockerd the execution role', () => {
    const container = onlyContainer(
      { logConfiguration },
      {
        instance: { attributes: [{ name: 'ecs.capability.execution-role-awslogs' }] },
        task: { overrides: { executionRoleArn: 'arn:aws:iam::111122223333:role/run' } },
      },
    );
    assert.equal(container.logsAuthStrategy, 'ExecutionRole');
    assert.doesNotMatch(JSON.stringify(logConfig(container)), /credentials-endpoint/);
  });

  it('makes a task need execution credentials that names no role', () => {
    const definition = definitionRecord({ containerDefinitions: [{ name: 'main', image: 'i', logConfiguration }] });
    assert.deepEqual(roleNeeds(taskRecord(definition), definition), [
      {
        roleType: 'TaskExecution',
        roleArn: 'arn:aws:iam::111122223333:role/ecsTaskExecutionRole',
        credentialsId: 'execution-00000000000000000000000000000001',
      },
    ]);
  });
});

describe('images of registries kept here', () => {
  const names = { registryHost: 'localhost:4566', ownsRegistry: (account: string) => account === '111122223333' };
  const place = {
    account: '111122223333',
    region: 'us-east-1',
    origin: 'http://127.0.0.1:4566',
    useExecutionRole: false,
  };
  const remote = { ...place, origin: 'http://10.0.0.1:4566' };

  it('are pulled as written where that leads here', () => {
    const resolved = resolveImage('localhost:4566/hello:1', names, place);
    assert.equal(resolved.image, 'localhost:4566/hello:1');
    assert.deepEqual(resolved.registryAuthentication?.ecrAuthData, {
      registryId: '111122223333',
      region: 'us-east-1',
      endpointOverride: 'http://127.0.0.1:4566',
      useExecutionRole: false,
    });
  });

  it('are pulled by the name that the registry gives itself, whatever own name they have', () => {
    for (const image of [
      '127.0.0.1:4566/hello:1',
      'localhost:4566/hello:1',
      '111122223333.dkr.ecr.us-east-1.amazonaws.com/hello:1',
    ]) {
      assert.equal(resolveImage(image, names, place).image, 'localhost:4566/hello:1');
      assert.equal(resolveImage(image, names, remote).image, '10.0.0.1:4566/hello:1');
    }
    const amazons = '000000000000.dkr.ecr.us-east-1.amazonaws.com/hello:1';
    assert.deepEqual(resolveImage(amazons, { ...names, leavesAmazonNames: true }, place), { image: amazons });
    assert.equal(resolveImage('10.0.0.1:4566/hello:1', names, remote).image, '10.0.0.1:4566/hello:1');
    const named = { ...names, registryHost: 'registry.lan' };
    assert.equal(resolveImage('10.0.0.1:4566/hello', named, remote).image, 'registry.lan/hello');
  });

  it('keep account and region of the name', () => {
    const image = '111122223333.dkr.ecr.eu-west-1.amazonaws.com/team/hello@sha256:abc';
    const resolved = resolveImage(image, names, place);
    assert.equal(resolved.image, 'localhost:4566/team/hello@sha256:abc');
    assert.equal(resolved.registryAuthentication?.ecrAuthData.region, 'eu-west-1');
    const lan = '111122223333.dkr.ecr.eu-west-1.registry.lan:5000/hello';
    assert.equal(resolveImage(lan, names, place).image, lan);
  });

  it('are nobody else’s', () => {
    for (const image of [
      '999988887777.dkr.ecr.eu-west-1.amazonaws.com/hello',
      'busybox:1',
      'library/busybox',
      'ghcr.io/a/b:1',
      '127.0.0.1:5000/x',
    ]) {
      assert.deepEqual(resolveImage(image, names, place), { image });
    }
  });

  it('need the execution role only where the task has one', () => {
    const container = { image: 'localhost:4566/hello:1' };
    const withRole = onlyContainer(container, {
      task: { overrides: { executionRoleArn: 'run' } },
      credentials: { TaskExecution: credentials('e') },
    });
    assert.equal(withRole.registryAuthentication?.ecrAuthData.useExecutionRole, true);
    assert.equal(onlyContainer(container).registryAuthentication?.ecrAuthData.useExecutionRole, false);
  });
});
