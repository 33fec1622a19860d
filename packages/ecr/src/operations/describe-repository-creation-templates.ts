import type { Handler, ecr } from '@oreno/aws-wire';
import type { EcrContext } from '../context.ts';
import { invalidParameter, templateNotFound } from '../domain/exceptions.ts';
import { templates } from '../registry-records.ts';
import { toTemplate } from './template-shape.ts';
import { tokensOf } from './tokens.ts';

const defaultPage = 100;

const tokens = tokensOf('DescribeRepositoryCreationTemplates');

export const DescribeRepositoryCreationTemplates: Handler<
  ecr.Operations,
  'DescribeRepositoryCreationTemplates',
  EcrContext
> = async ({ prefixes = [], maxResults, nextToken }, { store, account, region }) => {
  if (prefixes.length > 0) {
    if (maxResults !== undefined || nextToken !== undefined) {
      throw invalidParameter('prefixes', 'cannot be given together with maxResults or nextToken');
    }
    const found = await store.read(async (tx) => {
      const records = [];
      for (const prefix of new Set(prefixes)) {
        const row = await tx.get(templates, { account, region, prefix });
        if (row === undefined) throw templateNotFound(prefix, account);
        records.push(row.record);
      }
      return records;
    });
    return { registryId: account, repositoryCreationTemplates: found.map(toTemplate) };
  }
  const limit = maxResults ?? defaultPage;
  const last = tokens.read(nextToken)?.[0];
  const after = last === undefined ? undefined : { account, region, prefix: last };
  const rows = await store.read((tx) => tx.list(templates, { where: { account, region }, after, limit: limit + 1 }));
  const page = rows.slice(0, limit).map(({ record }) => record);
  return {
    registryId: account,
    repositoryCreationTemplates: page.map(toTemplate),
    nextToken: rows.length > limit ? tokens.make(page.at(-1)?.prefix ?? '') : undefined,
  };
};
