/**
 * What happens in a registry as events of EventBridge (Amazon ECR user guide, "Amazon ECR events and EventBridge").
 * Pure. "ECR Scan Resource Change" is of enhanced scanning, which is not here.
 */
import type { EventDraft } from '@oreno/events';

export type EcrDetailType =
  | 'ECR Image Action'
  | 'ECR Image Scan'
  | 'ECR Pull Through Cache Action'
  | 'ECR Referrer Action'
  | 'ECR Replication Action';

interface Repository {
  readonly account: string;
  readonly region: string;
  readonly repositoryName: string;
}

interface Moved {
  readonly digest: string;
  readonly mediaType: string;
  readonly artifactMediaType?: string | undefined;
  readonly subject?: string | undefined;
  readonly isArchived?: boolean | undefined;
  readonly activatedAt?: number | undefined;
}

const draft = (
  detailType: EcrDetailType,
  { account, region }: Repository,
  detail: Readonly<Record<string, unknown>>,
  resources: readonly string[] = [],
): EventDraft => ({ source: 'aws.ecr', detailType, scope: { account, region }, resources, detail });

const arnOf = ({ account, region, repositoryName }: Repository): string =>
  `arn:aws:ecr:${region}:${account}:repository/${repositoryName}`;

/** One event a tag; one without a tag where there is none. */
const eachTag = (tags: readonly string[]): readonly { readonly 'image-tag'?: string }[] =>
  tags.length === 0 ? [{}] : tags.map((tag) => ({ 'image-tag': tag }));

const imageAction =
  (action: 'DELETE' | 'PUSH') =>
  (repository: Repository, digest: string, tags: readonly string[]): readonly EventDraft[] =>
    eachTag(tags).map((tag) =>
      draft('ECR Image Action', repository, {
        result: 'SUCCESS',
        'repository-name': repository.repositoryName,
        'image-digest': digest,
        'action-type': action,
        ...tag,
      }),
    );

/** An image that was pushed, under tags or by its digest alone. */
export const imagePushed = imageAction('PUSH');

/** An image that was deleted with its tags, or tags that were taken off it. */
export const imageDeleted = imageAction('DELETE');

/** An image or a referrer that went into the archive or came back; as it is now. */
export const storageClassChanged = (repository: Repository, image: Moved): EventDraft => {
  const { digest, mediaType, artifactMediaType, subject, isArchived, activatedAt } = image;
  return draft(subject === undefined ? 'ECR Image Action' : 'ECR Referrer Action', repository, {
    'action-type': 'UPDATE_STORAGE_CLASS',
    'target-storage-class': isArchived === true ? 'ARCHIVE' : 'STANDARD',
    'image-digest': digest,
    'repository-name': repository.repositoryName,
    result: 'SUCCESS',
    'manifest-media-type': mediaType,
    ...(artifactMediaType === undefined ? {} : { 'artifact-media-type': artifactMediaType }),
    ...(isArchived === true || activatedAt === undefined
      ? {}
      : { 'last-activated-at': new Date(activatedAt).toISOString() }),
  });
};

/** A scan that ended, with how many findings of each severity there are. */
export const imageScanned = (
  repository: Repository,
  {
    digest,
    status,
    severityCounts = {},
  }: {
    readonly digest: string;
    readonly status: string;
    readonly severityCounts?: Readonly<Record<string, number>> | undefined;
  },
  tags: readonly string[],
): EventDraft =>
  draft(
    'ECR Image Scan',
    repository,
    {
      'scan-status': status,
      'repository-name': repository.repositoryName,
      'finding-severity-counts': severityCounts,
      'image-digest': digest,
      'image-tags': tags,
    },
    [arnOf(repository)],
  );

/** A copy of an image that was made, or could not be made, in the registry that it was for. */
export const imageReplicated = (
  target: Repository,
  source: Repository,
  {
    result,
    digest,
    tags,
  }: {
    readonly result: 'FAILED' | 'SUCCESS';
    readonly digest: string;
    readonly tags: readonly string[];
  },
): readonly EventDraft[] =>
  eachTag(tags).map((tag) =>
    draft(
      'ECR Replication Action',
      target,
      {
        result,
        'repository-name': target.repositoryName,
        'image-digest': digest,
        'source-account': source.account,
        'action-type': 'REPLICATE',
        'source-region': source.region,
        ...tag,
      },
      [arnOf(target)],
    ),
  );

export interface CacheAction {
  readonly rule: { readonly prefix: string; readonly url: string };
  readonly tag?: string | undefined;
  readonly digest?: string | undefined;
  /** Why the image could not be brought; absent where it was. */
  readonly failure?: { readonly code: string; readonly reason: string } | undefined;
}

/** An image that a pull-through cache rule brought, or could not bring. */
export const pulledThrough = (repository: Repository, { rule, tag, digest, failure }: CacheAction): EventDraft =>
  draft(
    'ECR Pull Through Cache Action',
    repository,
    {
      'rule-version': '1',
      'sync-status': failure === undefined ? 'SUCCESS' : 'FAILED',
      'ecr-repository-prefix': rule.prefix,
      'repository-name': repository.repositoryName,
      'upstream-registry-url': rule.url,
      ...(tag === undefined ? {} : { 'image-tag': tag }),
      ...(digest === undefined ? {} : { 'image-digest': digest }),
      ...(failure === undefined ? {} : { 'failure-code': failure.code, 'failure-reason': failure.reason }),
    },
    [arnOf(repository)],
  );
