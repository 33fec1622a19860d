/** The room as the official SDK sees it: over HTTP, signed, through the codecs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ClientException,
  ClusterNotFoundException,
  CreateClusterCommand,
  CreateServiceCommand,
  DeleteClusterCommand,
  DescribeClustersCommand,
  DescribeContainerInstancesCommand,
  DescribeTaskDefinitionCommand,
  DiscoverPollEndpointCommand,
  InvalidParameterException,
  ListTagsForResourceCommand,
  RegisterContainerInstanceCommand,
  RegisterTaskDefinitionCommand,
  TagResourceCommand,
  paginateListClusters,
} from '@aws-sdk/client-ecs';
import { resourcesOf } from '../src/authorization.ts';
import { arn } from './support/ecs-calls.ts';
import { openEcsServer } from './support/ecs-room.ts';

test('clusters and their tags', async (t) => {
  const { client } = await openEcsServer(t);
  for (const clusterName of ['a', 'b', 'c']) await client.send(new CreateClusterCommand({ clusterName }));
  const resourceArn = arn('cluster/a');
  await client.send(new TagResourceCommand({ resourceArn, tags: [{ key: 'k', value: 'v' }] }));
  assert.deepEqual((await client.send(new ListTagsForResourceCommand({ resourceArn }))).tags, [
    { key: 'k', value: 'v' },
  ]);
  const pages: (readonly string[] | undefined)[] = [];
  for await (const page of paginateListClusters({ client, pageSize: 2 }, {})) pages.push(page.clusterArns);
  assert.deepEqual(pages, [[arn('cluster/a'), arn('cluster/b')], [arn('cluster/c')]]);
  const { clusters, failures } = await client.send(new DescribeClustersCommand({ clusters: ['b', 'no'] }));
  assert.deepEqual(clusters?.[0]?.tags, []);
  assert.equal(failures?.[0]?.reason, 'MISSING');
  await assert.rejects(client.send(new DeleteClusterCommand({ cluster: 'no' })), ClusterNotFoundException);
  await assert.rejects(client.send(new CreateClusterCommand({ clusterName: 'a b' })), InvalidParameterException);
});

test('a task definition comes back without empty members', async (t) => {
  const { client } = await openEcsServer(t);
  const { taskDefinition } = await client.send(
    new RegisterTaskDefinitionCommand({
      family: 'app',
      containerDefinitions: [
        { name: 'main', image: 'busybox', memory: 64, mountPoints: [{ sourceVolume: 'v', containerPath: '/v' }] },
      ],
      volumes: [{ name: 'v' }],
    }),
  );
  assert.ok(taskDefinition?.registeredAt instanceof Date);
  const { registeredAt: _, ...rest } = taskDefinition;
  assert.deepEqual(rest, {
    family: 'app',
    taskDefinitionArn: arn('task-definition/app:1'),
    revision: 1,
    status: 'ACTIVE',
    registeredBy: 'arn:aws:iam::111122223333:root',
    compatibilities: ['EXTERNAL', 'EC2'],
    placementConstraints: [],
    volumes: [{ name: 'v', host: {} }],
    containerDefinitions: [
      {
        name: 'main',
        image: 'busybox',
        cpu: 0,
        memory: 64,
        essential: true,
        environment: [],
        mountPoints: [{ sourceVolume: 'v', containerPath: '/v' }],
        portMappings: [],
        systemControls: [],
        volumesFrom: [],
      },
    ],
  });
  await assert.rejects(
    client.send(new DescribeTaskDefinitionCommand({ taskDefinition: 'no' })),
    (error) => error instanceof ClientException && error.message === 'Unable to describe task definition.',
  );
});

test('an agent finds its way in', async (t) => {
  const { client, room, origin } = await openEcsServer(t);
  await room.ensureCluster('default');
  const { containerInstance } = await client.send(
    new RegisterContainerInstanceCommand({
      totalResources: [{ name: 'CPU', type: 'INTEGER', integerValue: 1024 }],
      attributes: [{ name: 'ecs.os-type', value: 'linux' }],
    }),
  );
  const containerInstances = [containerInstance?.containerInstanceArn ?? ''];
  const described = await client.send(new DescribeContainerInstancesCommand({ containerInstances }));
  assert.deepEqual(described.failures, []);
  assert.deepEqual(described.containerInstances?.[0]?.remainingResources?.[0], {
    name: 'CPU',
    type: 'INTEGER',
    doubleValue: 0,
    longValue: 0,
    integerValue: 1024,
  });
  const { endpoint, telemetryEndpoint } = await client.send(new DiscoverPollEndpointCommand({}));
  assert.deepEqual([endpoint, telemetryEndpoint], [`${origin}/acs/`, `${origin}/tcs/`]);
});

test('policies are asked about the resources that a call names', async (t) => {
  const { client, asked, denied } = await openEcsServer(t);
  denied.add(arn('cluster/secret'));
  await assert.rejects(client.send(new CreateClusterCommand({ clusterName: 'secret' })), {
    name: 'AccessDeniedException',
  });
  assert.deepEqual(asked.at(-1)?.action, 'ecs:CreateCluster');
  await assert.rejects(client.send(new DescribeClustersCommand({ clusters: ['secret', 'b'] })), {
    name: 'AccessDeniedException',
  });
  assert.deepEqual(asked.at(-1)?.resources, [arn('cluster/secret'), arn('cluster/b')]);
  await assert.rejects(client.send(new DeleteClusterCommand({ cluster: 'a b' })), InvalidParameterException);
  assert.deepEqual(asked.at(-1)?.resources, ['*']);
});

test('what oreno does not answer says so', async (t) => {
  const { client } = await openEcsServer(t);
  await assert.rejects(client.send(new CreateServiceCommand({ serviceName: 'x', taskDefinition: 'y' })));
});

test('resources are named by what a call is about', () => {
  const scope = { account: '111122223333', region: 'us-east-1' };
  const id = 'a'.repeat(32);
  const cases: readonly [Parameters<typeof resourcesOf>[0], unknown, readonly string[]][] = [
    ['ListClusters', {}, ['*']],
    ['RunTask', { taskDefinition: 'app' }, [arn('task-definition/app:*')]],
    ['RunTask', { taskDefinition: 'app:3' }, [arn('task-definition/app:3')]],
    ['StopTask', { cluster: 'lab', task: id }, [arn(`task/lab/${id}`)]],
    ['DescribeTasks', { tasks: [arn(`task/lab/${id}`)] }, [arn(`task/lab/${id}`)]],
    ['UpdateContainerAgent', { containerInstance: id }, [arn(`container-instance/default/${id}`)]],
    ['RegisterContainerInstance', { cluster: '' }, [arn('cluster/default')]],
    ['TagResource', { resourceArn: arn('cluster/lab'), tags: [] }, [arn('cluster/lab')]],
    ['ListAttributes', { cluster: 'lab' }, [arn('cluster/lab')]],
    ['ListTasks', { cluster: 'lab' }, ['*']],
    ['ListTasks', { cluster: 'lab', containerInstance: id }, [arn(`container-instance/lab/${id}`)]],
    ['SubmitAttachmentStateChanges', { attachments: [] }, [arn('cluster/default')]],
    ['DescribeTaskSets', { cluster: 'lab', service: 'web' }, [arn('task-set/lab/web/*')]],
    [
      'UpdateTaskSet',
      { cluster: 'lab', service: arn('service/web'), taskSet: 'ecs-svc/1' },
      [arn('task-set/lab/web/ecs-svc/1')],
    ],
    [
      'StopServiceDeployment',
      { serviceDeploymentArn: arn('service-deployment/lab/web/d1') },
      [arn('service/lab/web'), arn('service-deployment/lab/web/d1')],
    ],
    // The old short ARNs are the same things to a policy.
    ['StopTask', { cluster: 'lab', task: arn(`task/${id}`) }, [arn(`task/lab/${id}`)]],
    ['UpdateService', { cluster: 'lab', service: arn('service/web') }, [arn('service/lab/web')]],
    [
      'UpdateTaskProtection',
      { cluster: 'lab', tasks: [id, arn(`task/other/${id}`)], protectionEnabled: true },
      [arn(`task/lab/${id}`), arn(`task/other/${id}`)],
    ],
  ];
  for (const [operation, input, expected] of cases) assert.deepEqual(resourcesOf(operation, input, scope), expected);
});
