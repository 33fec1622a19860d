import type { Handler, ecs } from '@oreno/aws-wire';
import { encodeToken } from '@oreno/aws-wire';
import type { ReadTransaction, Row } from '@oreno/store';
import type { EcsContext } from '../context.ts';
import { compileQuery } from '../domain/placement/query-language/match-query.ts';
import type { InstanceFacts } from '../domain/placement/query-language/match-query.ts';
import { parseQuery } from '../domain/placement/query-language/parse-query.ts';
import { dependsOnTasks } from '../domain/placement/query-language/query.ts';
import type { Query } from '../domain/placement/query-language/query.ts';
import { pageKey, pageSize } from '../paging.ts';
import { requireCluster } from '../queries/clusters.ts';
import { liveTasksOn } from '../queries/container-instances.ts';
import type { ClusterKey } from '../queries/container-instances.ts';
import { containerInstances } from '../records.ts';
import type { ContainerInstanceRecord, TaskRecord } from '../records.ts';

/** How many instances are looked at in one go while a page fills. */
const CHUNK = 500;

/** Lists the ARNs of a cluster's instances, by id, that have the status and satisfy the filter expression. */
export const ListContainerInstances: Handler<ecs.Operations, 'ListContainerInstances', EcsContext> = async (
  input,
  context,
) => {
  const size = pageSize(input.maxResults);
  const after = pageKey(input.nextToken, { id: '' })?.id;
  const query = input.filter === undefined || input.filter === '' ? undefined : parseQuery(input.filter);
  const found = await context.store.read(async (transaction) => {
    const { record: cluster } = await requireCluster(transaction, context, input.cluster);
    return collect(transaction, cluster, { status: input.status, query, after, size: size + 1 });
  });
  const page = found.slice(0, size);
  return {
    containerInstanceArns: page.map((record) => record.containerInstanceArn),
    ...(found.length > size ? { nextToken: encodeToken({ id: page.at(-1)?.containerInstanceId }) } : {}),
  };
};

interface Wanted {
  readonly status: ecs.ContainerInstanceStatus | undefined;
  readonly query: Query | undefined;
  readonly after: string | undefined;
  readonly size: number;
}

const collect = async (
  transaction: ReadTransaction,
  { account, region, clusterName }: ClusterKey,
  { status, query, after, size }: Wanted,
): Promise<readonly ContainerInstanceRecord[]> => {
  const satisfies = query && compileQuery(query);
  const asksForTasks = query !== undefined && dependsOnTasks(query);
  const key = { account, region, clusterName };
  const found: ContainerInstanceRecord[] = [];
  for (let last = after; found.length < size;) {
    const rows: readonly Row<ContainerInstanceRecord>[] = await transaction.list(containerInstances, {
      where: key,
      after: last === undefined ? undefined : { ...key, containerInstanceId: last },
      limit: CHUNK,
    });
    for (const { record } of rows) {
      const listed = status === undefined ? record.status !== 'INACTIVE' : record.status === status;
      if (!listed) continue;
      const live = asksForTasks ? await liveTasksOn(transaction, record) : [];
      if (satisfies === undefined || satisfies(factsOf(record, live))) found.push(record);
    }
    last = rows.at(-1)?.record.containerInstanceId;
    if (rows.length < CHUNK) break;
  }
  return found.slice(0, size);
};

const factsOf = (record: ContainerInstanceRecord, live: readonly Row<TaskRecord>[]): InstanceFacts => ({
  agentConnected: record.agentConnected,
  agentVersion: record.versionInfo?.agentVersion,
  ec2InstanceId: record.ec2InstanceId,
  registeredAt: record.registeredAt,
  runningTasksCount: live.filter((row) => row.record.lastStatus === 'RUNNING').length,
  attributes: new Map(record.attributes.map(({ name, value = '' }) => [name, value])),
  taskGroups: new Set(live.filter((row) => row.record.desiredStatus === 'RUNNING').map((row) => row.record.group)),
});
