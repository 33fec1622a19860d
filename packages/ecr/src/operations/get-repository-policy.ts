import type { Handler, ecr } from '@oreno/aws-wire';
import type { EcrContext } from '../context.ts';
import { repositoryPolicyNotFound } from '../domain/exceptions.ts';
import { repositoryOf } from './repository.ts';

export const GetRepositoryPolicy: Handler<ecr.Operations, 'GetRepositoryPolicy', EcrContext> = async (
  input,
  context,
) => {
  const repository = await repositoryOf(input, context, 'GetRepositoryPolicy');
  const { account, repositoryName, policyText } = repository;
  if (policyText === undefined) throw repositoryPolicyNotFound(repository);
  return { registryId: account, repositoryName, policyText };
};
