import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  DescribeContainerInstancesCommand,
  DescribeTasksCommand,
  InvalidParameterException,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  StopTaskCommand,
  paginateListTasks,
  waitUntilTasksRunning,
  waitUntilTasksStopped,
  type ECSClient,
  type Task,
} from '@aws-sdk/client-ecs';
import { until } from './support/agent-server.ts';
import { serveEcs } from './support/ecs-server.ts';
import type { SimulatedAgent } from './support/simulated-agent.ts';

// A waiter's time-out keeps the process up even after it has ended well.
const patience = { maxWaitTime: 4, minDelay: 0.05, maxDelay: 0.05 };

/** Registers `web` (256 CPU units, 512 MiB) and waits until agents count as connected. */
const prepare = async (client: ECSClient, agents: readonly SimulatedAgent[]): Promise<void> => {
  await client.send(
    new RegisterTaskDefinitionCommand({
      family: 'web',
      containerDefinitions: [{ name: 'main', image: 'busybox', cpu: 256, memory: 512 }],
    }),
  );
  const containerInstances = agents.map((agent) => agent.containerInstanceArn);
  await until(async () => {
    const answer = await client.send(new DescribeContainerInstancesCommand({ containerInstances }));
    return answer.containerInstances?.every((instance) => instance.agentConnected) === true;
  });
};

/** Waits for the agents' reports, so that none of them finds the server gone and tries again. */
const allRunning = async (client: ECSClient, tasks: readonly Task[] = []): Promise<void> => {
  await waitUntilTasksRunning({ client, ...patience }, { tasks: tasks.map((task) => task.taskArn ?? '') });
};

test('the SDK runs tasks on agents, waits for them and stops them', async (t) => {
  const { client, agent } = await serveEcs(t);
  const agents = [await agent({ cpu: 1024, memory: 2048 }), await agent({ cpu: 1024, memory: 2048 })];
  await prepare(client, agents);
  const { tasks = [], failures } = await client.send(
    new RunTaskCommand({
      taskDefinition: 'web',
      count: 10,
      placementStrategy: [{ type: 'spread', field: 'instanceId' }],
    }),
  );
  assert.equal(tasks.length, 8);
  assert.deepEqual(
    failures?.map(({ reason }) => reason),
    ['RESOURCE:CPU', 'RESOURCE:CPU'],
  );
  for (const { containerInstanceArn } of agents) {
    assert.equal(tasks.filter((task) => task.containerInstanceArn === containerInstanceArn).length, 4);
  }
  const arns = tasks.map((task) => task.taskArn ?? '');
  await waitUntilTasksRunning({ client, ...patience }, { tasks: arns });
  const listed: string[] = [];
  for await (const page of paginateListTasks({ client, pageSize: 3 }, {})) listed.push(...(page.taskArns ?? []));
  assert.deepEqual(new Set(listed), new Set(arns));

  await Promise.all(arns.map((task) => client.send(new StopTaskCommand({ task, reason: 'enough' }))));
  await waitUntilTasksStopped({ client, ...patience }, { tasks: arns });
  const { tasks: stopped = [] } = await client.send(new DescribeTasksCommand({ tasks: arns }));
  for (const task of stopped) {
    assert.deepEqual([task.lastStatus, task.stopCode, task.stoppedReason], ['STOPPED', 'UserInitiated', 'enough']);
    assert.ok(task.startedAt instanceof Date && task.stoppedAt instanceof Date);
  }
  const again = await client.send(new RunTaskCommand({ taskDefinition: 'web', count: 8 }));
  assert.equal(again.tasks?.length, 8);
  await allRunning(client, again.tasks);
});

test('a task that ends by itself says how', async (t) => {
  const { client, agent } = await serveEcs(t);
  await prepare(client, [await agent({ runsFor: 20 })]);
  const { tasks: [task] = [] } = await client.send(new RunTaskCommand({ taskDefinition: 'web' }));
  const tasks = [task?.taskArn ?? ''];
  await waitUntilTasksStopped({ client, ...patience }, { tasks });
  const { tasks: [stopped] = [] } = await client.send(new DescribeTasksCommand({ tasks }));
  assert.deepEqual(
    [stopped?.stopCode, stopped?.stoppedReason, stopped?.containers?.[0]?.exitCode],
    ['EssentialContainerExited', 'Essential container in task exited', 0],
  );
});

test('many clients at once never get more than there is', async (t) => {
  const { client, agent } = await serveEcs(t);
  await prepare(client, [await agent({ cpu: 2560, memory: 8192 })]);
  const answers = await Promise.all(
    Array.from({ length: 30 }, () => client.send(new RunTaskCommand({ taskDefinition: 'web' }))),
  );
  const tasks = answers.flatMap((answer) => answer.tasks ?? []);
  assert.equal(tasks.length, 10);
  await allRunning(client, tasks);
});

test('errors are the modelled exceptions', async (t) => {
  const { client } = await serveEcs(t);
  await prepare(client, []).catch(() => undefined);
  await assert.rejects(
    client.send(new RunTaskCommand({ taskDefinition: 'web' })),
    (error) =>
      error instanceof InvalidParameterException &&
      error.message === 'No Container Instances were found in your cluster.',
  );
});
