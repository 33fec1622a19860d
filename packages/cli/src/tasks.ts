/** Tasks as the command line needs them: all that run in a cluster or on a machine, and stopping them. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ecs } from '@oreno/aws-wire';
import type { Client } from './client.ts';
import { CommandFailure } from './failure.ts';

/** Milliseconds that tasks may take to stop: more than the longest stopTimeout that ECS takes. */
const patience = 150_000;
const lookEvery = 200;
/** As many as DescribeTasks answers at once. */
const page = 100;

/** The ARNs of the tasks that a filter of ListTasks finds; those that are to run where it names no desired status. */
export const listTasks = async (client: Client, filter: ecs.ListTasksRequest): Promise<readonly string[]> => {
  const arns: string[] = [];
  let nextToken: string | undefined;
  do {
    const found = await client.ecs('ListTasks', { ...filter, nextToken });
    arns.push(...(found.taskArns ?? []));
    nextToken = found.nextToken;
  } while (nextToken !== undefined);
  return arns;
};

/** The ARNs of every task of the cluster that is to run. */
export const runningTasks = (client: Client, cluster: string): Promise<readonly string[]> =>
  listTasks(client, { cluster });

/** Those of the tasks that are not STOPPED yet; one that is forgotten already is. */
const unfinished = async (client: Client, cluster: string, arns: readonly string[]): Promise<readonly string[]> => {
  const left: string[] = [];
  for (let at = 0; at < arns.length; at += page) {
    const { tasks = [] } = await client.ecs('DescribeTasks', { cluster, tasks: arns.slice(at, at + page) });
    left.push(...tasks.filter(({ lastStatus }) => lastStatus !== 'STOPPED').map(({ taskArn = '' }) => taskArn));
  }
  return left;
};

const tellUnfinished = (left: readonly string[]): CommandFailure =>
  new CommandFailure(`still not stopped after ${patience / 1000} s: ${left.join(', ')}`);

/** Stops the tasks and waits until each is STOPPED; throws a CommandFailure that names those that are not in time. */
export const stopTasks = async (
  client: Client,
  cluster: string,
  arns: readonly string[],
  reason: string,
): Promise<void> => {
  for (const task of arns) await client.ecs('StopTask', { cluster, task, reason });
  const deadline = Date.now() + patience;
  for (let left = arns; ; await sleep(lookEvery)) {
    left = await unfinished(client, cluster, left);
    if (left.length === 0) return;
    if (Date.now() > deadline) throw tellUnfinished(left);
  }
};

/**
 * Stops the tasks of a container instance, those that are placed on it meanwhile too, and waits until each is STOPPED,
 * also those that were told to stop before. Answers how many there were. Throws a CommandFailure that names those that
 * are not in time, and the reason of the signal.
 */
export const emptyContainerInstance = async (
  client: Client,
  { cluster, containerInstance }: { readonly cluster: string; readonly containerInstance: string },
  reason: string,
  signal: AbortSignal,
): Promise<number> => {
  const seen = new Set<string>();
  const stopping = await listTasks(client, { cluster, containerInstance, desiredStatus: 'STOPPED' });
  const deadline = Date.now() + patience;
  for (let left = await unfinished(client, cluster, stopping); ; await sleep(lookEvery)) {
    signal.throwIfAborted();
    const toRun = await listTasks(client, { cluster, containerInstance });
    for (const task of toRun) await client.ecs('StopTask', { cluster, task, reason });
    left = await unfinished(client, cluster, [...new Set([...left, ...toRun])]);
    for (const task of [...left, ...toRun]) seen.add(task);
    if (left.length === 0) return seen.size;
    if (Date.now() > deadline) throw tellUnfinished(left);
  }
};
