/** What the operations on task sets have in common: finding a set, and showing one as it stands. */
import type { ecs } from '@oreno/aws-wire';
import { AwsError } from '@oreno/aws-wire';
import type { ReadTransaction } from '@oreno/store';
import type { EcsContext } from '../context.ts';
import { taskSetIdOf } from '../domain/service/arns.ts';
import { isHealthy, taskFacts, deploymentIdOf } from '../domain/service/service-task.ts';
import { computedDesiredCount, requireExternal, taskSetNotFound, taskSetView } from '../domain/service/task-set.ts';
import { countTasks } from '../domain/service/view.ts';
import { requireCluster } from '../queries/clusters.ts';
import { liveRevisions, requireService, tasksOfService } from '../queries/services.ts';
import { containerInstances } from '../records.ts';
import { serviceRevisions } from '../service-records.ts';
import type { ServiceRecord, ServiceRevisionRecord } from '../service-records.ts';

/** The ACTIVE service of controller EXTERNAL that a request names. Throws what the operations answer otherwise. */
export const requireExternalService = async (
  transaction: ReadTransaction,
  context: EcsContext,
  request: { readonly cluster: string; readonly service: string },
): Promise<ServiceRecord> => {
  const { record: cluster } = await requireCluster(transaction, context, request.cluster);
  const { record: service } = await requireService(transaction, cluster, request.service);
  if (service.status !== 'ACTIVE') throw new AwsError('ServiceNotActiveException', 'Service was not ACTIVE.');
  requireExternal(service);
  return service;
};

/** The set of a service by its id or ARN; TaskSetNotFoundException when there is none. */
export const requireTaskSet = async (
  transaction: ReadTransaction,
  service: ServiceRecord,
  reference: string,
): Promise<ServiceRevisionRecord> => {
  const { account, region, clusterName, serviceName } = service;
  const revisionId = taskSetIdOf(reference, service);
  const row =
    revisionId === undefined
      ? undefined
      : await transaction.get(serviceRevisions, { account, region, clusterName, serviceName, revisionId });
  if (row?.record.taskSet === undefined || row.record.status === 'INACTIVE') throw taskSetNotFound();
  return row.record;
};

/** Shows sets of a service as the transaction sees them. `now` is in milliseconds since the epoch. */
export const describeTaskSets = async (
  transaction: ReadTransaction,
  service: ServiceRecord,
  sets: readonly ServiceRevisionRecord[],
  { now, withTags }: { readonly now: number; readonly withTags: boolean | 'ifAny' },
): Promise<readonly ecs.TaskSet[]> => {
  if (sets.length === 0) return [];
  const tasks = await tasksOfService(transaction, service);
  const facts = tasks.map(taskFacts);
  const counts = countTasks(facts);
  const { account, region, clusterName } = service;
  const where = { account, region, clusterName, status: 'DRAINING' as const };
  const draining = await transaction.list(containerInstances, { index: 'byStatus', where });
  const leaving = new Set(draining.map(({ record }) => record.containerInstanceId));
  const around = facts.map((task) => ({ ...task, spread: [] })).filter(({ life }) => life !== 'stopped');
  return sets.map((set) => {
    const { running, pending } = counts.get(deploymentIdOf(set.revisionId)) ?? { running: 0, pending: 0 };
    const own = around.filter(({ revisionId }) => revisionId === set.revisionId);
    const isStable =
      set.status !== 'DRAINING' &&
      own.length === computedDesiredCount(service, set) &&
      own.every((task) => isHealthy(task) && !leaving.has(task.containerInstanceId));
    return taskSetView(set, service, { running, pending, isStable, now }, withTags);
  });
};

/** Shows one set. */
export const describeTaskSet = async (
  transaction: ReadTransaction,
  service: ServiceRecord,
  set: ServiceRevisionRecord,
  now: number,
): Promise<ecs.TaskSet | undefined> => {
  const [shown] = await describeTaskSets(transaction, service, [set], { now, withTags: 'ifAny' });
  return shown;
};

/** The sets of a service, newest first, the PRIMARY one before all. */
export const taskSetsOf = async (
  transaction: ReadTransaction,
  service: ServiceRecord,
): Promise<readonly ServiceRevisionRecord[]> => {
  const sets = (await liveRevisions(transaction, service)).filter(({ taskSet }) => taskSet !== undefined);
  return sets.toSorted(
    (left, right) =>
      Number(right.status === 'PRIMARY') - Number(left.status === 'PRIMARY') || right.createdAt - left.createdAt,
  );
};
