/**
 * What ECR keeps. Everything inside a repository is keyed by the repository's own id, which no other repository
 * ever gets: deleting a repository is one row, and what is left of it cannot come back under a new one of the same
 * name. Bytes of layers are blobs, stored once by their SHA-256; a layer's row says that a repository has them.
 * Times are milliseconds since the epoch. What a registry has as a whole is in registry-records.ts, scans are in
 * scan-records.ts, lifecycle policies in lifecycle-records.ts.
 *
 *     ecr_repositories  account, region, repositoryName          one a repository
 *     ecr_images        repositoryId, digest                     one a manifest
 *     ecr_manifests     repositoryId, digest                     its exact text
 *     ecr_tags          repositoryId, tag                        which manifest a tag is on
 *     ecr_layers        repositoryId, digest                     which bytes a repository has
 *     ecr_uses          repositoryId, digest, imageDigest        which manifest names a layer or manifest
 *     ecr_remains       repositoryId                             deleted repositories whose rows are to be reaped
 */
import { defineTable } from '@oreno/store';
import type { ReadTransaction } from '@oreno/store';
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

export interface RemainsRecord {
  readonly repositoryId: string;
  readonly deletedAt: number;
}

export const repositories = defineTable<RepositoryRecord>()(
  'ecr_repositories',
  ['account', 'region', 'repositoryName'],
  { byId: ['repositoryId'] },
);

export const images = defineTable<ImageRecord>()('ecr_images', ['repositoryId', 'digest'], {
  bySubject: ['repositoryId', 'subject', 'digest'],
});

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

export const remains = defineTable<RemainsRecord>()('ecr_remains', ['repositoryId']);

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

/** A repository by the id that its images have; undefined when it was deleted. */
export const findRepositoryById = async (
  transaction: ReadTransaction,
  repositoryId: string,
): Promise<RepositoryRecord | undefined> =>
  (await transaction.list(repositories, { index: 'byId', where: { repositoryId }, limit: 1 }))[0]?.record;

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
