/** Tasks as the command line needs them: all that run in a cluster, and stopping them. */
import { setTimeout as sleep } from 'node:timers/promises';
import { openClient, type Client } from './client.ts';
import type { DataDir, RunningNote } from './data-dir.ts';
import { CommandFailure } from './failure.ts';
import { defaults } from './settings.ts';

/** The ARNs of every task of the cluster that is to run. */
export const runningTasks = async (client: Client, cluster: string): Promise<readonly string[]> => {
  const arns: string[] = [];
  let nextToken: string | undefined;
  do {
    const page = await client.ecs('ListTasks', { cluster, nextToken });
    arns.push(...(page.taskArns ?? []));
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  return arns;
};

/** Stops the tasks and waits until each is STOPPED; a failure after two minutes names those that are not. */
export const stopTasks = async (
  client: Client,
  cluster: string,
  arns: readonly string[],
  reason: string,
): Promise<void> => {
  for (const task of arns) await client.ecs('StopTask', { cluster, task, reason });
  const deadline = Date.now() + 120_000;
  let left = arns;
  while (left.length > 0) {
    const page = await client.ecs('DescribeTasks', { cluster, tasks: left.slice(0, 100) });
    const stopped = new Set(
      (page.tasks ?? []).filter((task) => task.lastStatus === 'STOPPED').map((task) => task.taskArn),
    );
    left = left.filter((arn) => !stopped.has(arn));
    if (left.length === 0) return;
    if (Date.now() > deadline) throw new CommandFailure(`still not stopped after two minutes: ${left.join(', ')}`);
    await sleep(200);
  }
};

/** Stops every task of the cluster that this machine belongs to. */
export const stopAllTasks = async (dataDir: DataDir, note: RunningNote): Promise<void> => {
  const client = openClient(dataDir, note);
  const cluster = note.cluster ?? defaults.cluster;
  const arns = await runningTasks(client, cluster);
  if (arns.length === 0) return;
  process.stdout.write(`Stopping ${arns.length} task${arns.length === 1 ? '' : 's'} ...\n`);
  await stopTasks(client, cluster, arns, 'oreno down --stop-tasks');
};
