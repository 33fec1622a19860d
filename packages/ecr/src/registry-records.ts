/**
 * What a registry has that its repositories share, and what is asked for across registries. Times are milliseconds
 * since the epoch.
 *
 *     ecr_registries        account, region                  settings of a registry as a whole
 *     ecr_account_settings  account, region, name            account settings that were put
 *     ecr_exclusions        account, region, principalArn    whose pulls do not count
 *     ecr_upstreams         account, region, prefix          registries that are pulled through
 *     ecr_upstream_tags     repositoryId, tag                when a tag was last asked for there
 *     ecr_templates         account, region, prefix          what repositories are made with that nobody creates
 *     ecr_replications      repositoryId, digest, to…        copies of an image in other registries
 */
import type { ecr } from '@oreno/aws-wire';
import { defineTable } from '@oreno/store';
import type { ReadTransaction } from '@oreno/store';
import type { ReplicationRule } from './domain/replication.ts';
import type { RepositoryTemplate } from './domain/repository-template.ts';
import type { ScanningConfiguration } from './domain/scanning/configuration.ts';
import type { Scope } from './records.ts';

/** What a registry has that its repositories share. */
export interface RegistryRecord extends Scope {
  /** The registry policy, as it was given. */
  readonly policyText?: string | undefined;
  readonly scanning?: ScanningConfiguration | undefined;
  readonly replication?: readonly ReplicationRule[] | undefined;
}

/** A repository creation template, as it was given. */
export interface TemplateRecord extends Scope, RepositoryTemplate {
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** A pull-through cache rule. */
export interface UpstreamRecord extends Scope {
  readonly prefix: string;
  /** As it was given: a host name, with a scheme where it is not https. */
  readonly url: string;
  readonly kind?: ecr.UpstreamRegistry | undefined;
  /** ROOT where it was not asked for; only what was asked for is shown. */
  readonly upstreamPrefix?: string | undefined;
  /** Of the secret with the credentials for it. */
  readonly credentialArn?: string | undefined;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface UpstreamTagRecord {
  readonly repositoryId: string;
  readonly tag: string;
  readonly checkedAt: number;
}

/** A copy of an image that a replication rule asks for. */
export interface ReplicationRecord {
  readonly repositoryId: string;
  readonly digest: string;
  readonly toRegion: string;
  readonly toAccount: string;
  /** The image's own registry and repository. */
  readonly account: string;
  readonly region: string;
  readonly repositoryName: string;
  readonly status: 'IN_PROGRESS' | 'COMPLETE' | 'FAILED';
  readonly failureCode?: string | undefined;
  /** When it was asked for last: a tag that moves asks again. */
  readonly askedAt: number;
}

/** A principal whose pulls do not count as pulls of an image. */
export interface PullExclusionRecord extends Scope {
  readonly principalArn: string;
  readonly createdAt: number;
}

export interface AccountSettingRecord extends Scope {
  readonly name: string;
  readonly value: string;
}

export const registries = defineTable<RegistryRecord>()('ecr_registries', ['account', 'region']);

export const pullExclusions = defineTable<PullExclusionRecord>()('ecr_exclusions', [
  'account',
  'region',
  'principalArn',
]);

export const templates = defineTable<TemplateRecord>()('ecr_templates', ['account', 'region', 'prefix']);

export const replications = defineTable<ReplicationRecord>()(
  'ecr_replications',
  ['repositoryId', 'digest', 'toRegion', 'toAccount'],
  { byStatus: ['status', 'askedAt', 'repositoryId', 'digest', 'toRegion', 'toAccount'] },
);

export const upstreams = defineTable<UpstreamRecord>()('ecr_upstreams', ['account', 'region', 'prefix']);

export const upstreamTags = defineTable<UpstreamTagRecord>()('ecr_upstream_tags', ['repositoryId', 'tag']);

export const accountSettings = defineTable<AccountSettingRecord>()('ecr_account_settings', [
  'account',
  'region',
  'name',
]);

/** A registry's settings; those of one that nothing was set for. */
export const findRegistry = async (transaction: ReadTransaction, { account, region }: Scope): Promise<RegistryRecord> =>
  (await transaction.get(registries, { account, region }))?.record ?? { account, region };
