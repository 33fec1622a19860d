import type { Handler, ecs } from '@oreno/aws-wire';
import { encodeToken } from '@oreno/aws-wire';
import type { EcsContext } from '../context.ts';
import { pageKey, pageSize } from '../paging.ts';
import { taskDefinitions } from '../records.ts';

/** Lists the ARNs of the revisions of one status, by family and revision. `familyPrefix` is a whole family's name. */
export const ListTaskDefinitions: Handler<ecs.Operations, 'ListTaskDefinitions', EcsContext> = async (
  input,
  context,
) => {
  const { account, region } = context;
  const { familyPrefix, status = 'ACTIVE', sort } = input;
  const size = pageSize(input.maxResults);
  const after = pageKey(input.nextToken, { family: '', revision: 0 });
  const rows = await context.store.read((transaction) =>
    transaction.list(taskDefinitions, {
      index: 'byStatus',
      where: { account, region, status, ...(familyPrefix === undefined ? {} : { family: familyPrefix }) },
      after: after && { account, region, status, ...after },
      reverse: sort === 'DESC',
      limit: size + 1,
    }),
  );
  const page = rows.slice(0, size);
  const last = page.at(-1)?.record;
  return {
    taskDefinitionArns: page.map(({ record }) => record.taskDefinitionArn),
    ...(rows.length > size && last !== undefined
      ? { nextToken: encodeToken({ family: last.family, revision: last.revision }) }
      : {}),
  };
};
