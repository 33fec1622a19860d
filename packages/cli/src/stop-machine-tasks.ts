/**
 * Stopping the tasks of this machine for good: its container instance is drained first, so that services place none
 * on it meanwhile, and takes tasks again at the next `oreno up`. A file in the data folder keeps that it is to.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { openClient, type Client } from './client.ts';
import type { DataDir, RunningNote } from './data-dir.ts';
import { CommandFailure } from './failure.ts';
import { defaults } from './settings.ts';
import { emptyContainerInstance, runningTasks, stopTasks } from './tasks.ts';

const reason = 'oreno down --stop-tasks';

/** Stops every task of this machine; of the whole cluster where the server has no agent beside it. */
export const stopMachineTasks = async (dataDir: DataDir, note: RunningNote, signal: AbortSignal): Promise<void> => {
  const client = openClient(dataDir, note);
  const { cluster = defaults.cluster, containerInstanceArn: containerInstance } = note;
  if (containerInstance === undefined) {
    await stopTasks(client, cluster, await runningTasks(client, cluster), reason);
    return;
  }
  const where = { cluster, containerInstance };
  const wasActive = await drain(dataDir, client, where);
  try {
    await emptyContainerInstance(client, where, reason, signal);
  } catch (error) {
    if (wasActive) await activateAgain(dataDir, client, where).catch(() => {});
    throw signal.aborted ? new CommandFailure('interrupted; the machine takes tasks again', 130) : error;
  }
};

interface Machine {
  readonly cluster: string;
  readonly containerInstance: string;
}

/** One that somebody else drains stays so afterwards: answers whether it was ACTIVE. */
const drain = async (dataDir: DataDir, client: Client, { cluster, containerInstance }: Machine): Promise<boolean> => {
  const containerInstances = [containerInstance];
  const described = await client.ecs('DescribeContainerInstances', { cluster, containerInstances });
  if (described.containerInstances?.[0]?.status !== 'ACTIVE') return false;
  writeFileSync(dataDir.drained, `${containerInstance}\n`, { mode: 0o600 });
  await client.ecs('UpdateContainerInstancesState', { cluster, containerInstances, status: 'DRAINING' });
  return true;
};

/** Has a machine that `down --stop-tasks` drained take tasks again; any other stays as it is. */
export const activateAgain = async (
  dataDir: DataDir,
  client: Client,
  { cluster, containerInstance }: Machine,
): Promise<void> => {
  if (!existsSync(dataDir.drained)) return;
  if (readFileSync(dataDir.drained, 'utf8').trim() === containerInstance) {
    const containerInstances = [containerInstance];
    await client.ecs('UpdateContainerInstancesState', { cluster, containerInstances, status: 'ACTIVE' });
  }
  rmSync(dataDir.drained, { force: true });
};
