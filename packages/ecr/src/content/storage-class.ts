/**
 * Moving images between the storage classes (Amazon ECR user guide, "Archiving an image", "Restoring an image"). The
 * bytes stay where they are; an archived image cannot be pulled. What belongs to an image moves with it: its referrers,
 * and the images of an index, into the archive only those without a tag that no other index in the standard class
 * names. So a restored index can be pulled whole. What is restored is scanned and replicated as if it were pushed, and
 * what was found in it before is forgotten.
 */
import type { EventWriter } from '@oreno/events';
import type { ReadTransaction, WriteTransaction } from '@oreno/store';
import { storageClassChanged } from '../domain/events.ts';
import { readManifest } from '../domain/manifest.ts';
import { images, manifests, tags, uses } from '../records.ts';
import { scans } from '../scan-records.ts';
import type { ImageRecord, RepositoryRecord } from '../records.ts';
import { askForCopies } from './ask-for-copies.ts';
import { askForScan } from './ask-for-scan.ts';
import { removeFindings } from './remove-findings.ts';

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

/** A layer of ten thousand images is looked up by pages: mostly the first image that names it can be pulled. */
const usesAtOnce = 10;

/** Whether every image that names the layer is archived, and there is one: nobody may pull it then. */
export const isLayerArchived = async (tx: ReadTransaction, repositoryId: string, digest: string): Promise<boolean> => {
  const query = { where: { repositoryId, digest }, limit: usesAtOnce } as const;
  let page = await tx.list(uses, query);
  const isUsed = page.length > 0;
  while (page.length > 0) {
    for (const { record } of page) {
      const image = await tx.get(images, { repositoryId, digest: record.imageDigest });
      if (image && image.record.isArchived !== true) return false;
    }
    page = page.length < usesAtOnce ? [] : await tx.list(uses, { ...query, after: page.at(-1)?.record });
  }
  return isUsed;
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

/** Moves an image, then what belongs to it, as far as it is in the other class; answers what was moved. */
const move = async (
  tx: WriteTransaction,
  image: ImageRecord,
  change: { readonly isArchived: boolean } & Partial<ImageRecord>,
): Promise<readonly ImageRecord[]> => {
  const { repositoryId } = image;
  const waiting = [image];
  const moved: ImageRecord[] = [];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const after = { ...next, ...change };
    await tx.put(images, after);
    moved.push(after);
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
  return moved;
};

/** What a change of storage class needs besides the transaction. */
export interface Change {
  readonly repository: RepositoryRecord;
  readonly writeEvents: EventWriter;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

const tell = (tx: WriteTransaction, { repository, writeEvents, now }: Change, moved: readonly ImageRecord[]) =>
  writeEvents(
    tx,
    moved.map((image) => storageClassChanged(repository, image)),
    now,
  );

/** Archives the image with what belongs to it. */
export const archiveImage = async (tx: WriteTransaction, image: ImageRecord, change: Change): Promise<void> => {
  await tell(tx, change, await move(tx, image, { isArchived: true, archivedAt: change.now }));
};

/** What restored images were asked for: somebody has to wake who does it. */
export interface Restored {
  readonly copies: boolean;
  readonly scan: boolean;
}

/** Brings the image and what belongs to it back into the standard class. */
export const restoreImage = async (tx: WriteTransaction, image: ImageRecord, change: Change): Promise<Restored> => {
  const { repository, now } = change;
  const asked = { copies: false, scan: false };
  const restored = await move(tx, image, { isArchived: false, activatedAt: now });
  for (const moved of restored) {
    await removeFindings(tx, moved);
    await tx.delete(scans, moved);
    if (await askForScan(tx, repository, moved, now)) asked.scan = true;
    if (await askForCopies(tx, repository, moved.digest, now)) asked.copies = true;
  }
  await tell(tx, change, restored);
  return asked;
};
