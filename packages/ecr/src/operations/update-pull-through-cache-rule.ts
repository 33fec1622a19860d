import type { Handler, ecr } from '@oreno/aws-wire';
import { registryOf } from '../access.ts';
import type { EcrContext } from '../context.ts';
import { upstreams } from '../records.ts';
import { needRule, refuseSecret, toRule } from './pull-through-rule.ts';

/** Only credentials can be changed on ECR, and there are none here: a rule stays what it is. */
export const UpdatePullThroughCacheRule: Handler<ecr.Operations, 'UpdatePullThroughCacheRule', EcrContext> = async (
  input,
  context,
) => {
  const scope = registryOf(input, context, 'UpdatePullThroughCacheRule');
  const updated = await context.store.update(async (tx) => {
    const record = await needRule(tx, scope, input.ecrRepositoryPrefix);
    refuseSecret(input.credentialArn);
    const after = { ...record, updatedAt: context.now() };
    await tx.put(upstreams, after);
    return after;
  });
  const { ecrRepositoryPrefix, registryId, updatedAt, upstreamRepositoryPrefix } = toRule(updated);
  return { ecrRepositoryPrefix, registryId, updatedAt, upstreamRepositoryPrefix };
};
