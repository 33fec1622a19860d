/** Records as the API shows them. */
import type { ecr } from '@oreno/aws-wire';
import { repositoryArn } from '../access.ts';
import type { EcrParts } from '../context.ts';
import type { ImageRecord, RepositoryRecord } from '../records.ts';
import type { ScanRecord } from '../scan-records.ts';

export const toRepository = (
  record: RepositoryRecord,
  { registryHost }: Pick<EcrParts, 'registryHost'>,
): ecr.Repository => ({
  repositoryArn: repositoryArn(record, record.repositoryName),
  registryId: record.account,
  repositoryName: record.repositoryName,
  repositoryUri: `${registryHost}/${record.repositoryName}`,
  createdAt: record.createdAt,
  imageTagMutability: record.imageTagMutability,
  imageTagMutabilityExclusionFilters: record.exclusionFilters,
  imageScanningConfiguration: { scanOnPush: record.scanOnPush },
  encryptionConfiguration: record.encryptionConfiguration,
});

/** The storage class as the API calls it; nothing takes time here, so no image is ACTIVATING. */
export const statusOf = ({ isArchived }: Pick<ImageRecord, 'isArchived'>): 'ACTIVE' | 'ARCHIVED' =>
  isArchived === true ? 'ARCHIVED' : 'ACTIVE';

/** What a completed scan found, in numbers. */
export const scanSummary = (scan: ScanRecord): ecr.ImageScanFindingsSummary => ({
  imageScanCompletedAt: scan.completedAt,
  vulnerabilitySourceUpdatedAt: scan.sourceUpdatedAt,
  findingSeverityCounts: scan.severityCounts,
});

export const toImageDetail = (
  image: ImageRecord,
  imageTags: readonly string[],
  { account, repositoryName }: RepositoryRecord,
  scan: ScanRecord | undefined,
): ecr.ImageDetail => ({
  registryId: account,
  repositoryName,
  imageDigest: image.digest,
  imageTags: imageTags.length === 0 ? undefined : imageTags,
  imageSizeInBytes: image.imageSize,
  imagePushedAt: image.pushedAt,
  imageScanStatus: scan && { status: scan.status, description: scan.description },
  imageScanFindingsSummary: scan?.status === 'COMPLETE' ? scanSummary(scan) : undefined,
  imageManifestMediaType: image.mediaType,
  artifactMediaType: image.artifactMediaType,
  lastRecordedPullTime: image.lastPulledAt,
  subjectManifestDigest: image.subject,
  imageStatus: statusOf(image),
  lastArchivedAt: image.archivedAt,
  lastActivatedAt: image.activatedAt,
});
