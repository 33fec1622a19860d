/**
 * Deployment tools send back everything that they have read, as ecspresso does, or empty texts for what is not set, as
 * ecs-deploy does: what stays as it is starts no deployment.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  CreateClusterCommand,
  CreateServiceCommand,
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  InvalidParameterException,
  RegisterTaskDefinitionCommand,
  UpdateServiceCommand,
  type CreateServiceCommandInput,
  type ECSClient,
  type Service,
  type UpdateServiceCommandInput,
} from '@aws-sdk/client-ecs';
import { openEcsServer } from './support/ecs-room.ts';

const cluster = 'tools';

const openCluster = async (client: ECSClient): Promise<void> => {
  const capacityProviders = ['FARGATE', 'FARGATE_SPOT'];
  await client.send(new CreateClusterCommand({ clusterName: cluster, capacityProviders }));
  const containerDefinitions = [{ name: 'web', image: 'nginx', memory: 64, portMappings: [{ containerPort: 80 }] }];
  await client.send(new RegisterTaskDefinitionCommand({ family: 'bridge', containerDefinitions }));
  const fargate = { networkMode: 'awsvpc', requiresCompatibilities: ['FARGATE'], cpu: '256', memory: '512' } as const;
  await client.send(
    new RegisterTaskDefinitionCommand({
      ...fargate,
      requiresCompatibilities: ['FARGATE'],
      family: 'fargate',
      containerDefinitions,
      runtimePlatform: {},
    }),
  );
};

const read = async (client: ECSClient, service: string): Promise<Service> => {
  const { services = [] } = await client.send(new DescribeServicesCommand({ cluster, services: [service] }));
  assert.ok(services[0]);
  return services[0];
};

/** What ecspresso sends of a service that it has read. */
const echoOf = (service: Service): UpdateServiceCommandInput => ({
  cluster,
  service: service.serviceName,
  capacityProviderStrategy: service.capacityProviderStrategy,
  deploymentConfiguration: service.deploymentConfiguration,
  ...(service.schedulingStrategy === 'DAEMON'
    ? {}
    : { desiredCount: service.desiredCount, placementStrategy: service.placementStrategy }),
  enableECSManagedTags: service.enableECSManagedTags,
  enableExecuteCommand: service.enableExecuteCommand,
  healthCheckGracePeriodSeconds: service.healthCheckGracePeriodSeconds,
  loadBalancers: service.loadBalancers,
  networkConfiguration: service.networkConfiguration,
  placementConstraints: service.placementConstraints,
  platformVersion: service.platformVersion,
  propagateTags: service.propagateTags,
  serviceRegistries: service.serviceRegistries,
  forceNewDeployment: false,
  taskDefinition: service.taskDefinition,
});

const awsvpc = (...subnets: readonly string[]) => ({ awsvpcConfiguration: { subnets: [...subnets] } });

test('what was read and is sent back starts no deployment', async (t) => {
  const { client } = await openEcsServer(t);
  await openCluster(client);
  const networkConfiguration = awsvpc('subnet-1', 'subnet-2');
  const spot = [{ capacityProvider: 'FARGATE_SPOT', weight: 1 }];
  const common = { cluster, desiredCount: 0 };
  const asked: CreateServiceCommandInput[] = [
    { ...common, serviceName: 'plain', taskDefinition: 'bridge' },
    { ...common, serviceName: 'fargate', taskDefinition: 'fargate', launchType: 'FARGATE', networkConfiguration },
    { ...common, serviceName: 'spot', taskDefinition: 'fargate', capacityProviderStrategy: spot, networkConfiguration },
    { cluster, serviceName: 'daemon', taskDefinition: 'bridge', schedulingStrategy: 'DAEMON' },
  ];
  for (const input of asked) {
    await client.send(
      new CreateServiceCommand({ ...input, launchType: 'launchType' in input ? 'FARGATE' : undefined }),
    );
    const before = await read(client, input.serviceName ?? '');
    await client.send(new UpdateServiceCommand(echoOf(before)));
    const after = await read(client, input.serviceName ?? '');
    assert.equal(after.deployments?.[0]?.id, before.deployments?.[0]?.id, input.serviceName);
    assert.equal(after.deployments?.length, 1);
  }
});

