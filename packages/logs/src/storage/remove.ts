/** Taking events away: of a group, of a stream, and those past their group's retention; then the chunks nobody names. */
import type { Blobs } from '@oreno/blobs';
import type { Row, Store } from '@oreno/store';
import {
  batches,
  blocks,
  logGroups,
  logStreams,
  type BlockRecord,
  type LogGroupRecord,
  type LogStreamRecord,
} from '../records.ts';

const day = 86_400_000;

/** Removes a group with all it holds. Answers false when it was not there. */
export const removeGroup = async (store: Store, blobs: Blobs, group: LogGroupRecord): Promise<boolean> => {
  const { account, region, logGroupName } = group;
  const where = { account, region, logGroupName };
  const removed = await store.update(async (transaction) => {
    if ((await transaction.delete(logGroups, group)) === 'absent') return undefined;
    for (const row of await transaction.list(logStreams, { where })) await transaction.delete(logStreams, row.record);
    for (const row of await transaction.list(batches, { where })) await transaction.delete(batches, row.record);
    const gone = await transaction.list(blocks, { where });
    for (const row of gone) await transaction.delete(blocks, row.record);
    return gone;
  });
  if (removed === undefined) return false;
  await removeChunks(store, blobs, removed);
  return true;
};

/** Removes a stream with its events. Answers false when it was not there. */
export const removeStream = async (store: Store, blobs: Blobs, stream: LogStreamRecord): Promise<boolean> => {
  const { account, region, logGroupName, logStreamName } = stream;
  const where = { account, region, logGroupName, logStreamName };
  const removed = await store.update(async (transaction) => {
    if ((await transaction.delete(logStreams, stream)) === 'absent') return undefined;
    for (const row of await transaction.list(batches, { index: 'byStream', where })) {
      await transaction.delete(batches, row.record);
    }
    const gone = await transaction.list(blocks, { index: 'byStream', where });
    for (const row of gone) await transaction.delete(blocks, row.record);
    return gone;
  });
  if (removed === undefined) return false;
  await removeChunks(store, blobs, removed);
  return true;
};

/** Removes the sealed events of every group that are older than its retention at the time `now`. */
export const removeExpired = async (store: Store, blobs: Blobs, now: number): Promise<void> => {
  const groups = await store.read((transaction) => transaction.list(logGroups));
  for (const { record } of groups) {
    if (record.retentionInDays === undefined) continue;
    const oldest = now - record.retentionInDays * day;
    const { account, region, logGroupName } = record;
    const gone = await store.update(async (transaction) => {
      const rows = await transaction.list(blocks, { where: { account, region, logGroupName }, below: oldest });
      const expired = rows.filter((row) => row.record.maxTimestamp < oldest);
      for (const row of expired) await transaction.delete(blocks, row.record);
      return expired;
    });
    await removeChunks(store, blobs, gone);
  }
};

/** Removes chunk objects that no row names: what a crash between writing one and naming it left. */
export const removeOrphans = async (store: Store, blobs: Blobs, now: number): Promise<void> => {
  for await (const chunk of blobs.list('logs/')) {
    if (chunk.modifiedAt > now - 3_600_000) continue;
    await removeUnnamed(store, blobs, chunk.name);
  }
};

const removeChunks = async (store: Store, blobs: Blobs, gone: readonly Row<BlockRecord>[]): Promise<void> => {
  for (const object of new Set(gone.map((row) => row.record.object))) await removeUnnamed(store, blobs, object);
};

const removeUnnamed = async (store: Store, blobs: Blobs, object: string): Promise<void> => {
  const named = await store.read((transaction) =>
    transaction.list(blocks, { index: 'byObject', where: { object }, limit: 1 }),
  );
  if (named.length === 0) await blobs.delete(object);
};
