import type { Handler, ecr } from '@oreno/aws-wire';
import { registryOf } from '../access.ts';
import type { EcrContext } from '../context.ts';
import { upstreams } from '../registry-records.ts';
import { needRule, toRule } from './pull-through-rule.ts';

/** Nothing is pulled through any more; what is kept stays. */
export const DeletePullThroughCacheRule: Handler<ecr.Operations, 'DeletePullThroughCacheRule', EcrContext> = async (
  input,
  context,
) => {
  const scope = registryOf(input, context, 'DeletePullThroughCacheRule');
  const record = await context.store.update(async (tx) => {
    const found = await needRule(tx, scope, input.ecrRepositoryPrefix);
    await tx.delete(upstreams, found);
    return found;
  });
  const { ecrRepositoryPrefix, upstreamRegistryUrl, createdAt, registryId, upstreamRepositoryPrefix } = toRule(record);
  return { ecrRepositoryPrefix, upstreamRegistryUrl, createdAt, registryId, upstreamRepositoryPrefix };
};
