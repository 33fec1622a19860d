/** Tasks and services on capacity providers, over real sockets with agents that only pretend to run containers. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  CreateCapacityProviderCommand,
  CreateServiceCommand,
  DescribeContainerInstancesCommand,
  DescribeTasksCommand,
  PutClusterCapacityProvidersCommand,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  StopTaskCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import type { Task } from '@aws-sdk/client-ecs';
import type { TaskRecord } from '../src/records.ts';
import { isStable, openServiceLab, type ServiceLab } from './support/service-lab.ts';
import { commonAttributes, type SimulatedAgent } from './support/simulated-agent.ts';

const provide = async (lab: ServiceLab, name: string, status: 'ENABLED' | 'DISABLED' = 'DISABLED'): Promise<void> => {
  const autoScalingGroupProvider = { autoScalingGroupArn: `group-${name}`, managedScaling: { status } };
  await lab.client.send(new CreateCapacityProviderCommand({ name, autoScalingGroupProvider }));
};

const associate = (lab: ServiceLab, capacityProviders: string[], defaults: object[] = []): Promise<unknown> =>
  lab.client.send(
    new PutClusterCapacityProvidersCommand({
      cluster: 'default',
      capacityProviders,
      defaultCapacityProviderStrategy: defaults as never,
    }),
  );

const machineOf = (lab: ServiceLab, name: string, memory = 4_096): Promise<SimulatedAgent> =>
  lab.agent({ memory, attributes: [...commonAttributes, { name: 'ecs.capacity-provider', value: name }] });

const perProvider = (tasks: readonly (Pick<TaskRecord, 'capacityProviderName'> | Task)[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { capacityProviderName = '' } of tasks) {
    counts[capacityProviderName] = (counts[capacityProviderName] ?? 0) + 1;
  }
  return counts;
};

const describeTask = async (lab: ServiceLab, taskArn = ''): Promise<Task | undefined> =>
  (await lab.client.send(new DescribeTasksCommand({ tasks: [taskArn] }))).tasks?.[0];

const eventually = async (lab: ServiceLab, taskArn: string | undefined, lastStatus: string): Promise<Task> => {
  const end = Date.now() + 8_000;
  for (;;) {
    const task = await describeTask(lab, taskArn);
    if (task?.lastStatus === lastStatus) return task;
    assert.ok(Date.now() < end, `the task is ${task?.lastStatus}: ${task?.stoppedReason}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};

describe('a service over two capacity providers', () => {
  it('is divided by base and weight, grows, rolls and shows what it has', async (test) => {
    const lab = await openServiceLab(test);
    for (const name of ['metal', 'spare']) await provide(lab, name);
    const strategy = [
      { capacityProvider: 'metal', base: 1, weight: 1 },
      { capacityProvider: 'spare', weight: 3 },
    ];
    await associate(lab, ['metal', 'spare'], strategy);
    const metal = await machineOf(lab, 'metal');
    const spare = await machineOf(lab, 'spare');
    await lab.agent();
    const taskDefinition = await lab.define();
    await lab.client.send(new CreateServiceCommand({ serviceName: 'web', taskDefinition, desiredCount: 5 }));
    const service = await lab.until(isStable);
    const shown = [
      { capacityProvider: 'metal', base: 1, weight: 1 },
      { capacityProvider: 'spare', base: 0, weight: 3 },
    ];
    assert.deepEqual(service.capacityProviderStrategy, shown);
    assert.deepEqual(service.deployments?.[0]?.capacityProviderStrategy, shown);
    assert.equal(service.launchType, undefined);

    const wanted = async () => (await lab.tasks()).filter(({ desiredStatus }) => desiredStatus === 'RUNNING');
    const checkPlaces = async (): Promise<void> => {
      for (const { capacityProviderName, containerInstanceArn, launchType } of await wanted()) {
        const home = capacityProviderName === 'metal' ? metal : spare;
        assert.deepEqual([containerInstanceArn, launchType], [home.containerInstanceArn, 'EC2']);
      }
    };
    assert.deepEqual(perProvider(await wanted()), { metal: 2, spare: 3 });
    await checkPlaces();
    await lab.client.send(new UpdateServiceCommand({ service: 'web', desiredCount: 9 }));
    await lab.until((each) => isStable(each) && each.runningCount === 9);
    assert.deepEqual(perProvider(await wanted()), { metal: 3, spare: 6 });
    const next = await lab.define({ image: 'busybox:2' });
    await lab.client.send(new UpdateServiceCommand({ service: 'web', taskDefinition: next }));
    await lab.until((each) => isStable(each) && each.taskDefinition === next);
    assert.deepEqual(perProvider(await wanted()), { metal: 3, spare: 6 });
    await checkPlaces();

    await lab.client.send(new UpdateServiceCommand({ service: 'web', desiredCount: 5 }));
    await lab.until((each) => isStable(each) && each.runningCount === 5);
    assert.deepEqual(perProvider(await wanted()), { metal: 2, spare: 3 });

    const other = [{ capacityProvider: 'spare', weight: 1 }];
    await assert.rejects(
      lab.client.send(new UpdateServiceCommand({ service: 'web', capacityProviderStrategy: other })),
      /force a new deployment/,
    );
    await lab.client.send(
      new UpdateServiceCommand({ service: 'web', capacityProviderStrategy: other, forceNewDeployment: true }),
    );
    await lab.until(isStable);
    assert.deepEqual(perProvider(await wanted()), { spare: 5 });
    await assert.rejects(associate(lab, ['metal']), /in use/);
    assert.deepEqual(lab.errors, []);
  });

  it('says that its capacity provider has no instance', async (test) => {
    const lab = await openServiceLab(test);
    await provide(lab, 'metal');
    await associate(lab, ['metal'], [{ capacityProvider: 'metal' }]);
    await lab.agent();
    const taskDefinition = await lab.define();
    await lab.client.send(new CreateServiceCommand({ serviceName: 'web', taskDefinition, desiredCount: 1 }));
    const { events = [] } = await lab.until((service) => (service.events ?? []).length > 0);
    assert.match(
      events[0]?.message ?? '',
      /^\(service web\) was unable to place a task .* Reason: No Container Instances were found in your capacity provider\./,
    );
    await assert.rejects(
      lab.client.send(new RunTaskCommand({ taskDefinition })),
      /^InvalidParameterException: No Container Instances were found in your capacity provider\.$/,
    );
    await machineOf(lab, 'metal');
    await lab.until(isStable);
  });
});

describe('a task', () => {
  it('is one of several that a strategy divides, and stays on the instances of its provider', async (test) => {
    const lab = await openServiceLab(test);
    for (const name of ['metal', 'spare']) await provide(lab, name);
    await associate(lab, ['metal', 'spare']);
    const metal = await machineOf(lab, 'metal', 256);
    await machineOf(lab, 'spare');
    const taskDefinition = await lab.define();
    const capacityProviderStrategy = [
      { capacityProvider: 'metal', weight: 2 },
      { capacityProvider: 'spare', weight: 1 },
    ];
    const run = (count: number) =>
      lab.client.send(new RunTaskCommand({ taskDefinition, count, capacityProviderStrategy }));
    const first = await run(6);
    assert.deepEqual(perProvider(first.tasks ?? []), { metal: 4, spare: 2 });
    const second = await run(3);
    assert.deepEqual(perProvider(second.tasks ?? []), { spare: 1 });
    assert.deepEqual(
      second.failures?.map(({ arn, reason }) => [arn, reason]),
      [[metal.containerInstanceArn, 'RESOURCE:MEMORY']],
    );
    const { containerInstances = [] } = await lab.client.send(
      new DescribeContainerInstancesCommand({ containerInstances: [metal.containerInstanceArn] }),
    );
    assert.equal(containerInstances[0]?.capacityProviderName, 'metal');
    await assert.rejects(
      lab.client.send(
        new RunTaskCommand({ taskDefinition, capacityProviderStrategy: [{ capacityProvider: 'FARGATE' }] }),
      ),
      /^InvalidParameterException: .*not associated with the cluster/,
    );
  });

  it('waits in PROVISIONING for an instance where its provider has managed scaling', async (test) => {
    const lab = await openServiceLab(test);
    await provide(lab, 'cloud', 'ENABLED');
    await associate(lab, ['cloud'], [{ capacityProvider: 'cloud', weight: 1 }]);
    const taskDefinition = await lab.define();
    const { tasks = [], failures } = await lab.client.send(new RunTaskCommand({ taskDefinition, count: 3 }));
    assert.deepEqual(failures, []);
    assert.deepEqual(
      tasks.map(({ lastStatus, desiredStatus, containerInstanceArn }) => [
        lastStatus,
        desiredStatus,
        containerInstanceArn,
      ]),
      Array.from({ length: 3 }, () => ['PROVISIONING', 'RUNNING', undefined]),
    );
    await lab.client.send(new StopTaskCommand({ task: tasks[2]?.taskArn ?? '', reason: 'changed my mind' }));
    const stopped = await eventually(lab, tasks[2]?.taskArn, 'STOPPED');
    assert.deepEqual([stopped.stopCode, stopped.stoppedReason], ['UserInitiated', 'changed my mind']);
    // Room for one of them, and later for the other.
    await lab.agent();
    const small = await machineOf(lab, 'cloud', 64);
    const two = tasks.slice(0, 2).map(({ taskArn }) => taskArn);
    const placed = await Promise.any(two.map((taskArn) => eventually(lab, taskArn, 'RUNNING')));
    const other = two.find((taskArn) => taskArn !== placed.taskArn);
    assert.equal((await describeTask(lab, other))?.lastStatus, 'PROVISIONING');
    assert.deepEqual([placed.containerInstanceArn, placed.connectivity], [small.containerInstanceArn, 'CONNECTED']);
    await lab.client.send(new StopTaskCommand({ task: placed.taskArn ?? '' }));
    await eventually(lab, other, 'RUNNING');
  });

  it('of a service waits too, and comes up when the machine is there, a server restart later', async (test) => {
    const lab = await openServiceLab(test);
    await provide(lab, 'cloud', 'ENABLED');
    await associate(lab, ['cloud'], [{ capacityProvider: 'cloud', weight: 1 }]);
    const taskDefinition = await lab.define();
    await lab.client.send(new CreateServiceCommand({ serviceName: 'web', taskDefinition, desiredCount: 2 }));
    const { events = [] } = await lab.until(
      ({ pendingCount, events: said = [] }) => pendingCount === 2 && said.length === 2,
    );
    assert.match(
      events[0]?.message ?? '',
      /unable to place a task .* No Container Instances were found in your capacity/,
    );
    await lab.restart();
    await machineOf(lab, 'cloud');
    const { events: later = [] } = await lab.until(isStable);
    assert.equal((await lab.tasks()).length, 2);
    assert.equal(later.filter(({ message }) => message?.includes('unable')).length, 1);
  });

  it('is refused when 500 wait in the cluster', async (test) => {
    const lab = await openServiceLab(test);
    await provide(lab, 'cloud', 'ENABLED');
    await associate(lab, ['cloud'], [{ capacityProvider: 'cloud', weight: 1 }]);
    const taskDefinition = await lab.define();
    for (let count = 0; count < 500; count += 10) {
      await lab.client.send(new RunTaskCommand({ taskDefinition, count: 10 }));
    }
    await assert.rejects(
      lab.client.send(new RunTaskCommand({ taskDefinition })),
      /^ClientException: Tasks provisioning capacity limit exceeded\.$/,
    );
  });
});

describe('a task for Fargate', () => {
  it('runs on any instance that has room', async (test) => {
    const lab = await openServiceLab(test);
    const awsvpc = { name: 'ecs.capability.task-eni' };
    const zone = (value: string) => ({ name: 'ecs.availability-zone', value });
    const agent = await lab.agent({ attributes: [...commonAttributes, awsvpc, zone('us-east-1a')] });
    await associate(lab, ['FARGATE', 'FARGATE_SPOT']);
    const { taskDefinition } = await lab.client.send(
      new RegisterTaskDefinitionCommand({
        family: 'web',
        requiresCompatibilities: ['FARGATE'],
        networkMode: 'awsvpc',
        cpu: '256',
        memory: '512',
        containerDefinitions: [{ name: 'main', image: 'busybox' }],
      }),
    );
    const networkConfiguration = { awsvpcConfiguration: { subnets: ['subnet-1'], assignPublicIp: 'ENABLED' as const } };
    const base = { taskDefinition: taskDefinition?.taskDefinitionArn ?? '', networkConfiguration };
    const { tasks = [] } = await lab.client.send(new RunTaskCommand({ ...base, launchType: 'FARGATE' }));
    const task = await eventually(lab, tasks[0]?.taskArn, 'RUNNING');
    assert.deepEqual(
      [task.launchType, task.platformVersion, task.platformFamily, task.cpu, task.memory],
      ['FARGATE', '1.4.0', 'Linux', '256', '512'],
    );
    assert.deepEqual(task.ephemeralStorage, { sizeInGiB: 20 });
    const larger = { ephemeralStorage: { sizeInGiB: 50 } };
    const [large] = (await lab.client.send(new RunTaskCommand({ ...base, launchType: 'FARGATE', overrides: larger })))
      .tasks ?? [undefined];
    assert.deepEqual(large?.ephemeralStorage, larger.ephemeralStorage);
    await lab.client.send(new StopTaskCommand({ task: large?.taskArn }));
    assert.equal(task.containerInstanceArn, agent.containerInstanceArn);
    await lab.agent({ attributes: [...commonAttributes, awsvpc, zone('us-east-1b')] });
    const four = await lab.client.send(new RunTaskCommand({ ...base, launchType: 'FARGATE', count: 4, group: 'four' }));
    const zones = Map.groupBy(four.tasks ?? [], ({ availabilityZone }) => availabilityZone);
    assert.deepEqual(
      [...zones.values()].map((tasks) => tasks.length),
      [2, 2],
    );
    await assert.rejects(
      lab.client.send(new RunTaskCommand({ ...base, launchType: 'FARGATE', overrides: { cpu: '300' } })),
      /^ClientException: No Fargate configuration exists for given values: 300 CPU, 512 memory\./,
    );
    await assert.rejects(
      lab.client.send(new RunTaskCommand({ ...base, launchType: 'FARGATE', platformVersion: '9.9.9' })),
      /^PlatformUnknownException: /,
    );
    const capacityProviderStrategy = [
      { capacityProvider: 'FARGATE', base: 1, weight: 1 },
      { capacityProvider: 'FARGATE_SPOT', weight: 1 },
    ];
    const service = {
      ...base,
      serviceName: 'web',
      desiredCount: 3,
      capacityProviderStrategy,
      platformVersion: '1.3.0',
    };
    await lab.client.send(new CreateServiceCommand(service));
    const { platformVersion, platformFamily } = await lab.until(isStable);
    assert.deepEqual([platformVersion, platformFamily], ['1.3.0', 'Linux']);
    const running = await lab.tasks();
    assert.deepEqual(perProvider(running), { FARGATE: 2, FARGATE_SPOT: 1 });
    assert.ok(running.every((each) => each.platformVersion === '1.3.0' && each.launchType === 'FARGATE'));
  });
});