test('the defaults of a network are shown, and its lists have no order', async (t) => {
  const { client } = await openEcsServer(t);
  await openCluster(client);
  const place = { cluster, taskDefinition: 'fargate', launchType: 'FARGATE', desiredCount: 0 } as const;
  await client.send(
    new CreateServiceCommand({ ...place, serviceName: 'web', networkConfiguration: awsvpc('subnet-1', 'subnet-2') }),
  );
  const before = await read(client, 'web');
  assert.equal(before.networkConfiguration?.awsvpcConfiguration?.assignPublicIp, 'DISABLED');
  const update = (...subnets: readonly string[]) =>
    client.send(new UpdateServiceCommand({ cluster, service: 'web', networkConfiguration: awsvpc(...subnets) }));
  await update('subnet-2', 'subnet-1');
  assert.equal((await read(client, 'web')).deployments?.[0]?.id, before.deployments?.[0]?.id);
  const publicIp = { awsvpcConfiguration: { subnets: ['subnet-1'], assignPublicIp: 'ENABLED' as const } };
  await assert.rejects(
    client.send(
      new CreateServiceCommand({ ...place, serviceName: 'ec2', launchType: 'EC2', networkConfiguration: publicIp }),
    ),
    { message: 'Assign public IP is not supported for this launch type.' },
  );
  await update('subnet-3');
  assert.notEqual((await read(client, 'web')).deployments?.[0]?.id, before.deployments?.[0]?.id);
});

test('another capacity provider strategy needs force, the same one does not', async (t) => {
  const { client } = await openEcsServer(t);
  await openCluster(client);
  const networkConfiguration = awsvpc('subnet-1');
  const create = { cluster, serviceName: 'web', taskDefinition: 'fargate', desiredCount: 0, networkConfiguration };
  const capacityProviderStrategy = [{ capacityProvider: 'FARGATE_SPOT', weight: 1 }];
  await client.send(new CreateServiceCommand({ ...create, capacityProviderStrategy }));
  const update = (more: Partial<UpdateServiceCommandInput>) =>
    client.send(new UpdateServiceCommand({ cluster, service: 'web', ...more }));
  await update({ capacityProviderStrategy: [{ capacityProvider: 'FARGATE_SPOT', weight: 1, base: 0 }] });
  const other = [{ capacityProvider: 'FARGATE', weight: 1 }];
  await assert.rejects(
    update({ capacityProviderStrategy: other }),
    (error) => error instanceof InvalidParameterException && /you must force a new deployment/.test(error.message),
  );
  await update({ capacityProviderStrategy: other, forceNewDeployment: true });
  assert.deepEqual((await read(client, 'web')).capacityProviderStrategy, [
    { capacityProvider: 'FARGATE', weight: 1, base: 0 },
  ]);
});

test('empty texts and objects of a task definition are nothing', async (t) => {
  const { client } = await openEcsServer(t);
  await openCluster(client);
  const { taskDefinition } = await client.send(new DescribeTaskDefinitionCommand({ taskDefinition: 'fargate' }));
  assert.equal(taskDefinition?.runtimePlatform, undefined);
  const { containerDefinitions = [] } = taskDefinition ?? {};
  const registered = await client.send(
    new RegisterTaskDefinitionCommand({
      family: 'again',
      containerDefinitions,
      taskRoleArn: '',
      executionRoleArn: '',
      requiresCompatibilities: [],
      volumes: [],
      placementConstraints: [],
      tags: [],
    }),
  );
  const again = registered.taskDefinition;
  assert.deepEqual(again?.containerDefinitions, containerDefinitions);
  assert.deepEqual(
    [again.taskRoleArn, again.executionRoleArn, again.requiresCompatibilities],
    [undefined, undefined, undefined],
  );
});
