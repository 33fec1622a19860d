/**
 * Mark and sweep of layers that no manifest names. Safe while pushes run:
 * - a layer's row goes only when nothing uses it and nobody pushed it or asked for it within the grace period, which
 *   is checked in the transaction that removes it: a manifest that names it comes before, or finds it missing;
 * - bytes go only when no row names them and they are older than the grace period, under the lock that every push of
 *   the same content takes between its bytes appearing and its row being written.
 */
import type { BlobStat, Blobs } from '@oreno/blobs';
import type { Store } from '@oreno/store';
import type { KeyedLock } from '../content/keyed-lock.ts';
import { blobPrefix, layers, uses } from '../records.ts';
import type { LayerRecord } from '../records.ts';

/** What is unused for this long may go, in milliseconds: a push may take as long between a layer and its manifest. */
const gracePeriod = 24 * 60 * 60 * 1000;

const pageSize = 200;

export interface CollectorParts {
  readonly store: Store;
  readonly blobs: Blobs;
  readonly contentLock: KeyedLock;
}

export interface Collected {
  /** Layers that left their repository. */
  readonly layers: number;
  /** Blobs whose bytes were deleted, and how many bytes those were. */
  readonly blobs: number;
  readonly bytes: number;
}

/** Removes the rows of the page that are unused still; answers how many. */
const sweepLayers = (store: Store, page: readonly LayerRecord[], before: number, dryRun: boolean): Promise<number> =>
  store.update(async (tx) => {
    let swept = 0;
    for (const { repositoryId, digest } of page) {
      const current = (await tx.get(layers, { repositoryId, digest }))?.record;
      if (!current || current.touchedAt >= before) continue;
      const used = await tx.list(uses, { where: { repositoryId, digest }, limit: 1 });
      if (used.length > 0) continue;
      if (!dryRun) await tx.delete(layers, { repositoryId, digest });
      swept += 1;
    }
    return swept;
  });

const collectLayers = async (store: Store, before: number, dryRun: boolean): Promise<number> => {
  let swept = 0;
  let after: LayerRecord | undefined;
  for (;;) {
    const query = { index: 'byTouch', below: before, after, limit: pageSize };
    const { page, unused } = await store.read(async (tx) => {
      const rows = (await tx.list(layers, query)).map(({ record }) => record);
      const found: LayerRecord[] = [];
      for (const row of rows) {
        const { repositoryId, digest } = row;
        if ((await tx.count(uses, { where: { repositoryId, digest }, limit: 1 })) === 0) found.push(row);
      }
      return { page: rows, unused: found };
    });
    if (unused.length > 0) swept += await sweepLayers(store, unused, before, dryRun);
    after = page.at(-1);
    if (!after || page.length < pageSize) return swept;
  }
};

const isUnnamed = async (store: Store, { name }: BlobStat): Promise<boolean> => {
  const content = name.slice(name.lastIndexOf('/') + 1);
  const rows = await store.read((tx) => tx.list(layers, { index: 'byContent', where: { content }, limit: 1 }));
  return rows.length === 0;
};

const collectBlobs = async (
  { store, blobs, contentLock }: CollectorParts,
  before: number,
  dryRun: boolean,
): Promise<Pick<Collected, 'blobs' | 'bytes'>> => {
  const swept = { blobs: 0, bytes: 0 };
  for await (const stat of blobs.list(blobPrefix)) {
    if (stat.modifiedAt >= before || !(await isUnnamed(store, stat))) continue;
    await contentLock(stat.name, async () => {
      const current = await blobs.stat(stat.name);
      if (!current || current.modifiedAt >= before || !(await isUnnamed(store, stat))) return;
      if (!dryRun) await blobs.delete(stat.name);
      swept.blobs += 1;
      swept.bytes += current.size;
    });
  }
  return swept;
};

/**
 * One round of collection at `now` (milliseconds since the epoch). With `dryRun` nothing changes, and bytes that
 * only become unnamed by the rows that would go are not counted.
 */
export const collectUnusedContent = async (parts: CollectorParts, now: number, dryRun = false): Promise<Collected> => {
  const before = now - gracePeriod;
  const swept = await collectLayers(parts.store, before, dryRun);
  return { layers: swept, ...(await collectBlobs(parts, before, dryRun)) };
};
