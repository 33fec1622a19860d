import { encodeToken } from '@oreno/aws-wire';
import type { Handler, ecs } from '@oreno/aws-wire';
import type { ReadTransaction } from '@oreno/store';
import type { EcsContext } from '../context.ts';
import { pageKey, pageSize } from '../paging.ts';
import { requireCluster } from '../queries/clusters.ts';
import type { ClusterKey } from '../queries/container-instances.ts';
import { services } from '../service-records.ts';
import type { ServiceRecord } from '../service-records.ts';

/** ECS lists ten services where nothing else is asked for. */
const defaultSize = 10;
const rowsAtOnce = 200;

/** Lists the ARNs of a cluster's services by name; deleted ones are not among them. */
export const ListServices: Handler<ecs.Operations, 'ListServices', EcsContext> = async (input, context) => {
  const size = pageSize(input.maxResults ?? defaultSize);
  const after = pageKey(input.nextToken, { serviceName: '' })?.serviceName;
  const { launchType, schedulingStrategy, resourceManagementType } = input;
  const passes = (record: ServiceRecord): boolean =>
    record.status !== 'INACTIVE' &&
    (launchType === undefined || record.launchType === launchType) &&
    (schedulingStrategy === undefined || record.schedulingStrategy === schedulingStrategy) &&
    resourceManagementType !== 'ECS';
  const page = await context.store.read(async (transaction) => {
    const { record: cluster } = await requireCluster(transaction, context, input.cluster);
    return readPage(transaction, cluster, passes, after, size + 1);
  });
  const last = page[size - 1];
  return {
    serviceArns: page.slice(0, size).map((record) => record.serviceArn),
    ...(page.length > size && last !== undefined ? { nextToken: encodeToken({ serviceName: last.serviceName }) } : {}),
  };
};

const readPage = async (
  transaction: ReadTransaction,
  { account, region, clusterName }: ClusterKey,
  passes: (record: ServiceRecord) => boolean,
  after: string | undefined,
  wanted: number,
): Promise<readonly ServiceRecord[]> => {
  const where = { account, region, clusterName };
  const found: ServiceRecord[] = [];
  for (let serviceName = after; found.length < wanted;) {
    const rows = await transaction.list(services, {
      where,
      after: serviceName === undefined ? undefined : { ...where, serviceName },
      limit: rowsAtOnce,
    });
    found.push(...rows.map(({ record }) => record).filter(passes));
    if (rows.length < rowsAtOnce) break;
    serviceName = rows.at(-1)?.record.serviceName;
  }
  return found.slice(0, wanted);
};
