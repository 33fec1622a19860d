/** The steps of `oreno demo`, each one call or wait that a user of ECS knows. They fail with what they saw instead; waits end with their signal. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ecs } from '@oreno/aws-wire';
import type { Client } from '../client.ts';
import { CommandFailure } from '../failure.ts';

/** Registers the demo's task definition and answers its ARN. */
export const registerDemo = async (client: Client, family: string, image: string, region: string): Promise<string> => {
  const { taskDefinition } = await client.ecs('RegisterTaskDefinition', {
    family,
    networkMode: 'bridge',
    containerDefinitions: [
      {
        name: 'web',
        image,
        essential: true,
        cpu: 64,
        memory: 128,
        portMappings: [{ containerPort: 8080, hostPort: 0, protocol: 'tcp' }],
        logConfiguration: {
          logDriver: 'awslogs',
          options: {
            'awslogs-group': `/ecs/${family}`,
            'awslogs-region': region,
            'awslogs-stream-prefix': 'demo',
            'awslogs-create-group': 'true',
          },
        },
      },
    ],
  });
  return taskDefinition?.taskDefinitionArn ?? '';
};

/** Starts the tasks; a placement that failed is told in ECS's own reason. */
export const runTasks = async (
  client: Client,
  cluster: string,
  taskDefinition: string,
  count: number,
): Promise<readonly string[]> => {
  const { tasks = [], failures = [] } = await client.ecs('RunTask', { cluster, taskDefinition, count });
  if (failures.length > 0) {
    throw new CommandFailure(
      `${failures.length} of ${count} tasks could not be placed: ${failures.map((failure) => failure.reason).join(', ')}`,
    );
  }
  return tasks.map((task) => task.taskArn ?? '');
};

/** Waits until every task has reached the status; fails at once when one stops that should run. */
export const waitForStatus = async (
  client: Client,
  cluster: string,
  arns: readonly string[],
  status: 'RUNNING' | 'STOPPED',
  signal: AbortSignal,
): Promise<readonly ecs.Task[]> => {
  const deadline = Date.now() + 90_000;
  for (;;) {
    const { tasks = [] } = await client.ecs('DescribeTasks', { cluster, tasks: arns });
    if (tasks.every((task) => task.lastStatus === status)) return tasks;
    const stopped = tasks.find((task) => task.lastStatus === 'STOPPED');
    if (status === 'RUNNING' && stopped !== undefined) {
      const reasons = (stopped.containers ?? []).flatMap((container) => container.reason ?? []);
      throw new CommandFailure(`a task stopped: ${[stopped.stoppedReason, ...reasons].join('; ')}`);
    }
    if (Date.now() > deadline) throw new CommandFailure(`the tasks are not ${status} after 90 s`);
    await sleep(100, undefined, { signal });
  }
};

/** Fetches the page of every task through its host port, and answers what they said. */
export const visit = async (tasks: readonly ecs.Task[], signal: AbortSignal): Promise<readonly string[]> => {
  const pages: string[] = [];
  for (const task of tasks) {
    const port = task.containers?.[0]?.networkBindings?.[0]?.hostPort;
    if (port === undefined) throw new CommandFailure(`the task ${task.taskArn} has no host port`);
    pages.push(await fetchPage(`http://127.0.0.1:${port}/`, signal));
  }
  return pages;
};

// The container runs before its program listens: ask again for some seconds.
const fetchPage = async (url: string, signal: AbortSignal): Promise<string> => {
  const deadline = Date.now() + 15_000;
  for (;;) {
    try {
      return (await (await fetch(url, { signal })).text()).trim();
    } catch (error) {
      signal.throwIfAborted();
      if (Date.now() > deadline) throw new CommandFailure(`${url} does not answer: ${(error as Error).message}`);
      await sleep(200, undefined, { signal });
    }
  }
};

/** Waits until every task has a line in the log group, and answers one line of each. */
export const readLogs = async (
  client: Client,
  logGroupName: string,
  taskCount: number,
  signal: AbortSignal,
): Promise<readonly string[]> => {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const { events = [] } = await client.logs('FilterLogEvents', { logGroupName });
    const byStream = new Map(events.map((event) => [event.logStreamName, event.message ?? '']));
    if (byStream.size >= taskCount) return [...byStream].map(([stream, message]) => `${stream}  ${message}`);
    if (Date.now() > deadline)
      throw new CommandFailure(`only ${byStream.size} of ${taskCount} tasks have lines in ${logGroupName} after 60 s`);
    await sleep(300, undefined, { signal });
  }
};

/** Fails unless every container ended with 0 after its task was stopped by the user. */
export const checkEnds = (tasks: readonly ecs.Task[]): void => {
  for (const task of tasks) {
    const codes = (task.containers ?? []).map((container) => container.exitCode);
    if (task.stopCode !== 'UserInitiated' || codes.some((code) => code !== 0)) {
      throw new CommandFailure(`the task ${task.taskArn} ended with ${task.stopCode}, exit codes ${codes.join(', ')}`);
    }
  }
};
