/**
 * What ECR keeps. Everything inside a repository is keyed by the repository's own id, which no other repository
 * ever gets: deleting a repository is one row, and what is left of it cannot come back under a new one of the same
 * name. Bytes of layers are blobs, stored once by their SHA-256; a layer's row says that a repository has them.
 * Times are milliseconds since the epoch.
 *
 *     ecr_repositories  account, region, repositoryName          one a repository
 *     ecr_images        repositoryId, digest                     one a manifest
 *     ecr_manifests     repositoryId, digest                     its exact text
 *     ecr_scans         repositoryId, digest                     the scan that was asked for last
 *     ecr_findings      repositoryId, digest, position           what it found
 *     ecr_tags          repositoryId, tag                        which manifest a tag is on
 *     ecr_layers        repositoryId, digest                     which bytes a repository has
 *     ecr_uses          repositoryId, digest, imageDigest        which manifest names a layer or manifest
 *     ecr_uploads       uploadId                                 unfinished uploads
 *     ecr_lifecycle     repositoryId                             a repository's lifecycle policy
 *     ecr_previews      repositoryId                             the preview of a policy that was asked for last
 *     ecr_registries    account, region                          settings of a registry as a whole
 *     ecr_exclusions    account, region, principalArn            whose pulls do not count
 *     ecr_upstreams     account, region, prefix                  registries that are pulled through
 *     ecr_upstream_tags repositoryId, tag                        when a tag was last asked for there
 *     ecr_templates     account, region, prefix                  what repositories are made with that nobody creates
 *     ecr_replications  repositoryId, digest, to…                copies of an image in other registries
 *     ecr_remains       repositoryId                             deleted repositories whose rows are to be reaped
 */
import type { ecr } from '@oreno/aws-wire';
import { defineTable } from '@oreno/store';
import type { ReadTransaction } from '@oreno/store';
import type { ReplicationRule } from './domain/replication.ts';
import type { RepositoryTemplate } from './domain/repository-template.ts';
import type { Finding } from './domain/scanning/findings.ts';
import type { ScanningConfiguration } from './domain/scanning/configuration.ts';
import type { ExclusionFilter, ImageTagMutability } from './domain/tag-mutability.ts';

/** A registry: what one account has in one region. */
export interface Scope {
  readonly account: string;
  readonly region: string;
}

export interface RepositoryRecord extends Scope {
  readonly repositoryName: string;
  readonly repositoryId: string;
  readonly createdAt: number;
  readonly imageTagMutability: ImageTagMutability;
  readonly exclusionFilters?: readonly ExclusionFilter[] | undefined;
  readonly scanOnPush: boolean;
  readonly encryptionConfiguration: {
    readonly encryptionType: 'AES256' | 'KMS' | 'KMS_DSSE';
    readonly kmsKey?: string | undefined;
  };
  readonly tags: readonly { readonly Key: string; readonly Value: string }[];
  /** The repository policy, as it was given. */
  readonly policyText?: string | undefined;
}

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

export interface ImageRecord {
  readonly repositoryId: string;
  readonly digest: string;
  readonly mediaType: string;
  /** Bytes of the manifest. */
  readonly manifestSize: number;
  /** Bytes of config and layers; of the largest child for an index. */
  readonly imageSize: number;
  readonly subject?: string | undefined;
  readonly artifactType?: string | undefined;
  readonly artifactMediaType?: string | undefined;
  /** Kept for manifests that have a subject: the list of referrers shows them. */
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  readonly pushedAt: number;
  readonly lastPulledAt?: number | undefined;
  /** In the archive storage class: listed and described, but not pulled. */
  readonly isArchived?: boolean | undefined;
  /** When it was moved there last, and brought back last. */
  readonly archivedAt?: number | undefined;
  readonly activatedAt?: number | undefined;
}

/** The scan of an image that was asked for last. */
export interface ScanRecord {
  readonly repositoryId: string;
  readonly digest: string;
  readonly status: 'IN_PROGRESS' | 'COMPLETE' | 'FAILED';
  readonly description?: string | undefined;
  readonly askedAt: number;
  readonly completedAt?: number | undefined;
  /** When the scanner's data was made. */
  readonly sourceUpdatedAt?: number | undefined;
  readonly severityCounts?: Readonly<Record<string, number>> | undefined;
}

export interface ScanFindingRecord {
  readonly repositoryId: string;
  readonly digest: string;
  /** From 0, the most severe first. */
  readonly position: number;
  readonly finding: Finding;
}

