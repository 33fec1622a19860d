import type { Handler, ecr } from '@oreno/aws-wire';
import { registryOf } from '../access.ts';
import type { EcrContext } from '../context.ts';
import { lifecyclePolicyNotFound } from '../domain/exceptions.ts';
import { lifecycles, previews } from '../lifecycle-records.ts';
import { checkLifecyclePolicy } from './lifecycle-policy-text.ts';
import { needRepository } from './repository.ts';

/** Notes which policy to preview and as of when; the result is decided when it is asked for, and nothing is deleted. */
export const StartLifecyclePolicyPreview: Handler<ecr.Operations, 'StartLifecyclePolicyPreview', EcrContext> = async (
  input,
  context,
) => {
  const scope = registryOf(input, context, 'StartLifecyclePolicyPreview');
  const { repositoryName, lifecyclePolicyText } = input;
  const given = lifecyclePolicyText === undefined ? undefined : checkLifecyclePolicy(lifecyclePolicyText).text;
  const text = await context.store.update(async (tx) => {
    const repository = await needRepository(tx, scope, repositoryName);
    const { repositoryId } = repository;
    const previewed = given ?? (await tx.get(lifecycles, { repositoryId }))?.record.text;
    if (previewed === undefined) throw lifecyclePolicyNotFound(repository);
    await tx.put(previews, { repositoryId, text: previewed, startedAt: context.now() });
    return previewed;
  });
  return { registryId: scope.account, repositoryName, lifecyclePolicyText: text, status: 'IN_PROGRESS' };
};
