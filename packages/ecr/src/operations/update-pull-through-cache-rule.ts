import type { Handler, ecr } from '@oreno/aws-wire';
import { registryOf } from '../access.ts';
import type { EcrContext } from '../context.ts';
import { upstreams } from '../registry-records.ts';
import { needRule, needSecret, noCustomRole, toRule } from './pull-through-rule.ts';

/** Gives a rule other credentials: nothing else of it can be changed. */
export const UpdatePullThroughCacheRule: Handler<ecr.Operations, 'UpdatePullThroughCacheRule', EcrContext> = async (
  input,
  context,
) => {
  const scope = registryOf(input, context, 'UpdatePullThroughCacheRule');
  if (input.customRoleArn !== undefined) throw noCustomRole();
  await context.store.read((tx) => needRule(tx, scope, input.ecrRepositoryPrefix));
  await needSecret(context, input.credentialArn);
  const updated = await context.store.update(async (tx) => {
    const record = await needRule(tx, scope, input.ecrRepositoryPrefix);
    const { credentialArn = record.credentialArn } = input;
    const after = { ...record, credentialArn, updatedAt: context.now() };
    await tx.put(upstreams, after);
    return after;
  });
  const { ecrRepositoryPrefix, registryId, updatedAt, upstreamRepositoryPrefix, credentialArn } = toRule(updated);
  return { ecrRepositoryPrefix, registryId, updatedAt, upstreamRepositoryPrefix, credentialArn };
};
