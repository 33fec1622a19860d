/** Deleting tags, images and layers. What a deleted image used stays until the collector finds it unused. */
import type { WriteTransaction } from '@oreno/store';
import { removeFindings } from './remove-findings.ts';
import { readManifest } from '../domain/manifest.ts';
import { images, layers, manifests, tags, tagsOf, uses } from '../records.ts';
import { scans } from '../scan-records.ts';

/** Removes the image with all its tags; answers the tags, or undefined when there is no such image. */
export const deleteImage = async (
  tx: WriteTransaction,
  repositoryId: string,
  digest: string,
): Promise<readonly string[] | undefined> => {
  const image = await tx.get(images, { repositoryId, digest });
  if (!image) return undefined;
  const removed = await tagsOf(tx, repositoryId, digest);
  for (const tag of removed) await tx.delete(tags, { repositoryId, tag });
  const text = (await tx.get(manifests, { repositoryId, digest }))?.record.text ?? '';
  const reading = readManifest(Buffer.from(text), image.record.mediaType);
  if (reading.kind === 'manifest') {
    for (const used of [...reading.manifest.blobs, ...reading.manifest.children]) {
      await tx.delete(uses, { repositoryId, digest: used.digest, imageDigest: digest });
    }
  }
  await tx.delete(manifests, { repositoryId, digest });
  await tx.delete(scans, { repositoryId, digest });
  await removeFindings(tx, { repositoryId, digest });
  await tx.delete(images, { repositoryId, digest });
  return removed;
};

/** An image that is gone, with the tags it had. */
export interface DeletedImage {
  readonly digest: string;
  readonly tags: readonly string[];
}

/**
 * Removes the image, and what refers to it, and what refers to that: referrers go with their subject. Answers all that
 * went, the image first.
 */
export const deleteImageAndReferrers = async (
  tx: WriteTransaction,
  repositoryId: string,
  digest: string,
): Promise<readonly DeletedImage[]> => {
  const gone: DeletedImage[] = [];
  const waiting = [digest];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const removed = await deleteImage(tx, repositoryId, next);
    if (removed === undefined) continue;
    gone.push({ digest: next, tags: removed });
    const referrers = await tx.list(images, { index: 'bySubject', where: { repositoryId, subject: next } });
    waiting.push(...referrers.map(({ record }) => record.digest));
  }
  return gone;
};

/** Removes the tag alone; the digest it was on, or undefined when there is no such tag. */
export const deleteTag = async (
  tx: WriteTransaction,
  repositoryId: string,
  tag: string,
): Promise<string | undefined> => {
  const row = await tx.get(tags, { repositoryId, tag });
  if (!row) return undefined;
  await tx.delete(tags, { repositoryId, tag });
  return row.record.digest;
};

/** Hides a layer from the repository; false when it was not there. */
export const deleteLayer = async (tx: WriteTransaction, repositoryId: string, digest: string): Promise<boolean> =>
  (await tx.delete(layers, { repositoryId, digest })) === 'deleted';
