import { AwsError, type Handler, type ecr } from '@oreno/aws-wire';
import { registryOf, repositoryArn } from '../access.ts';
import type { EcrContext } from '../context.ts';
import { invalidParameter } from '../domain/exceptions.ts';
import { isPolicyText } from '../domain/policy-text.ts';
import { repositories } from '../records.ts';
import type { Scope } from '../records.ts';
import { needRepository } from './repository.ts';

/** Replaces the policy of a repository. One that would keep its own author from changing it needs `force`. */
export const SetRepositoryPolicy: Handler<ecr.Operations, 'SetRepositoryPolicy', EcrContext> = async (
  input,
  context,
) => {
  const scope = registryOf(input, context, 'SetRepositoryPolicy');
  const { repositoryName, policyText, force = false } = input;
  if (!isPolicyText(policyText, 'repository'))
    throw invalidParameter('PolicyText', 'Invalid repository policy provided');
  if (!force) await refuseLockout(policyText, scope, repositoryName, context);
  await context.store.update(async (tx) => {
    const repository = await needRepository(tx, scope, repositoryName);
    await tx.put(repositories, { ...repository, policyText });
  });
  return { registryId: scope.account, repositoryName, policyText };
};

const refuseLockout = async (
  text: string,
  scope: Scope,
  repositoryName: string,
  { iam, principal, region, call }: EcrContext,
): Promise<void> => {
  const resources = [repositoryArn(scope, repositoryName)];
  const policiesOf = (): Promise<readonly string[]> => Promise.resolve([text]);
  try {
    const action = 'ecr:SetRepositoryPolicy';
    await iam.authorizer.authorize({ principal, action, resources, region, call, policiesOf });
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    throw invalidParameter(
      'PolicyText',
      'The new repository policy will not allow you to update the repository policy in the future',
    );
  }
};
