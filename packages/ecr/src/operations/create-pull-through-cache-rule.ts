import { AwsError, type Handler, type ecr } from '@oreno/aws-wire';
import { registryOf } from '../access.ts';
import type { EcrContext } from '../context.ts';
import { invalidParameter } from '../domain/exceptions.ts';
import { isRepositoryName } from '../domain/names.ts';
import { kindOfUpstream, originOfUpstream } from '../domain/upstream.ts';
import { upstreams } from '../registry-records.ts';
import type { UpstreamRecord } from '../registry-records.ts';
import { needSecret, noCustomRole, toRule } from './pull-through-rule.ts';

const isPrefix = (prefix: string): boolean => prefix === 'ROOT' || isRepositoryName(prefix);

/** A namespace of repositories becomes a window on another registry. */
export const CreatePullThroughCacheRule: Handler<ecr.Operations, 'CreatePullThroughCacheRule', EcrContext> = async (
  input,
  context,
) => {
  const { account, region } = registryOf(input, context, 'CreatePullThroughCacheRule');
  const { ecrRepositoryPrefix: prefix, upstreamRegistryUrl: url, upstreamRepositoryPrefix } = input;
  if (!isPrefix(prefix)) throw invalidParameter('ecrRepositoryPrefix', 'must be ROOT or a name of repositories');
  if (upstreamRepositoryPrefix !== undefined && !isPrefix(upstreamRepositoryPrefix)) {
    throw invalidParameter('upstreamRepositoryPrefix', 'must be ROOT or a name of repositories');
  }
  if (originOfUpstream(url) === undefined) {
    throw new AwsError('UnsupportedUpstreamRegistryException', `The upstream registry '${url}' is not supported`);
  }
  await needSecret(context, input.credentialArn);
  if (input.customRoleArn !== undefined) throw noCustomRole();
  const createdAt = context.now();
  const record: UpstreamRecord = {
    account,
    region,
    prefix,
    url,
    kind: input.upstreamRegistry ?? kindOfUpstream(url),
    upstreamPrefix: upstreamRepositoryPrefix,
    credentialArn: input.credentialArn,
    createdAt,
    updatedAt: createdAt,
  };
  if ((await context.store.update((tx) => tx.insert(upstreams, record))) === 'exists') {
    throw new AwsError(
      'PullThroughCacheRuleAlreadyExistsException',
      `The pull through cache rule with prefix '${prefix}' already exists in the registry with id '${account}'`,
    );
  }
  const { updatedAt: _, ...shown } = toRule(record);
  return shown;
};
