/** What RegisterTaskDefinition refuses, one case for each rule, and what it must not refuse. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ecs } from '@oreno/aws-wire';
import fc from 'fast-check';
import { isFargateSize, parseTaskCpu, parseTaskMemory } from '../src/domain/task-definition/task-size.ts';
import { hasCycle } from '../src/domain/task-definition/checks/dependencies.ts';
import { parsePortRange } from '../src/domain/task-definition/checks/ports.ts';
import { registrationRefusal } from '../src/domain/task-definition/validate.ts';

type Request = ecs.RegisterTaskDefinitionRequest;
type Container = ecs.ContainerDefinition;

const app: Container = { name: 'app', image: 'busybox:1', memory: 64 };
const side: Container = { name: 'side', image: 'busybox:1', memory: 64, essential: false };
const role = 'arn:aws:iam::111122223333:role/exec';

/** A request with one container, changed. */
const one = (container: Partial<Container>, request: Partial<Request> = {}): Request => ({
  family: 'app',
  containerDefinitions: [{ ...app, ...container }],
  ...request,
});

/** A request with a second container that is not essential. */
const two = (first: Partial<Container>, second: Partial<Container> = {}, request: Partial<Request> = {}): Request => ({
  family: 'app',
  containerDefinitions: [
    { ...app, ...first },
    { ...side, ...second },
  ],
  ...request,
});

const task = (request: Partial<Request>): Request => one({}, request);

const fargate: Partial<Request> = {
  requiresCompatibilities: ['FARGATE'],
  networkMode: 'awsvpc',
  cpu: '256',
  memory: '512',
  executionRoleArn: role,
};

const log = (logDriver: ecs.LogDriver, options?: Readonly<Record<string, string>>): Partial<Container> => ({
  logConfiguration: { logDriver, options },
});

const awslogs = { 'awslogs-group': '/ecs/app', 'awslogs-region': 'us-east-1' };

type Table = Readonly<Record<string, readonly [Request, string | RegExp]>>;

const refuses = (title: string, table: Table): void => {
  test(title, () => {
    for (const [name, [request, expected]] of Object.entries(table)) {
      const refusal = registrationRefusal(request) ?? 'accepted';
      if (typeof expected === 'string') assert.equal(refusal, expected, name);
      else assert.match(refusal, expected, name);
    }
  });
};

const accepts = (title: string, table: Readonly<Record<string, Request>>): void => {
  test(title, () => {
    for (const [name, request] of Object.entries(table)) assert.equal(registrationRefusal(request), undefined, name);
  });
};

refuses('a task definition has a family, containers and a size', {
  'no family': [task({ family: '' }), 'Family should not be null or empty.'],
  'bad family': [task({ family: 'a b' }), 'Family contains invalid characters.'],
  'long family': [task({ family: 'x'.repeat(256) }), 'Family contains invalid characters.'],
  'no container': [task({ containerDefinitions: [] }), 'Container list cannot be empty.'],
  'eleven containers': [
    task({ containerDefinitions: Array.from({ length: 11 }, (_, index) => ({ ...app, name: `c${index}` })) }),
    /more than 10/,
  ],
  'no name': [one({ name: undefined }), 'Container.name should not be null or empty.'],
  'bad name': [one({ name: 'my app' }), 'Container.name contains invalid characters.'],
  'reserved name': [one({ name: 'service-connect' }), /reserved/],
  'same name': [two({}, { name: 'app' }), "Container name 'app' is used more than once in the task."],
  'no image': [one({ image: undefined }), 'Container.image should not be null or empty.'],
  'bad digest': [one({ image: 'app@sha256:12' }), /image digest/],
  'long image': [one({ image: 'x'.repeat(256) }), /255 characters/],
  'none essential': [one({ essential: false }), /must be essential/],
  'too big': [one({ command: ['x'.repeat(65_536)] }), /^Actual length: '\d+'\. Max allowed length is '65536' bytes\.$/],
  'eleven constraints': [
    task({ placementConstraints: Array.from({ length: 11 }, () => ({ type: 'memberOf', expression: 'a' }) as const) }),
    /more than 10/,
  ],
  'constraint without expression': [task({ placementConstraints: [{ type: 'memberOf' }] }), /memberOf/],
});

