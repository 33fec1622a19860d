import type { Handler, ecr } from '@oreno/aws-wire';
import { registryOf } from '../access.ts';
import { credentialsFor, probeUpstream, UpstreamFailure } from '../content/upstream-client.ts';
import type { EcrContext } from '../context.ts';
import { needRule, toRule } from './pull-through-rule.ts';

/** Asks the upstream whether it is a registry that answers and, where the rule has credentials, takes them. */
export const ValidatePullThroughCacheRule: Handler<ecr.Operations, 'ValidatePullThroughCacheRule', EcrContext> = async (
  input,
  context,
) => {
  const scope = registryOf(input, context, 'ValidatePullThroughCacheRule');
  const record = await context.store.read((tx) => needRule(tx, scope, input.ecrRepositoryPrefix));
  const failure = await probeUpstream(record.url, () => credentialsFor(context, record)).then(
    () => undefined,
    (error: unknown) => {
      if (error instanceof UpstreamFailure) return error.message;
      throw error;
    },
  );
  const { ecrRepositoryPrefix, registryId, upstreamRegistryUrl, upstreamRepositoryPrefix, credentialArn } =
    toRule(record);
  return {
    ecrRepositoryPrefix,
    registryId,
    upstreamRegistryUrl,
    upstreamRepositoryPrefix,
    credentialArn,
    isValid: failure === undefined,
    failure,
  };
};
