/** Ends one machine: drained first, so that services move their tasks, then deregistered and deleted. */
import { setTimeout as delay } from 'node:timers/promises';
import { AwsError } from '@oreno/aws-wire';
import type { Lxd } from '@oreno/lxd';
import type { Client } from '../client.ts';
import type { FleetInstance } from './fleet.ts';
import { removeInstance } from '../lxd/launch.ts';

export interface TerminateOptions {
  readonly lxd: Lxd;
  /** None where the server is away: the machine is only deleted then. */
  readonly client: Client | undefined;
  /** Milliseconds its tasks have to end or to move; what is left then is ended with the machine. 0 does not drain. */
  readonly drainTimeout: number;
  readonly signal: AbortSignal;
}

const lookEvery = 300;

/** Terminates and answers how many tasks ended with the machine. `tell` is told how far it is. */
export const terminateOne = async (
  options: TerminateOptions,
  { name, cluster, containerInstance }: FleetInstance,
  tell: (text: string) => void,
): Promise<number> => {
  const { lxd, client } = options;
  const arn = containerInstance?.containerInstanceArn;
  let left = 0;
  if (arn !== undefined && client !== undefined) {
    left = await drain({ ...options, client }, cluster, arn, tell);
    await client
      .ecs('DeregisterContainerInstance', { cluster, containerInstance: arn, force: true })
      .catch((error: unknown) => {
        // Somebody else deregistered it meanwhile: it is what was wanted.
        if (!(error instanceof AwsError)) throw error;
      });
  }
  tell('deleting');
  await removeInstance(lxd, name);
  return left;
};

const drain = async (
  { client, drainTimeout, signal }: TerminateOptions & { readonly client: Client },
  cluster: string,
  arn: string,
  tell: (text: string) => void,
): Promise<number> => {
  const containerInstances = [arn];
  if (drainTimeout > 0) {
    await client.ecs('UpdateContainerInstancesState', { cluster, containerInstances, status: 'DRAINING' });
  }
  const end = Date.now() + drainTimeout;
  for (;;) {
    const page = await client.ecs('DescribeContainerInstances', { cluster, containerInstances });
    const { runningTasksCount = 0, pendingTasksCount = 0 } = page.containerInstances?.[0] ?? {};
    const left = runningTasksCount + pendingTasksCount;
    if (left === 0 || Date.now() >= end) return left;
    tell(`draining: ${left} ${left === 1 ? 'task' : 'tasks'} left`);
    await delay(lookEvery, undefined, { signal });
  }
};
