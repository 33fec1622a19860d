/**
 * Task definitions, services and task sets as Terraform's AWS provider makes, reads, changes and deletes them: the
 * same calls with the same members, its waiters, and nothing left in a second plan.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  CreateServiceCommand,
  CreateTaskSetCommand,
  DeleteServiceCommand,
  DeleteTaskSetCommand,
  DeregisterTaskDefinitionCommand,
  DescribeServiceDeploymentsCommand,
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  DescribeTaskSetsCommand,
  ListServiceDeploymentsCommand,
  RegisterTaskDefinitionCommand,
  TaskSetNotFoundException,
  UpdateServiceCommand,
  UpdateTaskSetCommand,
  type ContainerDefinition,
  type CreateServiceCommandInput,
  type Service,
} from '@aws-sdk/client-ecs';
import { isStable, openServiceLab, type ServiceLab } from './support/service-lab.ts';

const tags = [{ key: 'team', value: 'platform' }];

const byName = <T extends { readonly name?: string | undefined }>(list: readonly T[] = []): readonly T[] =>
  list.toSorted((left, right) => ((left.name ?? '') < (right.name ?? '') ? -1 : 1));

/** What the provider compares of container definitions: without AWS's defaults, lists that have no order sorted. */
const reduced = (containers: readonly ContainerDefinition[] = []): unknown =>
  byName(containers).map(({ environment, secrets, portMappings = [], essential = true, cpu = 0, ...rest }) =>
    Object.fromEntries(
      Object.entries({
        ...rest,
        essential,
        cpu,
        environment: byName(environment),
        secrets: byName(secrets),
        portMappings: portMappings.map(({ hostPort, protocol = 'tcp', ...port }) => ({
          ...port,
          protocol,
          hostPort: hostPort ?? 0,
        })),
      }).filter(([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0)),
    ),
  );

test('aws_ecs_task_definition', async (t) => {
  const { client } = await openServiceLab(t);
  const containerDefinitions: ContainerDefinition[] = [
    {
      name: 'web',
      image: 'nginx',
      memory: 128,
      environment: [
        { name: 'Z', value: '1' },
        { name: 'A', value: '' },
      ],
      portMappings: [{ containerPort: 80 }, { containerPort: 81, hostPort: 8081, protocol: 'udp' }],
      dockerLabels: { 'a.b': 'c' },
      linuxParameters: { initProcessEnabled: true, capabilities: { add: ['NET_ADMIN'], drop: [] } },
      ulimits: [{ name: 'nofile', softLimit: 1024, hardLimit: 2048 }],
      dependsOn: [{ containerName: 'init', condition: 'SUCCESS' }],
      stopTimeout: 30,
      restartPolicy: { enabled: true, ignoredExitCodes: [0], restartAttemptPeriod: 180 },
    },
    { name: 'init', image: 'busybox', memoryReservation: 16, essential: false, command: ['true'], cpu: 0 },
  ];
  const asked = {
    family: 'tf',
    containerDefinitions,
    networkMode: 'bridge' as const,
    taskRoleArn: 'arn:aws:iam::111122223333:role/task',
    volumes: [
      { name: 'data', host: { sourcePath: '/data' } },
      { name: 'scratch' },
      { name: 'shared', efsVolumeConfiguration: { fileSystemId: 'fs-1' } },
    ],
    placementConstraints: [{ type: 'memberOf' as const, expression: 'attribute:ecs.os-type == linux' }],
    requiresCompatibilities: ['EC2' as const],
    runtimePlatform: { operatingSystemFamily: 'LINUX' as const, cpuArchitecture: 'X86_64' as const },
  };
  const made = await client.send(new RegisterTaskDefinitionCommand({ ...asked, tags }));
  const id = made.taskDefinition?.taskDefinitionArn ?? '';
  const read = (taskDefinition: string) =>
    client.send(new DescribeTaskDefinitionCommand({ taskDefinition, include: ['TAGS'] }));
  const { taskDefinition: found, tags: foundTags } = await read(id);
  assert.deepEqual(foundTags, tags);
  assert.deepEqual(reduced(found?.containerDefinitions), reduced(containerDefinitions));
  assert.deepEqual(
    [found?.cpu, found?.memory, found?.pidMode, found?.ipcMode, found?.proxyConfiguration, found?.ephemeralStorage],
    [undefined, undefined, undefined, undefined, undefined, undefined],
  );
  const same = ['family', 'networkMode', 'taskRoleArn', 'placementConstraints', 'requiresCompatibilities'] as const;
  for (const name of [...same, 'runtimePlatform'] as const) assert.deepEqual(found?.[name], asked[name], name);
  assert.deepEqual(
    found?.volumes?.map(({ name, host, efsVolumeConfiguration: efs }) => [
      name,
      host?.sourcePath ?? efs?.rootDirectory,
    ]),
    [
      ['data', '/data'],
      ['scratch', undefined],
      ['shared', '/'],
    ],
  );
  // track_latest reads the family.
  assert.equal((await read('tf')).taskDefinition?.revision, 1);
  await client.send(new DeregisterTaskDefinitionCommand({ taskDefinition: id }));
  assert.equal((await read(id)).taskDefinition?.status, 'INACTIVE');
  await assert.rejects(read('tf'), { name: 'ClientException', message: 'Unable to describe task definition.' });
});

const createInput: CreateServiceCommandInput = {
  cluster: 'default',
  serviceName: 'web',
  clientToken: 'terraform-20260101000000000000000001',
  deploymentConfiguration: {
    maximumPercent: 200,
    minimumHealthyPercent: 50,
    deploymentCircuitBreaker: { enable: true, rollback: true },
  },
  desiredCount: 2,
  enableECSManagedTags: true,
  enableExecuteCommand: false,
  healthCheckGracePeriodSeconds: 30,
  placementConstraints: [{ type: 'memberOf', expression: 'attribute:ecs.os-type == linux' }],
  placementStrategy: [
    { type: 'spread', field: 'instanceId' },
    { type: 'binpack', field: 'memory' },
  ],
  propagateTags: 'SERVICE',
  schedulingStrategy: 'REPLICA',
  availabilityZoneRebalancing: 'DISABLED',
  tags,
};

const read = async ({ client }: ServiceLab, service: string, cluster = 'default'): Promise<Service> => {
  const command = new DescribeServicesCommand({ cluster, services: [service], include: ['TAGS'] });
  const { services = [], failures } = await client.send(command);
  assert.deepEqual(failures, []);
  assert.equal(services.length, 1);
  return services[0] as Service;
};

/** The provider's wait for a steady state: by the service deployment that belongs to the primary deployment. */
const untilDeployed = async (lab: ServiceLab, operationTime: Date): Promise<string | undefined> => {
  const { deployments = [], serviceName: service } = await read(lab, 'web');
  const primary = deployments.find(({ status }) => status === 'PRIMARY');
  assert.ok(primary?.createdAt !== undefined && primary.createdAt >= operationTime);
  const [, id = 'none'] = primary.id?.split('/') ?? [];
  const list = new ListServiceDeploymentsCommand({ cluster: 'default', service, createdAt: { after: operationTime } });
  const { serviceDeployments = [] } = await lab.client.send(list);
  const own = serviceDeployments.find(({ targetServiceRevisionArn }) => targetServiceRevisionArn?.includes(id));
  assert.ok(own?.serviceDeploymentArn);
  await lab.until(isStable);
  const describe = new DescribeServiceDeploymentsCommand({ serviceDeploymentArns: [own.serviceDeploymentArn] });
  return (await lab.client.send(describe)).serviceDeployments?.[0]?.status;
};

test('aws_ecs_service', async (t) => {
  const lab = await openServiceLab(t);
  await lab.agent();
  const taskDefinition = await lab.define();
  const begin = new Date();
  const made = await lab.client.send(new CreateServiceCommand({ ...createInput, taskDefinition }));
  const id = made.service?.serviceArn ?? '';
  assert.equal(await untilDeployed(lab, begin), 'SUCCESSFUL');

  const service = await read(lab, id);
  assert.equal(service.status, 'ACTIVE');
  const { cluster: _c, clientToken: _t, deploymentConfiguration, ...same } = createInput;
  for (const [name, value] of Object.entries(same)) assert.deepEqual(service[name as keyof Service], value, name);
  const { maximumPercent, minimumHealthyPercent, deploymentCircuitBreaker } = service.deploymentConfiguration ?? {};
  assert.deepEqual({ maximumPercent, minimumHealthyPercent, deploymentCircuitBreaker }, deploymentConfiguration);
  assert.equal(service.deploymentConfiguration?.alarms, undefined);
  assert.equal(service.launchType, 'EC2');
  const unset = ['capacityProviderStrategy', 'networkConfiguration', 'platformVersion', 'roleArn'] as const;
  for (const name of unset) assert.equal(service[name], undefined, name);
  assert.equal(service.deployments?.[0]?.serviceConnectConfiguration, undefined);
  assert.deepEqual((await read(lab, id, '')).serviceArn, id);

  const next = await lab.define({ image: 'busybox:2' });
  const place = { cluster: 'default', service: id, forceNewDeployment: false };
  const later = new Date();
  const placementStrategy = [{ type: 'spread' as const, field: 'host' }];
  const update = { ...place, taskDefinition: next, placementStrategy, healthCheckGracePeriodSeconds: 0 };
  const breaker = { deploymentCircuitBreaker: { enable: false, rollback: false } };
  await lab.client.send(new UpdateServiceCommand({ ...update, deploymentConfiguration: breaker }));
  assert.equal(await untilDeployed(lab, later), 'SUCCESSFUL');
  const changed = await read(lab, id);
  assert.deepEqual(
    [changed.taskDefinition, changed.placementStrategy, changed.healthCheckGracePeriodSeconds],
    [next, [{ type: 'spread', field: 'instanceId' }], 0],
  );
  assert.equal(changed.deploymentConfiguration?.minimumHealthyPercent, 50);
  assert.equal(changed.deploymentConfiguration?.deploymentCircuitBreaker?.enable, false);

  await lab.client.send(new UpdateServiceCommand({ cluster: 'default', service: id, desiredCount: 0 }));
  await lab.client.send(new DeleteServiceCommand({ cluster: 'default', service: id, force: false }));
  await lab.until(({ status }) => status === 'INACTIVE');
  assert.deepEqual((await read(lab, id)).deployments, []);
});

test('aws_ecs_service of the DAEMON strategy', async (t) => {
  const lab = await openServiceLab(t);
  await lab.agent();
  const taskDefinition = await lab.define();
  const deploymentConfiguration = { minimumHealthyPercent: 50 };
  const asked = { serviceName: 'web', taskDefinition, schedulingStrategy: 'DAEMON', deploymentConfiguration } as const;
  const { service } = await lab.client.send(new CreateServiceCommand({ ...asked, cluster: 'default' }));
  assert.equal(service?.deploymentConfiguration?.minimumHealthyPercent, 50);
  assert.equal(service?.deploymentConfiguration?.maximumPercent, 100);
  await lab.until(({ runningCount }) => runningCount === 1);
  await lab.client.send(new DeleteServiceCommand({ cluster: 'default', service: 'web', force: true }));
  await lab.until(({ status }) => status === 'INACTIVE');
});

test('aws_ecs_task_set', async (t) => {
  const lab = await openServiceLab(t);
  await lab.agent();
  const taskDefinition = await lab.define();
  const place = { cluster: 'default', service: 'web' } as const;
  const deploymentConfiguration = { maximumPercent: 200, minimumHealthyPercent: 100 };
  const create = { cluster: 'default', serviceName: 'web', deploymentConfiguration, desiredCount: 1 };
  const { service } = await lab.client.send(
    new CreateServiceCommand({ ...create, deploymentController: { type: 'EXTERNAL' } }),
  );
  assert.deepEqual([service?.deploymentController, service?.taskDefinition], [{ type: 'EXTERNAL' }, undefined]);
  const half = { unit: 'PERCENT' as const, value: 100 };
  const made = await lab.client.send(new CreateTaskSetCommand({ ...place, taskDefinition, scale: half, tags }));
  const id = made.taskSet?.id ?? '';
  const readSet = async () => {
    const command = new DescribeTaskSetsCommand({ ...place, taskSets: [id], include: ['TAGS'] });
    return (await lab.client.send(command)).taskSets?.[0];
  };
  await lab.until(async () => (await readSet())?.stabilityStatus === 'STEADY_STATE');
  const found = await readSet();
  assert.deepEqual([found?.taskDefinition, found?.scale, found?.tags], [taskDefinition, half, tags]);
  assert.deepEqual([found?.networkConfiguration, found?.externalId], [undefined, undefined]);
  const none = { unit: 'PERCENT' as const, value: 0 };
  await lab.client.send(new UpdateTaskSetCommand({ ...place, taskSet: id, scale: none }));
  assert.deepEqual((await readSet())?.scale, none);
  await lab.client.send(new DeleteTaskSetCommand({ ...place, taskSet: id, force: false }));
  await lab.until(async () => (await readSet()) === undefined);
  await assert.rejects(
    lab.client.send(new DeleteTaskSetCommand({ ...place, taskSet: id, force: false })),
    TaskSetNotFoundException,
  );
  await lab.client.send(new UpdateServiceCommand({ ...place, desiredCount: 0 }));
  await lab.client.send(new DeleteServiceCommand({ ...place, force: false }));
  await lab.until(({ status }) => status === 'INACTIVE');
});
