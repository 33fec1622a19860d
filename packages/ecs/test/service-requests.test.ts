/** What CreateService, UpdateService and their kin answer: refusals in ECS's words, and exact read-back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arn, openEcsCalls, root, START, type EcsCalls } from './support/ecs-calls.ts';

const open = async (t: Parameters<typeof openEcsCalls>[0]): Promise<EcsCalls> => {
  const lab = await openEcsCalls(t);
  await lab.call('CreateCluster', { clusterName: 'default' });
  const containerDefinitions = [{ name: 'main', image: 'busybox', memory: 64 }];
  await lab.call('RegisterTaskDefinition', { family: 'web', containerDefinitions });
  return lab;
};

const web = { serviceName: 'web', taskDefinition: 'web', desiredCount: 2 };

test('a service reads back exactly as AWS shows it', async (t) => {
  const lab = await open(t);
  const { service } = await lab.call('CreateService', web);
  const [deployment] = service?.deployments ?? [];
  const id = deployment?.id ?? '';
  const { serviceDeployments = [] } = await lab.call('ListServiceDeployments', { service: 'web' });
  const revisionArn = serviceDeployments[0]?.targetServiceRevisionArn;
  assert.equal(revisionArn, arn(`service-revision/default/web/${id.split('/')[1]}`));
  assert.deepEqual(JSON.parse(JSON.stringify(service)), {
    serviceArn: arn('service/default/web'),
    serviceName: 'web',
    clusterArn: arn('cluster/default'),
    loadBalancers: [],
    serviceRegistries: [],
    status: 'ACTIVE',
    desiredCount: 2,
    runningCount: 0,
    pendingCount: 0,
    launchType: 'EC2',
    taskDefinition: arn('task-definition/web:1'),
    deploymentConfiguration: {
      deploymentCircuitBreaker: { enable: false, rollback: false },
      maximumPercent: 200,
      minimumHealthyPercent: 100,
      strategy: 'ROLLING',
      bakeTimeInMinutes: 0,
    },
    deployments: [
      {
        id,
        status: 'PRIMARY',
        taskDefinition: arn('task-definition/web:1'),
        desiredCount: 2,
        pendingCount: 0,
        runningCount: 0,
        failedTasks: 0,
        createdAt: START,
        updatedAt: START,
        launchType: 'EC2',
        rolloutState: 'IN_PROGRESS',
        rolloutStateReason: `ECS deployment ${id} in progress.`,
      },
    ],
    currentServiceDeployment: serviceDeployments[0]?.serviceDeploymentArn,
    currentServiceRevisions: [{ arn: revisionArn, requestedTaskCount: 2, runningTaskCount: 0, pendingTaskCount: 0 }],
    events: [],
    createdAt: START,
    placementConstraints: [],
    placementStrategy: [],
    schedulingStrategy: 'REPLICA',
    createdBy: root.arn,
    enableECSManagedTags: false,
    propagateTags: 'NONE',
    enableExecuteCommand: false,
    availabilityZoneRebalancing: 'ENABLED',
  });
  const again = await lab.call('CreateService', web);
  assert.equal(again.service?.deployments?.[0]?.id, id);
  const { services, failures } = await lab.call('DescribeServices', { services: ['web', 'no'], include: ['TAGS'] });
  assert.deepEqual(services?.[0]?.tags, []);
  assert.deepEqual(failures, [{ arn: arn('service/default/no'), reason: 'MISSING' }]);
  assert.equal((await lab.call('ListServices', {})).serviceArns?.length, 1);
  await assert.rejects(lab.call('DeleteCluster', { cluster: 'default' }), /Services are active/);
});

test('what ECS refuses is refused in its words, and leaves nothing behind', async (t) => {
  const lab = await open(t);
  const refused = (input: object): Promise<string> => lab.refusal('CreateService', { ...web, ...input });
  const daemon = { schedulingStrategy: 'DAEMON' as const, desiredCount: undefined };
  const percents = (minimumHealthyPercent: number, maximumPercent: number): object => ({
    deploymentConfiguration: { minimumHealthyPercent, maximumPercent },
  });
  assert.match(
    await refused({ schedulingStrategy: 'DAEMON' }),
    /daemon scheduling strategy does not support a desired/,
  );
  assert.match(
    await refused({ ...daemon, ...percents(0, 150) }),
    /does not support values above 100 for maximumPercent/,
  );
  assert.match(await refused(percents(100, 100)), /cannot be 100 as this will block deployments/);
  assert.match(await refused(percents(-1, 200)), /^InvalidParameterException/);
  assert.match(await refused({ desiredCount: -1 }), /^InvalidParameterException/);
  assert.match(await refused({ serviceName: 'a b' }), /^InvalidParameterException/);
  assert.match(await refused({ taskDefinition: 'no' }), /^ClientException: TaskDefinition not found/);
  assert.match(await refused({ cluster: 'no' }), /^ClusterNotFoundException/);
  assert.match(await refused({ placementStrategy: [{ type: 'spread', field: 'x' }] }), /^InvalidParameterException/);
  assert.match(await refused({ loadBalancers: [{ containerName: 'main' }] }), /^UnsupportedFeatureException/);
  assert.equal(
    await refused({ launchType: 'EC2', capacityProviderStrategy: [{ capacityProvider: 'FARGATE' }] }),
    'InvalidParameterException: Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.',
  );
  const metricConfigurations = [{ metricNames: ['CPUUtilization'] as const, resolutionSeconds: 20 }];
  assert.match(await refused({ monitoring: { metricConfigurations } }), /^UnsupportedFeatureException/);
  assert.match(await refused({ deploymentController: { type: 'CODE_DEPLOY' } }), /^UnsupportedFeatureException/);
  assert.deepEqual((await lab.call('ListServices', {})).serviceArns, []);
  await lab.call('DeregisterTaskDefinition', { taskDefinition: 'web:1' });
  assert.match(await refused({ taskDefinition: 'web:1' }), /^ClientException: TaskDefinition is inactive/);
  assert.match(
    await lab.refusal('UpdateService', { service: 'web' }),
    /^ServiceNotFoundException: Service not found\./,
  );
  assert.match(await lab.refusal('DeleteService', { service: 'web' }), /^ServiceNotFoundException/);
  assert.match(await lab.refusal('ListServicesByNamespace', { namespace: 'n' }), /^NamespaceNotFoundException/);
});

test('an update starts a deployment only where tasks would be others', async (t) => {
  const lab = await open(t);
  await lab.call('CreateService', web);
  assert.match(
    await lab.refusal('CreateService', { ...web, desiredCount: 3 }),
    /Creation of service was not idempotent\./,
  );
  const count = async (): Promise<number> =>
    (await lab.call('ListServiceDeployments', { service: 'web' })).serviceDeployments?.length ?? 0;
  await lab.call('UpdateService', { service: 'web', desiredCount: 5 });
  assert.equal(await count(), 1);
  lab.later(1);
  const { service } = await lab.call('UpdateService', { service: 'web', forceNewDeployment: true });
  assert.equal(await count(), 2);
  assert.deepEqual(
    service?.deployments?.map(({ status }) => status),
    ['PRIMARY', 'ACTIVE'],
  );
  await lab.call('DeleteService', { service: 'web', force: true });
  assert.match(
    await lab.refusal('UpdateService', { service: 'web' }),
    /^ServiceNotActiveException: Service was not ACTIVE\./,
  );
  assert.match(await lab.refusal('CreateService', web), /still Draining/);
});

test('only tasks of services can be protected', async (t) => {
  const lab = await open(t);
  const ours = await lab.writeTask({ clusterName: 'default', group: 'service:web', taskArn: '' });
  const theirs = await lab.writeTask({ clusterName: 'default' });
  const missing = 'f'.repeat(32);
  const tasks = [ours.taskId, theirs.taskId, missing];
  const answer = await lab.call('UpdateTaskProtection', { cluster: 'default', tasks, protectionEnabled: true });
  const expirationDate = START + 120 * 60_000;
  const taskArn = arn(`task/default/${ours.taskId}`);
  assert.deepEqual(answer.protectedTasks, [{ taskArn, protectionEnabled: true, expirationDate }]);
  assert.deepEqual(
    answer.failures?.map(({ reason }) => reason),
    ['TASK_NOT_VALID', 'MISSING'],
  );
  assert.deepEqual((await lab.call('GetTaskProtection', { cluster: 'default' })).protectedTasks, answer.protectedTasks);
  lab.later(121 * 60_000);
  const later = await lab.call('GetTaskProtection', { cluster: 'default', tasks: [ours.taskId] });
  assert.deepEqual(later.protectedTasks, [{ taskArn, protectionEnabled: false }]);
});

test('no deployment waits at a lifecycle hook', async (t) => {
  const lab = await open(t);
  await lab.call('CreateService', web);
  const { serviceDeployments = [] } = await lab.call('ListServiceDeployments', { service: 'web' });
  const serviceDeploymentArn = serviceDeployments[0]?.serviceDeploymentArn ?? '';
  assert.match(
    await lab.refusal('ContinueServiceDeployment', { serviceDeploymentArn, hookId: 'ecs-pause-1' }),
    /^InvalidParameterException: .*no lifecycle hook ecs-pause-1/,
  );
  const missing = `${serviceDeploymentArn}x`;
  assert.match(
    await lab.refusal('ContinueServiceDeployment', { serviceDeploymentArn: missing, hookId: 'h' }),
    /^ServiceDeploymentNotFoundException: /,
  );
});
