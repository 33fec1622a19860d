import type { Handler, ecr } from '@oreno/aws-wire';
import { registryOf } from '../access.ts';
import type { EcrContext } from '../context.ts';
import { lifecycles } from '../lifecycle-records.ts';
import { checkLifecyclePolicy } from './lifecycle-policy-text.ts';
import { needRepository } from './repository.ts';

/** The policy is carried out by the hourly round, as ECR does within a day: there is time to take it back. */
export const PutLifecyclePolicy: Handler<ecr.Operations, 'PutLifecyclePolicy', EcrContext> = async (input, context) => {
  const scope = registryOf(input, context, 'PutLifecyclePolicy');
  const { text } = checkLifecyclePolicy(input.lifecyclePolicyText);
  const { repositoryName } = input;
  await context.store.update(async (tx) => {
    const { repositoryId } = await needRepository(tx, scope, repositoryName);
    await tx.put(lifecycles, { repositoryId, text });
  });
  return { registryId: scope.account, repositoryName, lifecyclePolicyText: text };
};
