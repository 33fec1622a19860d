import { encodeToken } from '@oreno/aws-wire';
import type { Handler, ecs } from '@oreno/aws-wire';
import type { ReadTransaction } from '@oreno/store';
import type { EcsContext } from '../context.ts';
import { serviceDeploymentBrief } from '../domain/service/view.ts';
import { pageKey, pageSize } from '../paging.ts';
import { requireCluster } from '../queries/clusters.ts';
import { requireService, serviceKey } from '../queries/services.ts';
import { serviceDeployments } from '../service-records.ts';
import type { ServiceDeploymentRecord, ServiceKey } from '../service-records.ts';

interface Place {
  readonly createdAt: number;
  readonly serviceDeploymentId: string;
}

const rowsAtOnce = 200;

/** Lists a service's deployments, the newest first, by status and time of creation where these are given. */
export const ListServiceDeployments: Handler<ecs.Operations, 'ListServiceDeployments', EcsContext> = async (
  input,
  context,
) => {
  const size = pageSize(input.maxResults);
  const after = pageKey(input.nextToken, { createdAt: 0, serviceDeploymentId: '' });
  const { status = [], createdAt } = input;
  const passes = (record: ServiceDeploymentRecord): boolean =>
    (status.length === 0 || status.includes(record.status)) &&
    (createdAt?.after === undefined || record.createdAt >= createdAt.after) &&
    (createdAt?.before === undefined || record.createdAt <= createdAt.before);
  const page = await context.store.read(async (transaction) => {
    const { record: cluster } = await requireCluster(transaction, context, input.cluster);
    const { record: service } = await requireService(transaction, cluster, input.service);
    return readPage(transaction, serviceKey(service), passes, after, size + 1);
  });
  const last = page[size - 1];
  return {
    serviceDeployments: page.slice(0, size).map(serviceDeploymentBrief),
    ...(page.length > size && last !== undefined
      ? { nextToken: encodeToken({ createdAt: last.createdAt, serviceDeploymentId: last.serviceDeploymentId }) }
      : {}),
  };
};

const readPage = async (
  transaction: ReadTransaction,
  where: ServiceKey,
  passes: (record: ServiceDeploymentRecord) => boolean,
  first: Place | undefined,
  wanted: number,
): Promise<readonly ServiceDeploymentRecord[]> => {
  const found: ServiceDeploymentRecord[] = [];
  for (let after = first; found.length < wanted;) {
    const rows = await transaction.list(serviceDeployments, {
      index: 'byCreatedAt',
      where,
      after: after && { ...where, createdAt: after.createdAt, serviceDeploymentId: after.serviceDeploymentId },
      reverse: true,
      limit: rowsAtOnce,
    });
    found.push(...rows.map(({ record }) => record).filter(passes));
    if (rows.length < rowsAtOnce) break;
    after = rows.at(-1)?.record;
  }
  return found.slice(0, wanted);
};