refuses('CPU and memory have their bounds', {
  'no memory': [
    one({ memory: undefined }),
    "Invalid setting for container 'app'. At least one of 'memory' or 'memoryReservation' must be specified.",
  ],
  'memory 0': [one({ memory: 0 }), "Invalid 'memory' setting for container 'app'."],
  'reservation 0': [one({ memoryReservation: 0 }), "Invalid 'memoryReservation' setting for container 'app'."],
  'soft above hard': [one({ memory: 64, memoryReservation: 65 }), /greater than or equal to the 'memoryReservation'/],
  'cpu -1': [one({ cpu: -1 }), "Invalid 'cpu' setting for container 'app'."],
  'task cpu': [task({ cpu: '' }), "Invalid 'cpu' setting for task."],
  'task cpu below': [task({ cpu: '127' }), "Invalid 'cpu' setting for task."],
  'task memory': [task({ memory: '1 TB' }), "Invalid 'memory' setting for task."],
  'containers above cpu': [one({ cpu: 300 }, { cpu: '256' }), /total 'cpu'/],
  'container above memory': [one({ memory: 300 }, { memory: '256' }), /must not exceed the task-level 'memory'/],
  'containers above memory': [two({ memory: 200 }, { memory: 200 }, { memory: '256' }), /^The total 'memory'/],
  'gpu count': [one({ resourceRequirements: [{ type: 'GPU', value: '0' }] }), /number of GPUs/],
  accelerator: [one({ resourceRequirements: [{ type: 'InferenceAccelerator', value: 'x' }] }), /Unknown inference/],
  storage: [task({ ...fargate, ephemeralStorage: { sizeInGiB: 20 } }), /between 21 and 200/],
  'storage on EC2': [task({ ephemeralStorage: { sizeInGiB: 30 } }), /ephemeralStorage parameter is only supported/],
  platform: [
    task({ runtimePlatform: { operatingSystemFamily: 'WINDOWS_SERVER_2022_CORE', cpuArchitecture: 'ARM64' } }),
    /Windows containers/,
  ],
  'start timeout': [one({ startTimeout: -1 }), "Invalid 'startTimeout' setting for container 'app'."],
  'stop timeout': [one({ stopTimeout: -1 }), "Invalid 'stopTimeout' setting for container 'app'."],
});

refuses('ports go with the network mode', {
  'no container port': [
    one({ portMappings: [{ hostPort: 80 }] }),
    "Invalid 'containerPort' setting for container 'app'.",
  ],
  'port 65536': [one({ portMappings: [{ containerPort: 65_536 }] }), /'containerPort'/],
  'host port -1': [one({ portMappings: [{ containerPort: 80, hostPort: -1 }] }), /'hostPort'/],
  'awsvpc differs': [
    one({ portMappings: [{ containerPort: 80, hostPort: 81 }] }, { networkMode: 'awsvpc' }),
    'When networkMode=awsvpc, the host ports and container ports in port mappings must match.',
  ],
  'host differs': [
    one({ portMappings: [{ containerPort: 80, hostPort: 81 }] }, { networkMode: 'host' }),
    'When networkMode=host, the host ports and container ports in port mappings must match.',
  ],
  none: [one({ portMappings: [{ containerPort: 80 }] }, { networkMode: 'none' }), /networkMode=none/],
  'same host port': [
    two(
      { portMappings: [{ containerPort: 80, hostPort: 3000 }] },
      { portMappings: [{ containerPort: 81, hostPort: 3000 }] },
    ),
    "TCP host port '3000' is mapped multiple times in task.",
  ],
  'same port in awsvpc': [
    two(
      { portMappings: [{ containerPort: 80 }] },
      { portMappings: [{ containerPort: 80 }] },
      { networkMode: 'awsvpc' },
    ),
    "TCP host port '80' is mapped multiple times in task.",
  ],
  'port name': [one({ portMappings: [{ containerPort: 80, name: 'Web' }] }), /portMapping name/],
  'same port name': [
    two({ portMappings: [{ containerPort: 80, name: 'web' }] }, { portMappings: [{ containerPort: 81, name: 'web' }] }),
    /more than once/,
  ],
  range: [one({ portMappings: [{ containerPortRange: '90-80' }] }), /'containerPortRange'/],
  'range and port': [one({ portMappings: [{ containerPortRange: '80-90', hostPort: 80 }] }), /excludes/],
  'range overlap': [one({ portMappings: [{ containerPortRange: '80-90' }, { containerPort: 85 }] }), /cannot overlap/],
  'range in host mode': [
    one({ portMappings: [{ containerPortRange: '80-90' }] }, { networkMode: 'host' }),
    /networkMode=host/,
  ],
  'links in awsvpc': [
    two({ links: ['side'] }, {}, { networkMode: 'awsvpc' }),
    'Links are not supported when networkMode=awsvpc.',
  ],
  'links in host mode': [
    two({ links: ['side'] }, {}, { networkMode: 'host' }),
    'Links are not supported when networkMode=host.',
  ],
  'unknown link': [one({ links: ['db:database'] }), /Invalid link 'db:database'/],
  'hostname in awsvpc': [one({ hostname: 'a' }, { networkMode: 'awsvpc' }), /networkMode=awsvpc/],
  'extra hosts in awsvpc': [
    one({ extraHosts: [{ hostname: 'a', ipAddress: '10.0.0.1' }] }, { networkMode: 'awsvpc' }),
    'Extra hosts are not supported when networkMode=awsvpc.',
  ],
});

