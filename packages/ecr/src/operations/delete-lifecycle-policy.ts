import type { Handler, ecr } from '@oreno/aws-wire';
import { registryOf } from '../access.ts';
import type { EcrContext } from '../context.ts';
import { lifecyclePolicyNotFound } from '../domain/exceptions.ts';
import { lifecycles } from '../lifecycle-records.ts';
import { needRepository } from './repository.ts';

export const DeleteLifecyclePolicy: Handler<ecr.Operations, 'DeleteLifecyclePolicy', EcrContext> = async (
  input,
  context,
) => {
  const scope = registryOf(input, context, 'DeleteLifecyclePolicy');
  const { repositoryName } = input;
  const { text, lastEvaluatedAt } = await context.store.update(async (tx) => {
    const repository = await needRepository(tx, scope, repositoryName);
    const { repositoryId } = repository;
    const found = await tx.get(lifecycles, { repositoryId });
    if (!found) throw lifecyclePolicyNotFound(repository);
    await tx.delete(lifecycles, { repositoryId });
    return found.record;
  });
  return {
    registryId: scope.account,
    repositoryName,
    lifecyclePolicyText: text,
    lastEvaluatedAt: lastEvaluatedAt ?? 0,
  };
};
