/**
 * The bytes of a block of events of one stream, the same in a batch row and in a chunk object:
 *
 *     u32 length of the header, the header as JSON {"batches": [[batchId, ingestedAt], …]}
 *     for each event: f64 timestamp, u32 batch (its place in the header), u32 index, u32 length, the message in UTF-8
 *
 * Numbers are little-endian. Blocks are compressed with zstd, which makes the fixed-size fields nearly free.
 */
import { constants, zstdCompress, zstdDecompress } from 'node:zlib';
import { promisify } from 'node:util';
import type { Position } from './position.ts';

/** An event as it is kept. */
export interface StoredEvent extends Position {
  /** When PutLogEvents took it, milliseconds since the epoch. */
  readonly ingestedAt: number;
  readonly message: string;
}

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

const eventHeader = 20;

/** Writes the events, which must be in order, as one uncompressed block. */
export const encodeBlock = (events: readonly StoredEvent[]): Buffer => {
  const places = new Map<string, number>();
  const header: [string, number][] = [];
  for (const event of events) {
    if (places.has(event.batchId)) continue;
    places.set(event.batchId, header.length);
    header.push([event.batchId, event.ingestedAt]);
  }
  const head = Buffer.from(JSON.stringify({ batches: header }));
  const lengths = events.map((event) => Buffer.byteLength(event.message));
  const size = 4 + head.length + lengths.reduce((sum, length) => sum + length + eventHeader, 0);
  const block = Buffer.allocUnsafe(size);
  let at = block.writeUInt32LE(head.length, 0);
  at += head.copy(block, at);
  events.forEach((event, place) => {
    const length = lengths[place] ?? 0;
    at = block.writeDoubleLE(event.timestamp, at);
    at = block.writeUInt32LE(places.get(event.batchId) ?? 0, at);
    at = block.writeUInt32LE(event.index, at);
    at = block.writeUInt32LE(length, at);
    at += block.write(event.message, at, length, 'utf8');
  });
  return block;
};

/** Reads a block back. Throws on bytes that are no block: they were damaged on the disk. */
export const decodeBlock = (block: Buffer): StoredEvent[] => {
  const headLength = block.readUInt32LE(0);
  const header = JSON.parse(block.toString('utf8', 4, 4 + headLength)) as { batches: [string, number][] };
  const events: StoredEvent[] = [];
  for (let at = 4 + headLength; at < block.length;) {
    const length = block.readUInt32LE(at + 16);
    const batch = header.batches[block.readUInt32LE(at + 8)];
    if (batch === undefined) throw new Error('a block of log events names a batch that its header does not have');
    events.push({
      timestamp: block.readDoubleLE(at),
      batchId: batch[0],
      ingestedAt: batch[1],
      index: block.readUInt32LE(at + 12),
      message: block.toString('utf8', at + eventHeader, at + eventHeader + length),
    });
    at += eventHeader + length;
  }
  return events;
};

/** Compresses with zstd, level 1 for what is fresh, 3 for what is sealed; off the event loop. */
export const compressBlock = async (block: Buffer, level: 1 | 3): Promise<Buffer> =>
  compress(block, { params: { [constants.ZSTD_c_compressionLevel]: level } });

/** The other way round of {@link compressBlock}. */
export const decompressBlock = async (data: Uint8Array): Promise<Buffer> => decompress(data);