refuses('mounts name volumes, and volumes are of one kind', {
  'unknown volume': [one({ mountPoints: [{ sourceVolume: 'data', containerPath: '/d' }] }), "Unknown volume 'data'."],
  'no volume': [one({ mountPoints: [{ containerPath: '/d' }] }), "Unknown volume 'null'."],
  'no path': [one({ mountPoints: [{ sourceVolume: 'data' }] }, { volumes: [{ name: 'data' }] }), /containerPath/],
  'same path': [
    one(
      {
        mountPoints: [
          { sourceVolume: 'data', containerPath: '/d' },
          { sourceVolume: 'data', containerPath: '/d' },
        ],
      },
      { volumes: [{ name: 'data' }] },
    ),
    /mounted more than once/,
  ],
  'no volume name': [task({ volumes: [{}] }), 'Volume name should not be null or empty.'],
  'bad volume name': [task({ volumes: [{ name: 'a b' }] }), 'Volume name contains invalid characters.'],
  'same volume name': [task({ volumes: [{ name: 'a' }, { name: 'a' }] }), /more than once/],
  'blank source path': [
    task({ volumes: [{ name: 'a', host: { sourcePath: '' } }] }),
    'host.sourcePath should not be blank.',
  ],
  'two kinds': [
    task({ volumes: [{ name: 'a', host: { sourcePath: '/a' }, dockerVolumeConfiguration: {} }] }),
    /Only one volume configuration/,
  ],
  'two at launch': [
    task({ volumes: ['a', 'b'].map((name) => ({ name, configuredAtLaunch: true })) }),
    /Only one volume can be configured at launch/,
  ],
  autoprovision: [
    task({ volumes: [{ name: 'a', dockerVolumeConfiguration: { scope: 'task', autoprovision: true } }] }),
    /autoprovision/,
  ],
  'access point': [
    task({
      volumes: [
        {
          name: 'a',
          efsVolumeConfiguration: {
            fileSystemId: 'fs-1',
            rootDirectory: '/x',
            transitEncryption: 'ENABLED',
            authorizationConfig: { accessPointId: 'fsap-1' },
          },
        },
      ],
    }),
    /root directory/,
  ],
  'unencrypted IAM': [
    task({
      volumes: [
        { name: 'a', efsVolumeConfiguration: { fileSystemId: 'fs-1', authorizationConfig: { iam: 'ENABLED' } } },
      ],
    }),
    /transit encryption/,
  ],
  'volumes from': [one({ volumesFrom: [{ sourceContainer: 'db' }] }), /Unknown container 'db'/],
});

refuses('dependencies can be fulfilled', {
  unknown: [one({ dependsOn: [{ containerName: 'db', condition: 'START' }] }), /does not exist in the task/],
  itself: [one({ dependsOn: [{ containerName: 'app', condition: 'START' }] }), /cannot depend on itself/],
  'no health check': [
    two({ dependsOn: [{ containerName: 'side', condition: 'HEALTHY' }] }),
    /must have a health check/,
  ],
  essential: [
    two({ dependsOn: [{ containerName: 'side', condition: 'SUCCESS' }] }, { essential: true }),
    'A dependency container with SUCCESS or COMPLETE condition cannot be an essential container',
  ],
  cycle: [
    two(
      { dependsOn: [{ containerName: 'side', condition: 'START' }] },
      { dependsOn: [{ containerName: 'app', condition: 'START' }] },
    ),
    /cycle/,
  ],
  'cycle through a link': [two({ links: ['side'] }, { volumesFrom: [{ sourceContainer: 'app' }] }), /cycle/],
});

