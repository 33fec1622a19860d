/** Pull-through cache rules as the API finds and shows them. */
import { AwsError, type ecr } from '@oreno/aws-wire';
import type { ReadTransaction } from '@oreno/store';
import { upstreams } from '../records.ts';
import type { Scope, UpstreamRecord } from '../records.ts';

export const toRule = ({ account, prefix, url, kind, upstreamPrefix, createdAt, updatedAt }: UpstreamRecord) =>
  ({
    ecrRepositoryPrefix: prefix,
    upstreamRegistryUrl: url,
    createdAt,
    registryId: account,
    upstreamRepositoryPrefix: upstreamPrefix,
    upstreamRegistry: kind,
    updatedAt,
  }) satisfies ecr.PullThroughCacheRule;

/** The rule of a prefix; throws PullThroughCacheRuleNotFoundException. */
export const needRule = async (
  tx: ReadTransaction,
  { account, region }: Scope,
  prefix: string,
): Promise<UpstreamRecord> => {
  const record = (await tx.get(upstreams, { account, region, prefix }))?.record;
  if (record !== undefined) return record;
  throw new AwsError(
    'PullThroughCacheRuleNotFoundException',
    `The pull through cache rule with prefix '${prefix}' does not exist in the registry with id '${account}'`,
  );
};

/** Throws SecretNotFoundException where credentials are named: there is no Secrets Manager here that could have them. */
export const refuseSecret = (credentialArn: string | undefined): void => {
  if (credentialArn === undefined) return;
  throw new AwsError(
    'SecretNotFoundException',
    `The ARN of the secret specified in the pull through cache rule was not found: ${credentialArn}. AWS Secrets Manager is not available here; rules without credentials are.`,
  );
};
