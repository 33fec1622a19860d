/** Whatever valid task definition is registered, its payload keeps the rules that the agent is strict about. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { ecs } from '@oreno/aws-wire';
import fc from 'fast-check';
import type { PayloadContainer, PayloadTask } from '../src/agents/acs/messages.ts';
import { roleNeeds } from '../src/agents/payload/role-needs.ts';
import { runPayload } from '../src/agents/payload/task-payload.ts';
import { definitionRecord, instanceRecord, taskRecord } from './support/agent-records.ts';

const name = fc.stringMatching(/^[a-z][a-z0-9_-]{0,12}$/);
const text = fc.string({ maxLength: 20 });
const optional = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined });
const some = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T[] | undefined> =>
  optional(fc.array(arbitrary, { maxLength: 3 }));
const size = fc.integer({ min: 4, max: 4_096 });

const linuxParameters: fc.Arbitrary<ecs.LinuxParameters> = fc.record(
  {
    capabilities: fc.record({ add: some(fc.constant('NET_ADMIN')), drop: some(fc.constant('ALL')) }),
    devices: fc.array(fc.record({ hostPath: fc.constant('/dev/fuse'), containerPath: optional(text) }), {
      maxLength: 2,
    }),
    initProcessEnabled: fc.boolean(),
    sharedMemorySize: size,
    tmpfs: fc.array(fc.record({ containerPath: name, size }), { maxLength: 2 }),
    maxSwap: fc.integer({ min: 0, max: 100 }),
    swappiness: fc.integer({ min: 0, max: 100 }),
  },
  { requiredKeys: [] },
);

const logConfiguration: fc.Arbitrary<ecs.LogConfiguration> = fc.record({
  logDriver: fc.constantFrom('awslogs', 'json-file', 'syslog', 'awsfirelens'),
  options: optional(
    fc.dictionary(
      fc.constantFrom(
        'awslogs-group',
        'awslogs-region',
        'awslogs-stream-prefix',
        'awslogs-create-stream',
        'awslogs-endpoint',
        'awslogs-credentials-endpoint',
        'mode',
      ),
      text,
    ),
  ),
});

const containerDefinition: fc.Arbitrary<ecs.ContainerDefinition> = fc.record(
  {
    name,
    image: fc.constantFrom(
      'busybox',
      'localhost:4566/a',
      '111122223333.dkr.ecr.us-east-1.amazonaws.com/b:1',
      'ghcr.io/c',
    ),
    cpu: fc.integer({ min: 0, max: 10_240 }),
    memory: size,
    memoryReservation: size,
    essential: fc.boolean(),
    command: fc.array(text, { maxLength: 3 }),
    entryPoint: fc.array(text, { maxLength: 3 }),
    environment: fc.array(fc.record({ name, value: text }), { maxLength: 4 }),
    portMappings: fc.array(
      fc.record(
        {
          containerPort: fc.integer({ min: 1, max: 65_535 }),
          hostPort: fc.integer({ min: 0, max: 65_535 }),
          protocol: fc.constantFrom('tcp', 'udp'),
        },
        { requiredKeys: ['containerPort'] },
      ),
      { maxLength: 3 },
    ),
    mountPoints: fc.array(fc.record({ sourceVolume: name, containerPath: name }), { maxLength: 2 }),
    volumesFrom: fc.array(fc.record({ sourceContainer: name }), { maxLength: 2 }),
    linuxParameters,
    user: text,
    hostname: text,
    privileged: fc.boolean(),
    pseudoTerminal: fc.boolean(),
    dockerLabels: fc.dictionary(name, text),
    ulimits: fc.array(fc.record({ name: fc.constant('nofile'), softLimit: size, hardLimit: size }), { maxLength: 2 }),
    systemControls: fc.array(fc.record({ namespace: name, value: text }), { maxLength: 2 }),
    extraHosts: fc.array(fc.record({ hostname: name, ipAddress: fc.ipV4() }), { maxLength: 2 }),
    healthCheck: fc.record(
      {
        command: fc.constantFrom(['CMD-SHELL', 'true'], ['CMD', 'true'], ['NONE']),
        interval: fc.integer({ min: 5, max: 300 }),
        startPeriod: fc.integer({ min: 0, max: 300 }),
      },
      { requiredKeys: ['command'] },
    ),
    logConfiguration,
    dependsOn: fc.array(fc.record({ containerName: name, condition: fc.constantFrom('START', 'HEALTHY') }), {
      maxLength: 2,
    }),
    startTimeout: fc.integer({ min: 2, max: 120 }),
    stopTimeout: fc.integer({ min: 2, max: 120 }),
    restartPolicy: fc.record({ enabled: fc.boolean() }),
  },
  { requiredKeys: ['name', 'image'] },
);

const volume: fc.Arbitrary<ecs.Volume> = fc.oneof(
  fc.record({ name, host: optional(fc.record({ sourcePath: optional(text) })) }),
  fc.record({
    name,
    dockerVolumeConfiguration: fc.record({
      scope: optional(fc.constantFrom('task', 'shared')),
      autoprovision: optional(fc.boolean()),
      driver: optional(text),
    }),
  }),
);

const taskDefinition: fc.Arbitrary<ecs.TaskDefinition> = fc.record(
  {
    containerDefinitions: fc.uniqueArray(containerDefinition, {
      minLength: 1,
      maxLength: 4,
      selector: (container) => container.name,
    }),
    networkMode: fc.constantFrom('bridge', 'host', 'none', 'awsvpc'),
    cpu: fc.constantFrom('128', '1024', '.5 vCPU'),
    memory: fc.constantFrom('512', '1 GB'),
    taskRoleArn: fc.constantFrom('arn:aws:iam::111122223333:role/app', 'app'),
    executionRoleArn: fc.constant('arn:aws:iam::111122223333:role/run'),
    volumes: fc.array(volume, { maxLength: 3 }),
    pidMode: fc.constantFrom('host', 'task'),
  },
  { requiredKeys: ['containerDefinitions'] },
);

const containerOverrides: fc.Arbitrary<ecs.ContainerOverride> = fc.record(
  {
    name,
    command: fc.array(text, { maxLength: 2 }),
    environment: fc.array(fc.record({ name, value: text }), { maxLength: 2 }),
    cpu: fc.integer({ min: 0, max: 1_024 }),
    memory: size,
  },
  { requiredKeys: ['name'] },
);

/** Every value in a payload, however deep. */
const valuesIn = (value: unknown): readonly unknown[] =>
  typeof value === 'object' && value !== null ? Object.values(value).flatMap((each) => [each, ...valuesIn(each)]) : [];

