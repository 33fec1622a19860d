/** Counting what is in a cluster. */
import type { ecs } from '@oreno/aws-wire';
import type { ReadTransaction } from '@oreno/store';
import type { ClusterUsage } from '../domain/cluster/deletion.ts';
import type { TaskCounts } from '../domain/cluster/view.ts';
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
export const taskCountsByLaunchType = async (
  transaction: ReadTransaction,
  { account, region, clusterName }: ClusterKey,
): Promise<TaskCounts> => {
  const counts = new Map<ecs.LaunchType, { running: number; pending: number }>();
  for (const lastStatus of [...PENDING, 'RUNNING'] as const) {
    const rows = await transaction.list(tasks, {
      index: 'byLastStatus',
      where: { account, region, clusterName, lastStatus },
    });
    for (const { record } of rows) {
      const launchType = record.launchType ?? 'EC2';
      const count = counts.get(launchType) ?? { running: 0, pending: 0 };
      count[lastStatus === 'RUNNING' ? 'running' : 'pending'] += 1;
      counts.set(launchType, count);
    }
  }
  return counts;
};