refuses('log drivers have what they need', {
  'awslogs group': [
    one(log('awslogs', { 'awslogs-region': 'r' })),
    'Log driver awslogs requires options: awslogs-group',
  ],
  'awslogs nothing': [one(log('awslogs')), 'Log driver awslogs requires options: awslogs-region, awslogs-group'],
  'awslogs blank': [
    one(log('awslogs', { ...awslogs, 'awslogs-group': '' })),
    "Log driver awslogs option 'awslogs-group' should not be null or empty.",
  ],
  'create group': [
    one(log('awslogs', { ...awslogs, 'awslogs-create-group': 'false' })),
    "Log driver awslogs option 'awslogs-create-group' should only be set to 'true', else omit option.",
  ],
  'both multiline options': [
    one(log('awslogs', { ...awslogs, 'awslogs-datetime-format': '%Y', 'awslogs-multiline-pattern': '^a' })),
    /cannot both be specified/,
  ],
  mode: [one(log('json-file', { mode: 'fast' })), /blocking, non-blocking/],
  splunk: [one(log('splunk', { 'splunk-url': 'u' })), 'Log driver splunk requires options: splunk-token'],
  'no router': [one(log('awsfirelens')), /firelensConfiguration object is not specified/],
  'two routers': [
    two({ firelensConfiguration: { type: 'fluentbit' } }, { firelensConfiguration: { type: 'fluentd' } }),
    /Only one container/,
  ],
  'config file': [
    one({
      firelensConfiguration: {
        type: 'fluentbit',
        options: { 'config-file-type': 's3', 'config-file-value': 's3://x' },
      },
    }),
    'Invalid arn syntax.',
  ],
  'config file alone': [
    one({ firelensConfiguration: { type: 'fluentbit', options: { 'config-file-type': 'file' } } }),
    /together/,
  ],
});

const secret = { name: 'TOKEN', valueFrom: 'arn:aws:ssm:us-east-1:111122223333:parameter/token' };

refuses('what the execution role fetches needs the role', {
  secrets: [
    one({ secrets: [secret] }),
    "When you are specifying container secrets, you must also specify a value for 'executionRoleArn'.",
  ],
  'log secrets': [
    one({ logConfiguration: { logDriver: 'gelf', options: { 'gelf-address': 'u' }, secretOptions: [secret] } }),
    /log driver secrets/,
  ],
  files: [one({ environmentFiles: [{ type: 's3', value: 'arn:aws:s3:::b/a.env' }] }), /environment files/],
  credentials: [one({ repositoryCredentials: { credentialsParameter: 'x' } }), /repository credentials/],
  'same secret': [one({ secrets: [secret, secret] }, { executionRoleArn: role }), /^The secret name must be unique/],
  'secret and variable': [
    one({ secrets: [secret], environment: [{ name: 'TOKEN', value: '' }] }, { executionRoleArn: role }),
    /such as 'TOKEN'\.$/,
  ],
  'not an env file': [
    one({ environmentFiles: [{ type: 's3', value: 'arn:aws:s3:::b/a.txt' }] }, { executionRoleArn: role }),
    /extension .env/,
  ],
  'environment name': [one({ environment: [{ value: 'x' }] }), /Environment variable name/],
});