export interface ManifestRecord {
  readonly repositoryId: string;
  readonly digest: string;
  readonly text: string;
}

export interface TagRecord {
  readonly repositoryId: string;
  readonly tag: string;
  readonly digest: string;
  readonly taggedAt: number;
}

export interface LayerRecord extends Scope {
  readonly repositoryId: string;
  readonly repositoryName: string;
  /** As it was pushed: sha256 or sha512. */
  readonly digest: string;
  /** The SHA-256 of the bytes in hexadecimal: the blob's name. */
  readonly content: string;
  readonly size: number;
  /** When it was pushed, or last counted on by a client that asked whether it is here. */
  readonly touchedAt: number;
}

export interface UseRecord {
  readonly repositoryId: string;
  /** The layer, config or child manifest. */
  readonly digest: string;
  /** The manifest that names it. */
  readonly imageDigest: string;
  readonly kind: 'blob' | 'child';
  readonly mediaType: string;
}

export interface LifecycleRecord {
  readonly repositoryId: string;
  readonly text: string;
  readonly lastEvaluatedAt?: number | undefined;
}

export interface PreviewRecord {
  readonly repositoryId: string;
  readonly text: string;
  readonly startedAt: number;
}

export interface RemainsRecord {
  readonly repositoryId: string;
  readonly deletedAt: number;
}

export interface AccountSettingRecord extends Scope {
  readonly name: string;
  readonly value: string;
}

export const repositories = defineTable<RepositoryRecord>()('ecr_repositories', [
  'account',
  'region',
  'repositoryName',
]);

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

export const images = defineTable<ImageRecord>()('ecr_images', ['repositoryId', 'digest'], {
  bySubject: ['repositoryId', 'subject', 'digest'],
});

export const scans = defineTable<ScanRecord>()('ecr_scans', ['repositoryId', 'digest'], {
  byStatus: ['status', 'askedAt', 'repositoryId', 'digest'],
});

export const scanFindings = defineTable<ScanFindingRecord>()('ecr_findings', ['repositoryId', 'digest', 'position']);

export const manifests = defineTable<ManifestRecord>()('ecr_manifests', ['repositoryId', 'digest']);

export const tags = defineTable<TagRecord>()('ecr_tags', ['repositoryId', 'tag'], {
  byDigest: ['repositoryId', 'digest', 'tag'],
});

export const layers = defineTable<LayerRecord>()('ecr_layers', ['repositoryId', 'digest'], {
  byContent: ['content'],
  byDigest: ['account', 'region', 'digest'],
  byTouch: ['touchedAt'],
});

export const uses = defineTable<UseRecord>()('ecr_uses', ['repositoryId', 'digest', 'imageDigest']);

export const lifecycles = defineTable<LifecycleRecord>()('ecr_lifecycle', ['repositoryId']);

export const previews = defineTable<PreviewRecord>()('ecr_previews', ['repositoryId']);

export const remains = defineTable<RemainsRecord>()('ecr_remains', ['repositoryId']);

export const accountSettings = defineTable<AccountSettingRecord>()('ecr_account_settings', [
  'account',
  'region',
  'name',
]);

/** The name of the blob that holds the bytes of that SHA-256. */
export const blobNameOf = (content: string): string => `${blobPrefix}${content.slice(0, 2)}/${content}`;

/** All blobs of this package have names that start so. */
export const blobPrefix = 'ecr/blobs/sha256/';

/** A repository by its name. */
export const findRepository = async (
  transaction: ReadTransaction,
  { account, region }: Scope,
  repositoryName: string,
): Promise<RepositoryRecord | undefined> =>
  (await transaction.get(repositories, { account, region, repositoryName }))?.record;

/** The digest that a tag is on. */
export const findTagged = async (
  transaction: ReadTransaction,
  repositoryId: string,
  tag: string,
): Promise<string | undefined> => (await transaction.get(tags, { repositoryId, tag }))?.record.digest;

/** The tags of an image, in byte order. */
export const tagsOf = async (
  transaction: ReadTransaction,
  repositoryId: string,
  digest: string,
): Promise<readonly string[]> =>
  (await transaction.list(tags, { index: 'byDigest', where: { repositoryId, digest } })).map(
    ({ record }) => record.tag,
  );

/** A registry's settings; those of one that nothing was set for. */
export const findRegistry = async (transaction: ReadTransaction, { account, region }: Scope): Promise<RegistryRecord> =>
  (await transaction.get(registries, { account, region }))?.record ?? { account, region };
