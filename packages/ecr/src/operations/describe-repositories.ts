import type { Handler, ecr } from '@oreno/aws-wire';
import { registryOf } from '../access.ts';
import type { EcrContext } from '../context.ts';
import { invalidParameter } from '../domain/exceptions.ts';
import { repositories } from '../records.ts';
import { needRepository } from './repository.ts';
import { toRepository } from './shapes.ts';
import { tokensOf } from './tokens.ts';

const defaultPage = 100;

const tokens = tokensOf('DescribeRepositories');

export const DescribeRepositories: Handler<ecr.Operations, 'DescribeRepositories', EcrContext> = async (
  input,
  context,
) => {
  const scope = registryOf(input, context, 'DescribeRepositories');
  const names = input.repositoryNames;
  if (names) {
    if (input.maxResults !== undefined || input.nextToken !== undefined) {
      throw invalidParameter('repositoryNames', 'cannot be given together with maxResults or nextToken');
    }
    const found = await context.store.read(async (tx) => {
      const records = [];
      for (const name of new Set(names)) records.push(await needRepository(tx, scope, name));
      return records;
    });
    return { repositories: found.map((record) => toRepository(record, context)) };
  }
  const limit = input.maxResults ?? defaultPage;
  const last = tokens.read(input.nextToken)?.[0];
  const { account, region } = scope;
  const after = last === undefined ? undefined : { account, region, repositoryName: last };
  const rows = await context.store.read((tx) =>
    tx.list(repositories, { where: { account, region }, after, limit: limit + 1 }),
  );
  const page = rows.slice(0, limit).map(({ record }) => record);
  return {
    repositories: page.map((record) => toRepository(record, context)),
    nextToken: rows.length > limit ? tokens.make(page.at(-1)?.repositoryName ?? '') : undefined,
  };
};
