/** The scan that a pushed or restored image gets is asked for in the transaction that stores it. */
import type { WriteTransaction } from '@oreno/store';
import { manifestKinds } from '../domain/media-types.ts';
import { isScannedOnPush } from '../domain/scanning/configuration.ts';
import { isScannable } from '../domain/scanning/scan.ts';
import { findRegistry } from '../registry-records.ts';
import { scans } from '../scan-records.ts';
import type { ImageRecord, RepositoryRecord } from '../records.ts';

/** Asks for the scan of an image where its repository is scanned on push; whether it gets one. */
export const askForScan = async (
  tx: WriteTransaction,
  repository: RepositoryRecord,
  { digest, mediaType, artifactMediaType }: Pick<ImageRecord, 'artifactMediaType' | 'digest' | 'mediaType'>,
  now: number,
): Promise<boolean> => {
  const { scanning } = await findRegistry(tx, repository);
  if (!isScannable({ kind: manifestKinds.get(mediaType), artifactMediaType })) return false;
  if (!isScannedOnPush(repository, scanning)) return false;
  await tx.put(scans, { repositoryId: repository.repositoryId, digest, status: 'IN_PROGRESS', askedAt: now });
  return true;
};
