/** Counting what is in a cluster. */
import type { ecs } from '@oreno/aws-wire';
import type { ReadTransaction } from '@oreno/store';
import type { ClusterUsage } from '../domain/cluster/deletion.ts';
import type { CountsByLaunchType, LaunchCounts } from '../domain/cluster/view.ts';
import { isFargate } from '../domain/service/view.ts';
import { containerInstances, tasks } from '../records.ts';
import type { TaskStatus } from '../records.ts';
import { services } from '../service-records.ts';
import type { ClusterKey } from './container-instances.ts';

/** The statuses that ECS counts as pending: on the way to RUNNING. */
const PENDING: readonly TaskStatus[] = ['PROVISIONING', 'PENDING', 'ACTIVATING'];

/** The counts that every description of a cluster carries, straight from the indexes. */
export const clusterUsage = async (
  transaction: ReadTransaction,
  { account, region, clusterName }: ClusterKey,
): Promise<ClusterUsage> => {
  const where = { account, region, clusterName };
  const instances = async (status: 'ACTIVE' | 'DRAINING'): Promise<number> =>
    transaction.count(containerInstances, { index: 'byStatus', where: { ...where, status } });
  const inStatus = async (lastStatus: TaskStatus): Promise<number> =>
    transaction.count(tasks, { index: 'byLastStatus', where: { ...where, lastStatus } });
  let pendingTasksCount = 0;
  for (const status of PENDING) pendingTasksCount += await inStatus(status);
  return {
    registeredContainerInstancesCount: (await instances('ACTIVE')) + (await instances('DRAINING')),
    runningTasksCount: await inStatus('RUNNING'),
    pendingTasksCount,
    activeServicesCount: await transaction.count(services, {
      index: 'byStatus',
      where: { ...where, status: 'ACTIVE' },
    }),
  };
};

/** The same by launch type, for `include=STATISTICS`. */
export const countsByLaunchType = async (
  transaction: ReadTransaction,
  { account, region, clusterName }: ClusterKey,
): Promise<CountsByLaunchType> => {
  const counts = new Map<ecs.LaunchType, { -readonly [Count in keyof LaunchCounts]: number }>();
  const add = (launchType: ecs.LaunchType, count: keyof LaunchCounts): void => {
    const found = counts.get(launchType) ?? { running: 0, pending: 0, active: 0, draining: 0 };
    found[count] += 1;
    counts.set(launchType, found);
  };
  const where = { account, region, clusterName };
  for (const lastStatus of [...PENDING, 'RUNNING'] as const) {
    const rows = await transaction.list(tasks, { index: 'byLastStatus', where: { ...where, lastStatus } });
    for (const { record } of rows) add(record.launchType ?? 'EC2', lastStatus === 'RUNNING' ? 'running' : 'pending');
  }
  for (const status of ['ACTIVE', 'DRAINING'] as const) {
    const rows = await transaction.list(services, { index: 'byStatus', where: { ...where, status } });
    for (const { record } of rows) {
      add(isFargate(record) ? 'FARGATE' : (record.launchType ?? 'EC2'), status === 'ACTIVE' ? 'active' : 'draining');
    }
  }
  return counts;
};
