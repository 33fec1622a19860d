import type { Handler, ecr } from '@oreno/aws-wire';
import { registryOf } from '../access.ts';
import type { EcrContext } from '../context.ts';
import { repositoryPolicyNotFound } from '../domain/exceptions.ts';
import { repositories } from '../records.ts';
import { needRepository } from './repository.ts';

export const DeleteRepositoryPolicy: Handler<ecr.Operations, 'DeleteRepositoryPolicy', EcrContext> = async (
  input,
  context,
) => {
  const scope = registryOf(input, context, 'DeleteRepositoryPolicy');
  const { repositoryName } = input;
  const policyText = await context.store.update(async (tx) => {
    const { policyText: text, ...repository } = await needRepository(tx, scope, repositoryName);
    if (text === undefined) throw repositoryPolicyNotFound(repository);
    await tx.put(repositories, repository);
    return text;
  });
  return { registryId: scope.account, repositoryName, policyText };
};
