/**
 * Where events go in and come out: appended as durable batch rows, read by merging batches and sealed blocks.
 * Nothing above this file knows which of the two an event is in.
 */
import type { ReadTransaction, Row, Store } from '@oreno/store';
import type { Blobs } from '@oreno/blobs';
import { compressBlock, decodeBlock, decompressBlock, encodeBlock, type StoredEvent } from '../domain/event-block.ts';
import { batches, blocks, logStreams, type BatchRecord, type BlockRecord, type LogStreamRecord } from '../records.ts';
import { openBlockCache } from './block-cache.ts';
import { scan, type ScanPage, type ScanRequest, type Source } from './scan.ts';

const day = 86_400_000;

/** Which group, and which of its streams: all of them when `streams` is absent. */
export interface EventScope {
  readonly account: string;
  readonly region: string;
  readonly logGroupName: string;
  readonly streams?: readonly string[] | undefined;
}

export interface EventStore {
  /** Makes the events durable as one batch of the stream. They must be in order and at least one. */
  append(stream: LogStreamRecord, events: readonly StoredEvent[]): Promise<'stored' | 'no stream'>;
  /** Reads a page. */
  read(scope: EventScope, request: Omit<ScanRequest, 'sources'>): Promise<ScanPage>;
  /** The events of a batch or block row, in order. */
  load(row: BatchRecord | BlockRecord): Promise<readonly StoredEvent[]>;
}

export interface EventStoreOptions {
  readonly store: Store;
  readonly blobs: Blobs;
  /** Told of every batch that was stored: the sealing loop counts them. */
  readonly stored: (batch: BatchRecord) => void;
}

export const openEventStore = ({ store, blobs, stored }: EventStoreOptions): EventStore => {
  const cache = openBlockCache(64 * 1024 * 1024);

  const load = async (row: BatchRecord | BlockRecord): Promise<readonly StoredEvent[]> => {
    const id = 'batchId' in row ? row.batchId : row.blockId;
    const known = cache.get(id);
    if (known !== undefined) return known;
    const data = 'batchId' in row ? Buffer.from(row.data, 'base64') : await readBlock(blobs, row);
    const events = decodeBlock(await decompressBlock(data));
    cache.set(id, events, row.rawBytes);
    return events;
  };

  return {
    load,
    async append(stream, events) {
      const batch = await makeBatch(stream, events);
      const result = await store.update(async (transaction) => {
        const current = await transaction.get(logStreams, stream);
        if (current === undefined) return 'no stream' as const;
        await transaction.insert(batches, batch);
        await transaction.put(logStreams, withEvents(current.record, batch));
        return 'stored' as const;
      });
      if (result === 'stored') {
        cache.set(batch.batchId, events, batch.rawBytes);
        stored(batch);
      }
      return result;
    },
    async read(scope, request) {
      const rows = await store.read((transaction) => rowsOf(transaction, scope, request.from, request.to));
      const sources = rows.map((row): Source => ({ ...row, load: () => load(row) }));
      return scan({ ...request, sources });
    },
  };
};

const readBlock = async (blobs: Blobs, row: BlockRecord): Promise<Buffer> => {
  const reader = await blobs.get(row.object, { start: row.offset, end: row.offset + row.length - 1 });
  if (reader === undefined) throw new Error(`log chunk ${row.object} is gone from the blob store`);
  const parts: Uint8Array[] = [];
  for await (const part of reader.body) parts.push(part);
  return Buffer.concat(parts);
};

const makeBatch = async (stream: LogStreamRecord, events: readonly StoredEvent[]): Promise<BatchRecord> => {
  const first = events[0];
  const last = events.at(-1);
  if (first === undefined || last === undefined) throw new Error('a batch of log events cannot be empty');
  const block = encodeBlock(events);
  const { account, region, logGroupName, logStreamName } = stream;
  return {
    account,
    region,
    logGroupName,
    logStreamName,
    batchId: first.batchId,
    ingestedAt: first.ingestedAt,
    minTimestamp: first.timestamp,
    maxTimestamp: last.timestamp,
    count: events.length,
    rawBytes: block.length,
    data: (await compressBlock(block, 1)).toString('base64'),
  };
};

const withEvents = (stream: LogStreamRecord, batch: BatchRecord): LogStreamRecord => ({
  ...stream,
  firstEventAt: Math.min(stream.firstEventAt ?? batch.minTimestamp, batch.minTimestamp),
  lastEventAt: Math.max(stream.lastEventAt ?? batch.maxTimestamp, batch.maxTimestamp),
  lastIngestedAt: batch.ingestedAt,
});

// A block spans at most a day, so those that can overlap begin at most a day before the wanted time.
const rowsOf = async (
  transaction: ReadTransaction,
  scope: EventScope,
  from: number,
  to: number,
): Promise<readonly (BatchRecord | BlockRecord)[]> => {
  const { account, region, logGroupName, streams } = scope;
  const times = { from: Math.max(0, from - day), ...(Number.isFinite(to) && { below: to + 1 }) };
  const where = { account, region, logGroupName };
  const found: (readonly Row<BatchRecord | BlockRecord>[])[] = [];
  if (streams === undefined) {
    found.push(await transaction.list(blocks, { where, ...times }), await transaction.list(batches, { where }));
  } else {
    for (const logStreamName of streams) {
      const ofStream = { ...where, logStreamName };
      found.push(await transaction.list(blocks, { index: 'byStream', where: ofStream, ...times }));
      found.push(await transaction.list(batches, { index: 'byStream', where: ofStream }));
    }
  }
  return found.flat().map((row) => row.record);
};
