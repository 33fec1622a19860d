/**
 * Parts of UploadLayerPart that only the last part of a layer may be as small as. Where one ended is a record, so that
 * CompleteLayerUpload knows of it after a restart and on another server; other parts leave none, and neither do the
 * chunks of the distribution protocol, which has no such rule.
 *
 *     ecr_small_parts  uploadId  the first part of an upload that was too small to have another one behind it
 */
import { defineTable } from '@oreno/store';
import type { ReadTransaction, Store } from '@oreno/store';

/** Every part but the last must have this many bytes. */
export const smallestPart = 5 * 1024 * 1024;

interface SmallPartRecord {
  readonly uploadId: string;
  /** Bytes of the upload before it and with it. */
  readonly start: number;
  readonly end: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

const smallParts = defineTable<SmallPartRecord>()('ecr_small_parts', ['uploadId'], { byTime: ['at'] });

/** A part that is about to be appended to what the upload holds. */
export interface Part {
  readonly uploadId: string;
  readonly start: number;
  readonly size: number;
}

/**
 * Notes a part before its bytes are taken: one that is not acknowledged is sent again, and noted again, from the same
 * byte. `now` in milliseconds since the epoch.
 */
export const notePart = async (store: Store, { uploadId, start, size }: Part, now: number): Promise<void> => {
  const isSmall = size < smallestPart;
  const find = (tx: ReadTransaction) => tx.get(smallParts, { uploadId });
  if (!isSmall && (await store.read(find)) === undefined) return;
  await store.update(async (tx) => {
    const noted = (await find(tx))?.record;
    if (noted !== undefined && noted.start < start) return;
    if (isSmall) await tx.put(smallParts, { uploadId, start, end: start + size, at: now });
    else await tx.delete(smallParts, { uploadId });
  });
};

/** Whether a part before the last one of an upload of `size` bytes was too small. */
export const hasSmallPart = async (store: Store, uploadId: string, size: number): Promise<boolean> => {
  const noted = await store.read((tx) => tx.get(smallParts, { uploadId }));
  return noted !== undefined && noted.record.end < size;
};

/** Forgets the parts of an upload that has ended. */
export const forgetParts = async (store: Store, uploadId: string): Promise<void> => {
  await store.update((tx) => tx.delete(smallParts, { uploadId }));
};

/** Forgets the parts noted before `before` (milliseconds since the epoch) of uploads that are gone. */
export const forgetPartsOfGone = async (
  store: Store,
  before: number,
  isThere: (uploadId: string) => Promise<boolean>,
): Promise<void> => {
  const rows = await store.read((tx) => tx.list(smallParts, { index: 'byTime', below: before }));
  for (const { record } of rows) if (!(await isThere(record.uploadId))) await forgetParts(store, record.uploadId);
};
