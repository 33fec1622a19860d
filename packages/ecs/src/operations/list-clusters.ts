import type { Handler, ecs } from '@oreno/aws-wire';
import { encodeToken } from '@oreno/aws-wire';
import type { EcsContext } from '../context.ts';
import { pageKey, pageSize } from '../paging.ts';
import { clusters } from '../records.ts';

/** Lists the ARNs of the ACTIVE clusters, by name. */
export const ListClusters: Handler<ecs.Operations, 'ListClusters', EcsContext> = async (input, context) => {
  const { account, region, store } = context;
  const size = pageSize(input.maxResults);
  const after = pageKey(input.nextToken, { clusterName: '' });
  const rows = await store.read((transaction) =>
    transaction.list(clusters, {
      index: 'byStatus',
      where: { account, region, status: 'ACTIVE' },
      after: after && { account, region, status: 'ACTIVE', ...after },
      limit: size + 1,
    }),
  );
  const page = rows.slice(0, size);
  const last = page.at(-1)?.record;
  return {
    clusterArns: page.map(({ record }) => record.clusterArn),
    ...(rows.length > size && last !== undefined ? { nextToken: encodeToken({ clusterName: last.clusterName }) } : {}),
  };
};
