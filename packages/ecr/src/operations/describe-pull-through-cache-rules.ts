import type { Handler, ecr } from '@oreno/aws-wire';
import { registryOf } from '../access.ts';
import type { EcrContext } from '../context.ts';
import { invalidParameter } from '../domain/exceptions.ts';
import { upstreams } from '../registry-records.ts';
import { needRule, toRule } from './pull-through-rule.ts';
import { tokensOf } from './tokens.ts';

const defaultPage = 100;

const tokens = tokensOf('DescribePullThroughCacheRules');

export const DescribePullThroughCacheRules: Handler<
  ecr.Operations,
  'DescribePullThroughCacheRules',
  EcrContext
> = async (input, context) => {
  const { account, region } = registryOf(input, context, 'DescribePullThroughCacheRules');
  const { ecrRepositoryPrefixes: prefixes = [], maxResults, nextToken } = input;
  if (prefixes.length > 0) {
    if (maxResults !== undefined || nextToken !== undefined) {
      throw invalidParameter('ecrRepositoryPrefixes', 'cannot be given together with maxResults or nextToken');
    }
    const found = await context.store.read(async (tx) => {
      const records = [];
      for (const prefix of new Set(prefixes)) records.push(await needRule(tx, { account, region }, prefix));
      return records;
    });
    return { pullThroughCacheRules: found.map(toRule) };
  }
  const limit = maxResults ?? defaultPage;
  const last = tokens.read(nextToken)?.[0];
  const after = last === undefined ? undefined : { account, region, prefix: last };
  const query = { where: { account, region }, after, limit: limit + 1 };
  const rows = await context.store.read((tx) => tx.list(upstreams, query));
  const page = rows.slice(0, limit).map(({ record }) => record);
  return {
    pullThroughCacheRules: page.map(toRule),
    nextToken: rows.length > limit ? tokens.make(page.at(-1)?.prefix ?? '') : undefined,
  };
};
