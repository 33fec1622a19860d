import { mkdir, readdir } from 'node:fs/promises';
import type { Log } from '../domain/agent-runtime.ts';
import { decodeFrame, encodeFrame, type SpoolRecordHeader } from './spool-record.ts';
import { createSegment, openSegment, type Segment, segmentNumber } from './spool-segment.ts';

/**
 * The durable part of the log spool: entries are appended to segment files, read back when they are forwarded, and
 * marked done. An append resolves once the bytes are on disk; all appends that wait at the moment share one
 * fdatasync. A segment in which nothing waits any more is deleted. A failed write closes its segment, so that a torn
 * frame can only be the last one of a file.
 */

/** An entry that waits to be forwarded; its bytes are in the segment, and in memory while there is room. */
export interface StoredRecord {
  readonly header: SpoolRecordHeader;
  readonly segment: number;
  readonly index: number;
  readonly offset: number;
  readonly length: number;
}

/** Thrown by `append` when the spool has reached its size on disk. */
export class SpoolFullError extends Error {
  override readonly name = 'SpoolFullError';
}

export interface SpoolStore {
  /** What an earlier run left undone, oldest first. */
  readonly recovered: readonly StoredRecord[];
  /** Resolves once the entry is on disk. Throws {@link SpoolFullError}, or the error of the disk. */
  readonly append: (header: SpoolRecordHeader, body: Uint8Array) => Promise<StoredRecord>;
  /** The body of an entry; undefined when the disk gave back something else than was written. */
  readonly read: (record: StoredRecord) => Promise<Buffer | undefined>;
  readonly markDone: (records: readonly StoredRecord[]) => void;
  /** Bytes on disk. */
  readonly size: () => number;
  readonly close: () => Promise<void>;
}

export interface SpoolStoreOptions {
  readonly folder: string;
  /** Bytes on disk past which appends are refused. */
  readonly maxBytes: number;
  /** Bytes after which a new segment is begun; 8 MiB when absent. */
  readonly segmentBytes?: number;
  /** Bytes of entries kept in memory for a quick forward; 16 MiB when absent. */
  readonly cacheBytes?: number;
  readonly log: Log;
}

interface Append {
  readonly header: SpoolRecordHeader;
  readonly body: Uint8Array;
  readonly frame: Buffer;
  readonly resolve: (record: StoredRecord) => void;
  readonly reject: (error: unknown) => void;
}

/** A settled segment larger than this is closed, so that an idle spool shrinks to nothing. */
const SETTLED_ROTATE_BYTES = 256 * 1024;

const recover = async (
  folder: string,
  log: Log,
): Promise<{ segments: Map<number, Segment>; records: StoredRecord[]; next: number }> => {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const numbers = (await readdir(folder)).map(segmentNumber).filter((number) => number !== undefined);
  const segments = new Map<number, Segment>();
  const records: StoredRecord[] = [];
  for (const number of numbers.toSorted((a, b) => a - b)) {
    const { segment, waiting, tornBytes } = await openSegment(folder, number);
    if (tornBytes > 0)
      log('warn', 'log spool: the end of a segment was torn off and is left out', { number, tornBytes });
    if (waiting.length === 0) {
      await segment.remove();
      continue;
    }
    segments.set(number, segment);
    for (const place of waiting) records.push({ ...place, segment: number });
  }
  return { segments, records, next: Math.max(0, ...numbers) + 1 };
};

/** Opens the spool's folder, made when it is not there, and finds what an earlier run left. */
export const openSpoolStore = async (options: SpoolStoreOptions): Promise<SpoolStore> => {
  const { folder, maxBytes, log, segmentBytes = 8 * 1024 * 1024, cacheBytes = 16 * 1024 * 1024 } = options;
  const { segments, records, next } = await recover(folder, log);
  const waiting: Append[] = [];
  const removals = new Set<Promise<void>>();
  const cache = new Map<StoredRecord, Uint8Array>();
  let cached = 0;
  let nextNumber = next;
  let active: Segment | undefined;
  let committing: Promise<void> | undefined;
  let closed = false;
  let size = [...segments.values()].reduce((sum, segment) => sum + segment.size(), 0);

  const removeWhenSettled = (segment: Segment): void => {
    if (segment === active || !segment.settled() || !segments.delete(segment.number)) return;
    size -= segment.size();
    const removal = segment
      .remove()
      .catch((error: unknown) => log('warn', 'log spool: a segment could not be deleted', { error: String(error) }))
      .finally(() => removals.delete(removal));
    removals.add(removal);
  };

  const retire = (): void => {
    const old = active;
    active = undefined;
    if (old !== undefined) removeWhenSettled(old);
  };

  const writable = async (): Promise<Segment> => {
    if (active !== undefined && active.size() >= segmentBytes) retire();
    if (active === undefined) {
      active = await createSegment(folder, nextNumber++);
      segments.set(active.number, active);
    }
    return active;
  };

  const remember = (record: StoredRecord, body: Uint8Array): void => {
    if (cached + body.length > cacheBytes) return;
    cached += body.length;
    cache.set(record, body);
  };

  const commit = async (batch: readonly Append[]): Promise<void> => {
    try {
      const segment = await writable();
      const at = await segment.append(batch.map(({ frame }) => frame));
      let { index, offset } = at;
      for (const { header, body, frame, resolve } of batch) {
        const record: StoredRecord = { header, segment: segment.number, index, offset, length: frame.length };
        remember(record, body);
        index += 1;
        offset += frame.length;
        size += frame.length;
        resolve(record);
      }
    } catch (error) {
      retire();
      for (const { reject } of batch) reject(error);
    }
  };

  const commitAll = async (): Promise<void> => {
    while (waiting.length > 0) await commit(waiting.splice(0));
    committing = undefined;
  };

  return {
    recovered: records,
    append: (header, body) =>
      new Promise((resolve, reject) => {
        const frame = encodeFrame(header, body);
        if (closed) return reject(new Error('the log spool is closed'));
        if (size + frame.length > maxBytes) return reject(new SpoolFullError('the log spool is full'));
        waiting.push({ header, body, frame, resolve, reject });
        committing ??= commitAll();
      }),
    read: async (record) => {
      const kept = cache.get(record);
      if (kept !== undefined) return Buffer.from(kept.buffer, kept.byteOffset, kept.byteLength);
      const frame = await segments.get(record.segment)?.readAt(record.offset, record.length);
      return frame === undefined ? undefined : decodeFrame(frame)?.body;
    },
    markDone: (done) => {
      for (const [number, group] of Map.groupBy(done, (record) => record.segment)) {
        for (const record of group) {
          cached -= cache.get(record)?.length ?? 0;
          cache.delete(record);
        }
        const segment = segments.get(number);
        if (segment === undefined) continue;
        segment.markDone(group.map(({ index }) => index));
        const idle = segment === active && committing === undefined;
        if (idle && segment.settled() && segment.size() > SETTLED_ROTATE_BYTES) active = undefined;
        removeWhenSettled(segment);
      }
    },
    size: () => size,
    close: async () => {
      closed = true;
      await committing;
      retire();
      await Promise.all([...removals, ...[...segments.values()].map((segment) => segment.close())]);
    },
  };
};
