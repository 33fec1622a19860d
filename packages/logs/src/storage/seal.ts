/**
 * The sealing loop: packs a group's batch rows into one chunk object and block rows once they are large or old
 * enough. The object is durable before a row names it, and rows and batches change hands in one transaction: a
 * crash in between leaves an object that nobody names, which the sweep removes.
 */
import { createHash, randomUUID } from 'node:crypto';
import type { Blobs } from '@oreno/blobs';
import type { Log } from '@oreno/aws-wire';
import type { Store } from '@oreno/store';
import { compressBlock, encodeBlock } from '../domain/event-block.ts';
import { eventOverhead } from '../domain/accept-events.ts';
import { planBlocks } from '../domain/plan-blocks.ts';
import { batches, blocks, logGroups, type BatchRecord, type BlockRecord } from '../records.ts';
import type { EventStore } from './event-store.ts';

/** Seal a group when this much waits, uncompressed … */
const enoughBytes = 4 * 1024 * 1024;
/** … or its oldest batch waits this long, milliseconds. */
const enoughAge = 5 * 60_000;
const chunkBytes = 8 * 1024 * 1024;
const pageSize = 64;

interface Waiting {
  readonly account: string;
  readonly region: string;
  readonly logGroupName: string;
  bytes: number;
  oldest: number;
}

export interface Sealing {
  /** Counts a batch that was stored. */
  stored(batch: BatchRecord): void;
  /** Seals every group whose time has come; `all` seals whatever waits. */
  run(all?: boolean): Promise<void>;
  /** Counts again what waits, after a start. */
  recount(): Promise<void>;
}

export interface SealingOptions {
  readonly store: Store;
  readonly blobs: Blobs;
  readonly load: EventStore['load'];
  readonly now: () => number;
  readonly log: Log;
}

export const openSealing = (options: SealingOptions): Sealing => {
  const waiting = new Map<string, Waiting>();
  const count = (batch: BatchRecord): void => {
    const { account, region, logGroupName } = batch;
    const key = JSON.stringify([account, region, logGroupName]);
    const group = waiting.get(key) ?? { account, region, logGroupName, bytes: 0, oldest: batch.ingestedAt };
    group.bytes += batch.rawBytes;
    group.oldest = Math.min(group.oldest, batch.ingestedAt);
    waiting.set(key, group);
  };
  return {
    stored: count,
    async run(all = false) {
      for (const [key, group] of waiting) {
        const due = group.bytes >= enoughBytes || options.now() - group.oldest >= enoughAge;
        if (!all && !due) continue;
        waiting.delete(key);
        try {
          while ((await sealOnce(options, group)) === 'more');
        } catch (error) {
          waiting.set(key, group);
          options.log('error', 'sealing log events failed; it is tried again', {
            logGroupName: group.logGroupName,
            error: (error as Error).message,
          });
        }
      }
    },
    async recount() {
      waiting.clear();
      let after: BatchRecord | undefined;
      for (;;) {
        const page = await options.store.read((transaction) => transaction.list(batches, { after, limit: pageSize }));
        for (const row of page) count(row.record);
        after = page.at(-1)?.record;
        if (page.length < pageSize) return;
      }
    },
  };
};

const sealOnce = async (options: SealingOptions, group: Waiting): Promise<'more' | 'done'> => {
  const taken = await takeBatches(options.store, group);
  if (taken.length === 0) return 'done';
  const loaded = await Promise.all(
    taken.map(async (batch) => ({ logStreamName: batch.logStreamName, events: await options.load(batch) })),
  );
  const { object, bytes, rows } = await packChunk(group, planBlocks(loaded), options.now());
  await options.blobs.put(object, bytes);
  const stored = loaded.reduce(
    (sum, batch) => batch.events.reduce((s, event) => s + Buffer.byteLength(event.message) + eventOverhead, sum),
    0,
  );
  const changed = await options.store.update(async (transaction) => {
    const row = await transaction.get(logGroups, group);
    for (const batch of taken) {
      const current = await transaction.get(batches, batch);
      // The group or the stream was deleted while the chunk was written: what is left is sealed by the next turn.
      if (row === undefined || current === undefined) return false;
    }
    if (row === undefined) return false;
    for (const batch of taken) await transaction.delete(batches, batch);
    for (const block of rows) await transaction.insert(blocks, block);
    await transaction.put(logGroups, { ...row.record, storedBytes: row.record.storedBytes + stored });
    return true;
  });
  if (!changed) await options.blobs.delete(object);
  return 'more';
};

const takeBatches = async (store: Store, group: Waiting): Promise<readonly BatchRecord[]> => {
  const { account, region, logGroupName } = group;
  const taken: BatchRecord[] = [];
  let bytes = 0;
  for (;;) {
    const page = await store.read((transaction) =>
      transaction.list(batches, { where: { account, region, logGroupName }, after: taken.at(-1), limit: pageSize }),
    );
    for (const row of page) {
      taken.push(row.record);
      bytes += row.record.rawBytes;
      if (bytes >= chunkBytes) return taken;
    }
    if (page.length < pageSize) return taken;
  }
};

const packChunk = async (
  group: Waiting,
  plan: ReturnType<typeof planBlocks>,
  now: number,
): Promise<{ readonly object: string; readonly bytes: Buffer; readonly rows: readonly BlockRecord[] }> => {
  const { account, region, logGroupName } = group;
  // Group names have slashes and may be long: objects lie under their hash.
  const folder = createHash('sha256').update(logGroupName).digest('hex').slice(0, 32);
  const date = new Date(now).toISOString().slice(0, 10);
  const object = `logs/${account}/${region}/${folder}/${date}/${randomUUID()}`;
  const parts: Buffer[] = [];
  const rows: BlockRecord[] = [];
  let offset = 0;
  for (const { logStreamName, events } of plan) {
    const raw = encodeBlock(events);
    const part = await compressBlock(raw, 3);
    rows.push({
      account,
      region,
      logGroupName,
      logStreamName,
      blockId: randomUUID(),
      minTimestamp: events[0]?.timestamp ?? 0,
      maxTimestamp: events.at(-1)?.timestamp ?? 0,
      count: events.length,
      rawBytes: raw.length,
      object,
      offset,
      length: part.length,
    });
    parts.push(part);
    offset += part.length;
  }
  return { object, bytes: Buffer.concat(parts), rows };
};