const object = (json: string | undefined): Record<string, unknown> => JSON.parse(json ?? '') as Record<string, unknown>;

const isWhole = (value: number | undefined): boolean => value === undefined || (Number.isInteger(value) && value >= 0);

const checkContainer = (container: PayloadContainer, task: PayloadTask): void => {
  const config = object(container.dockerConfig?.config);
  const hostConfig = object(container.dockerConfig?.hostConfig);
  // A key with null would erase what the agent computed.
  assert.ok(![...valuesIn(config), ...valuesIn(hostConfig)].includes(null));
  for (const key of ['Image', 'Cmd', 'Entrypoint', 'Env', 'ExposedPorts']) assert.ok(!(key in config));
  for (const key of ['Binds', 'PortBindings', 'Links', 'VolumesFrom', 'Memory', 'CpuShares'])
    assert.ok(!(key in hostConfig));
  assert.equal('NetworkMode' in hostConfig, task.networkMode !== 'awsvpc');
  assert.equal(container.healthCheckType === 'docker', 'Healthcheck' in config && !isNone(config['Healthcheck']));
  assert.ok([container.cpu, container.memory, container.startTimeout, container.stopTimeout].every(isWhole));
  assert.equal(container.environment?.['AWS_EXECUTION_ENV'] !== undefined, true);
  assert.equal(container.overrides, '{}');
  assert.equal(container.restartPolicy, undefined);
  for (const { protocol } of container.portMappings ?? []) assert.ok(protocol === 'tcp' || protocol === 'udp');
  if (task.networkMode === 'awsvpc' || task.networkMode === 'none') assert.equal(container.portMappings, undefined);
  const log = hostConfig['LogConfig'] as { Type: string; Config: Record<string, string> } | undefined;
  if (log?.Type !== 'awslogs') return;
  for (const option of ['awslogs-stream-prefix', 'awslogs-create-stream']) assert.ok(!(option in log.Config));
  for (const option of ['awslogs-endpoint', 'awslogs-region', 'awslogs-credentials-endpoint']) {
    assert.ok(option in log.Config, option);
  }
  assert.ok(task.executionRoleCredentials !== undefined);
};

const isNone = (healthcheck: unknown): boolean => (healthcheck as { Test: string[] }).Test[0] === 'NONE';

it('a payload is what the agent can read, for any task definition and overrides', () => {
  fc.assert(
    fc.property(taskDefinition, some(containerOverrides), (definition, overrides) => {
      const record = definitionRecord(definition);
      const task = taskRecord(record, 1, { overrides: { containerOverrides: overrides } });
      const issued = Object.fromEntries(
        roleNeeds(task, record).map(({ roleType, roleArn, credentialsId }) => {
          assert.match(roleArn, /^arn:aws:iam::111122223333:role\//);
          return [
            roleType,
            { credentialsId, roleArn, accessKeyId: 'A', secretAccessKey: 'S', sessionToken: 'T', expiration: 'E' },
          ];
        }),
      );
      const payload = runPayload({
        task,
        definition: record,
        instance: instanceRecord(),
        credentials: issued,
        registries: { registryHost: 'localhost:4566', ownsRegistry: () => true },
      });
      assert.equal(payload.kind, 'deliverable');
      if (payload.kind !== 'deliverable') return;
      const sent = JSON.parse(JSON.stringify(payload.task)) as PayloadTask;
      // Nothing is lost or turned into null as JSON.
      assert.ok(!valuesIn(payload.task).includes(undefined));
      assert.ok(!valuesIn(sent).includes(null));
      assert.equal(sent.version, '1');
      if (sent.cpu !== undefined) assert.ok(sent.cpu > 0 && sent.cpu <= 1);
      assert.ok(isWhole(sent.memory));
      for (const each of sent.volumes ?? []) {
        assert.ok(each.type === 'host' ? each.host !== undefined : each.dockerVolumeConfiguration !== undefined);
      }
      for (const container of sent.containers) checkContainer(container, sent);
    }),
    { numRuns: 500 },
  );
});
