import type { Handler, ecs } from '@oreno/aws-wire';
import { encodeToken } from '@oreno/aws-wire';
import type { ReadTransaction } from '@oreno/store';
import type { EcsContext } from '../context.ts';
import { pageKey, pageSize } from '../paging.ts';
import { latestActiveRevision } from '../queries/task-definitions.ts';
import { families, taskDefinitions } from '../records.ts';
import type { Scope } from '../records.ts';

/** How many families are looked at in one go while a page fills. */
const CHUNK = 100;

/**
 * Lists families whose name starts with the prefix: all that still have a revision, or only those with (ACTIVE)
 * or without (INACTIVE) an ACTIVE one.
 */
export const ListTaskDefinitionFamilies: Handler<ecs.Operations, 'ListTaskDefinitionFamilies', EcsContext> = async (
  input,
  context,
) => {
  const size = pageSize(input.maxResults);
  const after = pageKey(input.nextToken, { family: '' })?.family;
  const names = await context.store.read((transaction) =>
    collect(transaction, context, { prefix: input.familyPrefix, status: input.status ?? 'ALL', after, size: size + 1 }),
  );
  const page = names.slice(0, size);
  return {
    families: page,
    ...(names.length > size ? { nextToken: encodeToken({ family: page.at(-1) }) } : {}),
  };
};

interface Wanted {
  readonly prefix: string | undefined;
  readonly status: ecs.TaskDefinitionFamilyStatus;
  readonly after: string | undefined;
  readonly size: number;
}

const collect = async (
  transaction: ReadTransaction,
  { account, region }: Scope,
  { prefix, status, after, size }: Wanted,
): Promise<readonly string[]> => {
  const names: string[] = [];
  for (let last = after; names.length < size;) {
    const rows = await transaction.list(families, {
      where: { account, region },
      prefix,
      after: last === undefined ? undefined : { account, region, family: last },
      limit: CHUNK,
    });
    for (const { record } of rows) {
      if (await hasStatus(transaction, { account, region }, record.family, status)) names.push(record.family);
    }
    last = rows.at(-1)?.record.family;
    if (rows.length < CHUNK) break;
  }
  return names.slice(0, size);
};

const hasStatus = async (
  transaction: ReadTransaction,
  { account, region }: Scope,
  family: string,
  status: ecs.TaskDefinitionFamilyStatus,
): Promise<boolean> => {
  const active = (await latestActiveRevision(transaction, { account, region }, family)) !== undefined;
  if (status === 'ACTIVE' || active) return active && status !== 'INACTIVE';
  const [any] = await transaction.list(taskDefinitions, { where: { account, region, family }, limit: 1 });
  return any !== undefined;
};