refuses('kernel settings are known ones', {
  ulimit: [one({ ulimits: [{ name: 'nofile', softLimit: 2, hardLimit: 1 }] }), /soft limit/],
  'ulimit twice': [
    one({ ulimits: ['nofile' as const, 'nofile' as const].map((name) => ({ name, softLimit: 1, hardLimit: 1 })) }),
    /more than once/,
  ],
  capability: [one({ linuxParameters: { capabilities: { add: ['CAP_NET_ADMIN'] } } }), /Invalid Linux capability/],
  device: [one({ linuxParameters: { devices: [{ hostPath: 'dev' }] } }), /absolute/],
  swappiness: [one({ linuxParameters: { swappiness: 101 } }), "Invalid 'swappiness' setting for container 'app'."],
  swap: [one({ linuxParameters: { maxSwap: -1 } }), "Invalid 'maxSwap' setting for container 'app'."],
  'shared memory': [one({ linuxParameters: { sharedMemorySize: 0 } }), /'sharedMemorySize'/],
  'tmpfs size': [one({ linuxParameters: { tmpfs: [{ containerPath: '/t', size: 0 }] } }), /tmpfs size/],
  'tmpfs path': [one({ linuxParameters: { tmpfs: [{ containerPath: 't', size: 1 }] } }), /absolute/],
  'tmpfs option': [
    one({ linuxParameters: { tmpfs: [{ containerPath: '/t', size: 1, mountOptions: ['fast'] }] } }),
    /mount option/,
  ],
  sysctl: [one({ systemControls: [{ namespace: 'vm.swappiness', value: '1' }] }), /not supported/],
  'net in host mode': [
    one({ systemControls: [{ namespace: 'net.core.somaxconn', value: '1' }] }, { networkMode: 'host' }),
    /networkMode=host/,
  ],
  'ipc with the host': [
    one({ systemControls: [{ namespace: 'kernel.sem', value: '1' }] }, { ipcMode: 'host' }),
    /ipcMode=host/,
  ],
  'security option': [one({ dockerSecurityOptions: ['everything'] }), /Invalid Docker security option/],
});

const health = (check: Partial<ecs.HealthCheck>): Request =>
  one({ healthCheck: { command: ['CMD', 'true'], ...check } });

refuses('health checks and restarts have their bounds', {
  'no command': [health({ command: [] }), /should not be null or empty/],
  'interval 4': [health({ interval: 4 }), /interval should be between 5 and 300/],
  'interval 301': [health({ interval: 301 }), /interval/],
  'timeout 1': [health({ timeout: 1 }), /timeout should be between 2 and 60/],
  'retries 0': [health({ retries: 0 }), /retries should be between 1 and 10/],
  'start period 301': [health({ startPeriod: 301 }), /startPeriod should be between 0 and 300/],
  'restart period': [one({ restartPolicy: { enabled: true, restartAttemptPeriod: 59 } }), /between 60 and 1800/],
  'exit codes': [
    one({ restartPolicy: { enabled: true, ignoredExitCodes: Array.from({ length: 51 }, (_, code) => code) } }),
    /at most 50/,
  ],
  'not enabled': [one({ restartPolicy: { enabled: false, ignoredExitCodes: [1] } }), /not enabled/],
});

const proxy: ecs.ProxyConfiguration = {
  containerName: 'app',
  properties: [
    { name: 'AppPorts', value: '80' },
    { name: 'ProxyIngressPort', value: '1' },
    { name: 'ProxyEgressPort', value: '2' },
  ],
};

refuses('a proxy has its container and properties', {
  'network mode': [task({ proxyConfiguration: proxy }), /networkMode=awsvpc/],
  container: [
    task({ networkMode: 'awsvpc', proxyConfiguration: { ...proxy, containerName: 'envoy' } }),
    /'envoy' does not exist/,
  ],
  properties: [
    task({ networkMode: 'awsvpc', proxyConfiguration: { containerName: 'app' } }),
    /requires properties: AppPorts/,
  ],
  user: [task({ networkMode: 'awsvpc', proxyConfiguration: proxy }), /IgnoredUID and IgnoredGID/],
});

