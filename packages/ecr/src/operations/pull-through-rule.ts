/** Pull-through cache rules as the API finds and shows them. */
import { AwsError, type ecr } from '@oreno/aws-wire';
import type { ReadTransaction } from '@oreno/store';
import type { EcrContext } from '../context.ts';
import { invalidParameter } from '../domain/exceptions.ts';
import { upstreams } from '../registry-records.ts';
import type { Scope } from '../records.ts';
import type { UpstreamRecord } from '../registry-records.ts';

export const toRule = ({
  account,
  prefix,
  url,
  kind,
  upstreamPrefix,
  credentialArn,
  createdAt,
  updatedAt,
}: UpstreamRecord) =>
  ({
    ecrRepositoryPrefix: prefix,
    upstreamRegistryUrl: url,
    createdAt,
    registryId: account,
    upstreamRepositoryPrefix: upstreamPrefix,
    upstreamRegistry: kind,
    credentialArn,
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

/** Throws SecretNotFoundException where credentials are named that are not kept. */
export const needSecret = async (
  { secrets }: Pick<EcrContext, 'secrets'>,
  credentialArn: string | undefined,
): Promise<void> => {
  if (credentialArn === undefined || (await secrets.find(credentialArn)) !== undefined) return;
  throw new AwsError(
    'SecretNotFoundException',
    `The ARN of the secret specified in the pull through cache rule was not found: ${credentialArn}. Keep the credentials with: oreno ecr credentials set`,
  );
};

/** There are no roles that could be taken on at another registry of ECR. */
export const noCustomRole = (): AwsError =>
  invalidParameter('customRoleArn', 'must be absent: pull through cache rules take no roles here');
