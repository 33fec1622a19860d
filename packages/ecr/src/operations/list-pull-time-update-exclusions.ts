import type { Handler, ecr } from '@oreno/aws-wire';
import type { EcrContext } from '../context.ts';
import { pullExclusions } from '../registry-records.ts';
import { tokensOf } from './tokens.ts';

const defaultPage = 100;

const tokens = tokensOf('ListPullTimeUpdateExclusions');

export const ListPullTimeUpdateExclusions: Handler<ecr.Operations, 'ListPullTimeUpdateExclusions', EcrContext> = async (
  { maxResults: limit = defaultPage, nextToken },
  { store, account, region },
) => {
  const last = tokens.read(nextToken)?.[0];
  const after = last === undefined ? undefined : { account, region, principalArn: last };
  const query = { where: { account, region }, after, limit: limit + 1 };
  const rows = await store.read((tx) => tx.list(pullExclusions, query));
  const page = rows.slice(0, limit).map(({ record }) => record.principalArn);
  return {
    pullTimeUpdateExclusions: page,
    nextToken: rows.length > limit ? tokens.make(page.at(-1) ?? '') : undefined,
  };
};
