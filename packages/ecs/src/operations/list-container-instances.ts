import type { Handler, ecs } from '@oreno/aws-wire';
import { encodeToken } from '@oreno/aws-wire';
import type { ReadTransaction, Row } from '@oreno/store';
import type { EcsContext } from '../context.ts';
import { compileQuery } from '../domain/placement/query-language/match-query.ts';
import type { Predicate } from '../domain/placement/query-language/match-query.ts';
import { parseQuery } from '../domain/placement/query-language/parse-query.ts';
import { pageKey, pageSize } from '../paging.ts';
import { requireCluster } from '../queries/clusters.ts';
import { liveTasksOn } from '../queries/container-instances.ts';
import type { ClusterKey } from '../queries/container-instances.ts';
import { containerInstances } from '../records.ts';
import type { ContainerInstanceRecord } from '../records.ts';

/** How many instances are looked at in one go while a page fills. */
const CHUNK = 500;

/** Lists the ARNs of a cluster's instances, by id, that have the status and satisfy the filter expression. */
export const ListContainerInstances: Handler<ecs.Operations, 'ListContainerInstances', EcsContext> = async (
  input,
  context,
) => {
  const size = pageSize(input.maxResults);
  const after = pageKey(input.nextToken, { id: '' })?.id;
  const satisfies =
    input.filter === undefined || input.filter === '' ? undefined : compileQuery(parseQuery(input.filter));
  const found = await context.store.read(async (transaction) => {
    const { record: cluster } = await requireCluster(transaction, context, input.cluster);
    return collect(transaction, cluster, { status: input.status, satisfies, after, size: size + 1 });
  });
  const page = found.slice(0, size);
  return {
    containerInstanceArns: page.map((record) => record.containerInstanceArn),
    ...(found.length > size ? { nextToken: encodeToken({ id: page.at(-1)?.containerInstanceId }) } : {}),
  };
};

interface Wanted {
  readonly status: ecs.ContainerInstanceStatus | undefined;
  readonly satisfies: Predicate | undefined;
  readonly after: string | undefined;
  readonly size: number;
}

const collect = async (
  transaction: ReadTransaction,
  { account, region, clusterName }: ClusterKey,
  { status, satisfies, after, size }: Wanted,
): Promise<readonly ContainerInstanceRecord[]> => {
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
      if (listed && (satisfies === undefined || satisfies(await factsOf(transaction, record)))) found.push(record);
    }
    last = rows.at(-1)?.record.containerInstanceId;
    if (rows.length < CHUNK) break;
  }
  return found.slice(0, size);
};

const factsOf = async (
  transaction: ReadTransaction,
  record: ContainerInstanceRecord,
): Promise<Parameters<Predicate>[0]> => {
  const live = (await liveTasksOn(transaction, record)).map((row) => row.record);
  const wanted = live.filter(({ desiredStatus }) => desiredStatus === 'RUNNING');
  return {
    agentConnected: record.agentConnected,
    agentVersion: record.versionInfo?.agentVersion,
    ec2InstanceId: record.ec2InstanceId,
    registeredAt: record.registeredAt,
    runningTasksCount: live.filter(({ lastStatus }) => lastStatus === 'RUNNING').length,
    attributes: new Map(record.attributes.map(({ name, value = '' }) => [name, value])),
    taskGroups: new Set(wanted.map(({ group }) => group)),
  };
};