refuses('Fargate has less', {
  network: [task({ ...fargate, networkMode: 'bridge' }), 'Fargate only supports network mode ‘awsvpc’.'],
  cpu: [task({ ...fargate, cpu: undefined }), "Fargate requires that 'cpu' be defined at the task level."],
  memory: [task({ ...fargate, memory: undefined }), "Fargate requires that 'memory' be defined at the task level."],
  size: [
    task({ ...fargate, cpu: '1024', memory: '1024' }),
    'No Fargate configuration exists for given values: 1024 CPU, 1024 memory. See the Amazon ECS documentation for the valid values.',
  ],
  ipc: [task({ ...fargate, ipcMode: 'task' }), 'Tasks using the Fargate launch type do not support ipcMode.'],
  pid: [
    task({ ...fargate, pidMode: 'host' }),
    "Tasks using the Fargate launch type do not support pidMode 'host'. The supported value for pidMode is 'task'.",
  ],
  constraints: [
    task({ ...fargate, placementConstraints: [{ type: 'memberOf', expression: 'agentConnected == true' }] }),
    'Fargate compatible task definitions do not support placementConstraints',
  ],
  'source path': [
    task({ ...fargate, volumes: [{ name: 'a', host: { sourcePath: '/a' } }] }),
    'Fargate compatible task definitions do not support sourcePath',
  ],
  'docker volume': [
    task({ ...fargate, volumes: [{ name: 'a', dockerVolumeConfiguration: {} }] }),
    /dockerVolumeConfiguration/,
  ],
  privileged: [one({ privileged: true }, fargate), 'Fargate compatible task definitions do not support privileged'],
  devices: [one({ linuxParameters: { devices: [{ hostPath: '/dev/x' }] } }, fargate), /devices/],
  capability: [one({ linuxParameters: { capabilities: { add: ['NET_ADMIN'] } } }, fargate), /SYS_PTRACE/],
  gpu: [one({ resourceRequirements: [{ type: 'GPU', value: '1' }] }, fargate), /GPU/],
  'stop timeout': [one({ stopTimeout: 121 }, fargate), /between 2 and 120/],
  'log driver': [one(log('json-file'), fargate), /log driver json-file/],
  'stream prefix': [
    one(log('awslogs', awslogs), fargate),
    'Log driver awslogs requires options: awslogs-stream-prefix',
  ],
  'role for ECR': [
    one({ image: '111122223333.dkr.ecr.us-east-1.amazonaws.com/app:1' }, { ...fargate, executionRoleArn: undefined }),
    'Fargate requires task definition to have execution role ARN to support ECR images.',
  ],
  'role for awslogs': [
    one(log('awslogs', { ...awslogs, 'awslogs-stream-prefix': 'p' }), { ...fargate, executionRoleArn: undefined }),
    'Fargate requires task definition to have execution role ARN to support log driver awslogs.',
  ],
  external: [task({ requiresCompatibilities: ['EXTERNAL'], networkMode: 'awsvpc' }), /EXTERNAL launch type/],
  'managed instances': [task({ requiresCompatibilities: ['MANAGED_INSTANCES'] }), /Managed Instances/],
});

accepts('what ECS takes is taken', {
  smallest: task({}),
  'memory of the task': one({ memory: undefined }, { memory: '1 GB', cpu: '.5 vCPU' }),
  'soft memory': one({ memory: undefined, memoryReservation: 4 }),
  'equal memories': one({ memory: 64, memoryReservation: 64 }),
  'dynamic ports': two(
    { portMappings: [{ containerPort: 80 }] },
    { portMappings: [{ containerPort: 80, hostPort: 0 }] },
  ),
  'both protocols': one({
    portMappings: [
      { containerPort: 53, hostPort: 53, protocol: 'tcp' },
      { containerPort: 53, hostPort: 53, protocol: 'udp' },
    ],
  }),
  links: two({ links: ['side:db'] }),
  'init container': two({ dependsOn: [{ containerName: 'side', condition: 'SUCCESS' }] }),
  'unlimited ulimit': one({ ulimits: [{ name: 'memlock', softLimit: -1, hardLimit: -1 }] }),
  'empty host': one(
    { mountPoints: [{ sourceVolume: 'a', containerPath: '/a' }] },
    { volumes: [{ name: 'a', host: {} }] },
  ),
  'secret log option': one(
    {
      logConfiguration: {
        logDriver: 'splunk',
        options: { 'splunk-url': 'u' },
        secretOptions: [{ ...secret, name: 'splunk-token' }],
      },
    },
    { executionRoleArn: role },
  ),
  'Fargate and EC2': task({ ...fargate, requiresCompatibilities: ['EC2', 'FARGATE'] }),
  'more than a machine has': one({ cpu: 1_000_000, memory: 100_000_000 }),
  'a bare health check': health({ command: ['/healthcheck'] }),
  'a proxy': task({
    networkMode: 'awsvpc',
    proxyConfiguration: { ...proxy, properties: [...(proxy.properties ?? []), { name: 'IgnoredUID', value: '1337' }] },
  }),
});

