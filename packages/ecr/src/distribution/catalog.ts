/** `GET /v2/_catalog`: the names of the repositories, as Docker's registry has it and ECR too. */
import { repositories } from '../records.ts';
import { answerJson } from './call.ts';
import type { Call } from './call.ts';
import { linkTo, readPage } from './paging.ts';
import { authorize } from '../access.ts';

export const getCatalog = async (call: Call): Promise<void> => {
  const { parts, caller, query } = call;
  const { account, region } = caller;
  await authorize(parts, caller, 'ecr:DescribeRepositories', '*');
  const { limit, last } = readPage(query);
  const after = last === undefined ? undefined : { account, region, repositoryName: last };
  const rows =
    limit === 0
      ? []
      : await parts.store.read((tx) => tx.list(repositories, { where: { account, region }, after, limit: limit + 1 }));
  const page = rows.slice(0, limit).map(({ record }) => record.repositoryName);
  const next = rows.length > limit ? page.at(-1) : undefined;
  answerJson(call, 200, { repositories: page }, linkTo('/v2/_catalog', query, next));
};
