import { encodeToken } from '@oreno/aws-wire';
import type { Handler, ecs } from '@oreno/aws-wire';
import type { ReadTransaction } from '@oreno/store';
import type { EcsContext } from '../context.ts';
import { invalidParameter } from '../domain/errors.ts';
import { groupOf } from '../domain/service/service-task.ts';
import { pageKey, pageSize } from '../paging.ts';
import { requireCluster } from '../queries/clusters.ts';
import { findContainerInstance } from '../queries/container-instances.ts';
import type { ClusterKey } from '../queries/container-instances.ts';
import { requireService, serviceNotFound } from '../queries/services.ts';
import { tasks } from '../records.ts';
import type { TaskRecord } from '../records.ts';

/** Lists the ARNs of a cluster's tasks by id: those to be RUNNING, or as the filters, which all must hold, ask for. */
export const ListTasks: Handler<ecs.Operations, 'ListTasks', EcsContext> = async (input, context) => {
  const size = pageSize(input.maxResults);
  const after = pageKey(input.nextToken, { taskId: '' })?.taskId;
  const others = [input.family, input.containerInstance, input.serviceName, input.launchType, input.daemonName];
  if (input.startedBy !== undefined && others.some((filter) => filter !== undefined)) {
    throw invalidParameter('When you specify startedBy as the filter, it must be the only filter that you use.');
  }
  return context.store.read(async (transaction) => {
    const { record: cluster } = await requireCluster(transaction, context, input.cluster);
    const filter = await readFilter(transaction, cluster, input);
    // No task is ever wanted PENDING, and none belongs to a daemon.
    if (filter === undefined) return { taskArns: [] };
    const page = await readPage(transaction, cluster, filter, after, size);
    const last = page[size - 1];
    return {
      taskArns: page.slice(0, size).map(({ taskArn }) => taskArn),
      ...(page.length > size && last !== undefined ? { nextToken: encodeToken({ taskId: last.taskId }) } : {}),
    };
  });
};

type Filtered = 'containerInstanceId' | 'desiredStatus' | 'family' | 'group' | 'launchType' | 'startedBy';
type Filter = { readonly [Property in Filtered]?: TaskRecord[Property] | undefined };

const readFilter = async (
  transaction: ReadTransaction,
  cluster: ClusterKey,
  input: ecs.ListTasksRequest,
): Promise<Filter | undefined> => {
  const {
    desiredStatus = 'RUNNING',
    daemonName,
    serviceName,
    containerInstance,
    family,
    launchType,
    startedBy,
  } = input;
  const service = serviceName === undefined ? undefined : await requireService(transaction, cluster, serviceName);
  if (service !== undefined && service.record.status === 'INACTIVE') throw serviceNotFound();
  const instance =
    containerInstance === undefined ? undefined : await findContainerInstance(transaction, cluster, containerInstance);
  if (containerInstance !== undefined && instance === undefined) {
    throw invalidParameter('The referenced container instance is not registered.');
  }
  if (desiredStatus === 'PENDING' || daemonName !== undefined) return undefined;
  const group = service === undefined ? undefined : groupOf(service.record.serviceName);
  const containerInstanceId = instance?.record.containerInstanceId;
  return { desiredStatus, family, group, launchType, startedBy, containerInstanceId };
};

/** The index that leaves the fewest rows to look at, by the property that it narrows to. */
const indexes = [
  ['containerInstanceId', 'byInstance'],
  ['startedBy', 'byStartedBy'],
  ['group', 'byGroup'],
  ['family', 'byFamily'],
  ['desiredStatus', 'byDesiredStatus'],
] as const;

const mostRowsAtOnce = 1_000;

/** The tasks behind `after` that pass the filter, one more than a page where there are as many. */
const readPage = async (
  transaction: ReadTransaction,
  { account, region, clusterName }: ClusterKey,
  filter: Filter,
  after: string | undefined,
  size: number,
): Promise<readonly TaskRecord[]> => {
  const [property, index] = indexes.find(([name]) => filter[name] !== undefined) ?? [
    'desiredStatus',
    'byDesiredStatus',
  ];
  const where = { account, region, clusterName, [property]: filter[property] };
  const passes = (record: TaskRecord): boolean =>
    Object.entries(filter).every(([name, value]) => value === undefined || record[name as keyof Filter] === value);
  const found: TaskRecord[] = [];
  // A page's worth first, which is enough where the index says it all; more where the filter lets few through.
  let limit = size + 1;
  for (let taskId = after; found.length <= size; limit = Math.min(limit * 2, mostRowsAtOnce)) {
    const behind = taskId === undefined ? undefined : { ...where, taskId };
    const rows = await transaction.list(tasks, { index, where, after: behind, limit });
    found.push(...rows.map(({ record }) => record).filter(passes));
    if (rows.length < limit) break;
    taskId = rows.at(-1)?.record.taskId;
  }
  return found.slice(0, size + 1);
};