test('task sizes are read in every notation', () => {
  for (const text of ['1024', '1 vCPU', '1vcpu', '1.0 VCPU']) assert.equal(parseTaskCpu(text), 1024, text);
  for (const text of ['512', '0.5GB', '.5 gb']) assert.equal(parseTaskMemory(text), 512, text);
  for (const text of ['', '-1', '1.0001 vCPU', '1e3', 'one', '1 GB']) assert.equal(parseTaskCpu(text), undefined, text);
  for (const text of ['', '1 TB', '0x10', '1 vCPU']) assert.equal(parseTaskMemory(text), undefined, text);
});

test('a size is Fargate’s exactly when the table of the developer guide has it', () => {
  const gib = (...values: readonly number[]): readonly number[] => values.map((value) => value * 1024);
  const range = (from: number, to: number, step: number): readonly number[] =>
    gib(...Array.from({ length: (to - from) / step + 1 }, (_, index) => from + index * step));
  const table: Readonly<Record<number, readonly number[]>> = {
    256: [512, ...gib(1, 2)],
    512: range(1, 4, 1),
    1024: range(2, 8, 1),
    2048: range(4, 16, 1),
    4096: range(8, 30, 1),
    8192: range(16, 60, 4),
    16_384: range(32, 120, 8),
  };
  const sizes = [128, ...Object.keys(table).map(Number), 32_768];
  for (const cpu of sizes) {
    for (let memory = 256; memory <= 124 * 1024; memory += 256) {
      assert.equal(isFargateSize(cpu, memory), table[cpu]?.includes(memory) === true, `${cpu} ${memory}`);
    }
  }
});

test('containers that only wait for earlier ones have no cycle, and a ring always has', () => {
  const graph = fc
    .integer({ min: 1, max: 8 })
    .chain((size) =>
      fc.record({ size: fc.constant(size), edges: fc.array(fc.tuple(fc.nat(size - 1), fc.nat(size - 1))) }),
    );
  const containers = (size: number, edges: readonly (readonly [number, number])[]): Container[] =>
    Array.from({ length: size }, (_, index) => ({
      name: `c${index}`,
      dependsOn: edges
        .filter(([from]) => from === index)
        .map(([, to]) => ({ containerName: `c${to}`, condition: 'START' as const })),
    }));
  fc.assert(
    fc.property(graph, ({ size, edges }) => {
      const backwards = edges.filter(([from, to]) => to < from);
      assert.equal(hasCycle(containers(size, backwards)), false);
      const ring = Array.from({ length: size }, (_, index) => [index, (index + 1) % size] as const);
      assert.equal(hasCycle(containers(size, [...backwards, ...ring])), true);
    }),
  );
});

test('a port range is read when it grows within the ports', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 70_000 }), fc.integer({ min: 0, max: 70_000 }), (first, last) => {
      const valid = first >= 1 && last <= 65_535 && first < last;
      assert.deepEqual(parsePortRange(`${first}-${last}`), valid ? [first, last] : undefined);
    }),
  );
  for (const text of ['80', '80-', '-80', 'a-b', '80-90-100']) assert.equal(parsePortRange(text), undefined);
});

test('no request of whatever values makes a rule fail', () => {
  const text = fc.oneof(fc.string(), fc.constantFrom('app', 'side', '', 'arn:aws:s3:::x'));
  const container = fc.record(
    {
      name: text,
      image: text,
      memory: fc.integer(),
      cpu: fc.integer(),
      links: fc.array(text),
      portMappings: fc.array(
        fc.record(
          { containerPort: fc.integer(), hostPort: fc.integer(), containerPortRange: text },
          { requiredKeys: [] },
        ),
      ),
      dependsOn: fc.array(
        fc.record({ containerName: text, condition: fc.constantFrom('START' as const, 'HEALTHY' as const) }),
      ),
      healthCheck: fc.record({ command: fc.array(text), interval: fc.integer() }),
      mountPoints: fc.array(fc.record({ sourceVolume: text, containerPath: text }, { requiredKeys: [] })),
      systemControls: fc.array(fc.record({ namespace: text, value: text }, { requiredKeys: [] })),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(text, fc.array(container), text, text, (family, containerDefinitions, cpu, memory) => {
      const refusal = registrationRefusal({ family, containerDefinitions, cpu, memory });
      assert.ok(refusal === undefined || refusal.length > 0);
    }),
  );
});
