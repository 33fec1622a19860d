/**
 * Moving images between the storage classes (Amazon ECR user guide, "Archiving an image", "Restoring an image"). The
 * bytes stay where they are; an archived image cannot be pulled. What belongs to an image moves with it: its referrers,
 * and the images of an index, into the archive only those without a tag that no other index in the standard class
 * names. So a restored index can be pulled whole.
 */
import type { ReadTransaction, WriteTransaction } from '@oreno/store';
import { readManifest } from '../domain/manifest.ts';
import { images, manifests, tags, uses } from '../records.ts';
import type { ImageRecord } from '../records.ts';

/** Whether an index of the repository that is not archived names the image. */
export const isNamedByActiveIndex = async (
  tx: ReadTransaction,
  repositoryId: string,
  digest: string,
): Promise<boolean> => {
  for (const { record } of await tx.list(uses, { where: { repositoryId, digest } })) {
    if (record.kind !== 'child') continue;
    const index = await tx.get(images, { repositoryId, digest: record.imageDigest });
    if (index && index.record.isArchived !== true) return true;
  }
  return false;
};

/** Whether every image that names the layer is archived, and there is one. */
export const isLayerArchived = async (tx: ReadTransaction, repositoryId: string, digest: string): Promise<boolean> => {
  const found = await tx.list(uses, { where: { repositoryId, digest } });
  for (const { record } of found) {
    const image = await tx.get(images, { repositoryId, digest: record.imageDigest });
    if (image && image.record.isArchived !== true) return false;
  }
  return found.length > 0;
};

const childrenOf = async (tx: ReadTransaction, image: ImageRecord): Promise<readonly string[]> => {
  const text = (await tx.get(manifests, image))?.record.text ?? '';
  const reading = readManifest(Buffer.from(text), image.mediaType);
  return reading.kind === 'manifest' ? reading.manifest.children.map(({ digest }) => digest) : [];
};

/** Whether the image of an index goes into the archive with it. */
const goesAlong = async (tx: ReadTransaction, repositoryId: string, digest: string): Promise<boolean> =>
  (await tx.count(tags, { index: 'byDigest', where: { repositoryId, digest } })) === 0 &&
  !(await isNamedByActiveIndex(tx, repositoryId, digest));

/** Moves an image, then what belongs to it, as far as it is in the other class. */
const move = async (
  tx: WriteTransaction,
  image: ImageRecord,
  change: { readonly isArchived: boolean } & Partial<ImageRecord>,
): Promise<void> => {
  const { repositoryId } = image;
  const waiting = [image];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    await tx.put(images, { ...next, ...change });
    const query = { index: 'bySubject', where: { repositoryId, subject: next.digest } } as const;
    const others = (await tx.list(images, query)).map(({ record }) => record.digest);
    for (const child of await childrenOf(tx, next)) {
      if (!change.isArchived || (await goesAlong(tx, repositoryId, child))) others.push(child);
    }
    for (const digest of others) {
      const found = (await tx.get(images, { repositoryId, digest }))?.record;
      if (found && (found.isArchived === true) !== change.isArchived) waiting.push(found);
    }
  }
};

/** Archives the image with what belongs to it, at `now` (milliseconds since the epoch). */
export const archiveImage = (tx: WriteTransaction, image: ImageRecord, now: number): Promise<void> =>
  move(tx, image, { isArchived: true, archivedAt: now });

/** Brings the image and what belongs to it back into the standard class, at `now` (milliseconds since the epoch). */
export const restoreImage = (tx: WriteTransaction, image: ImageRecord, now: number): Promise<void> =>
  move(tx, image, { isArchived: false, activatedAt: now });
