import type { Handler, ecr } from '@oreno/aws-wire';
import { registryOf } from '../access.ts';
import type { EcrContext } from '../context.ts';
import { invalidParameter } from '../domain/exceptions.ts';
import { faultOfMutability } from '../domain/tag-mutability.ts';
import { repositories } from '../records.ts';
import { needRepository } from './repository.ts';

export const PutImageTagMutability: Handler<ecr.Operations, 'PutImageTagMutability', EcrContext> = async (
  input,
  context,
) => {
  const scope = registryOf(input, context, 'PutImageTagMutability');
  const { repositoryName, imageTagMutability, imageTagMutabilityExclusionFilters: exclusionFilters } = input;
  const fault = faultOfMutability({ imageTagMutability, exclusionFilters });
  if (fault !== undefined) throw invalidParameter('imageTagMutabilityExclusionFilters', fault);
  await context.store.update(async (tx) => {
    const repository = await needRepository(tx, scope, repositoryName);
    await tx.put(repositories, { ...repository, imageTagMutability, exclusionFilters });
  });
  return {
    registryId: scope.account,
    repositoryName,
    imageTagMutability,
    imageTagMutabilityExclusionFilters: exclusionFilters,
  };
};
