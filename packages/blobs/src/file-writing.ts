import { blobFailure } from './blob-error.ts';
import { blockSize, copyInto, giveBack, takeBlock } from './blocks.ts';
import { earlySync } from './early-sync.ts';
import { writeAt } from './file-calls.ts';

/**
 * Streams into files: chunks are copied together into blocks that are used again and again, and a block is written while
 * the next one fills. Memory stays flat however much passes, and a source may reuse a chunk once it is asked for the
 * next one. (Measured: chunks kept until they are written cost more in garbage collection than copying them does.)
 * Chunks that are large as they come are written as they are.
 */

/**
 * Opens the file that is written to, when the first bytes for it are together: a stream that brings none touches no
 * file. Told how many bytes there are, where they are all.
 */
export type OpenTarget = (whole: number | undefined) => Promise<number>;

/**
 * Writes the source at the position and answers the position after it. When the source or the disk fails, the error is
 * thrown, the source's as it is, the disk's as a BlobError; what was written is left for the caller to take back.
 */
export const writeStream = async (
  openTarget: OpenTarget,
  source: Uint8Array | AsyncIterable<Uint8Array>,
  position: number,
  directory: string,
): Promise<number> => {
  const disk = { end: position, writing: Promise.resolve() };
  const syncing = earlySync();
  let fd: number | undefined;
  const write: Write = async (bytes, isAll) => {
    // One write at a time, so that a failed one leaves no hole before a later one.
    await disk.writing;
    const opened = (fd ??= await openTarget(isAll ? bytes.byteLength : undefined));
    const start = disk.end;
    disk.end += bytes.byteLength;
    disk.writing = writeAt(opened, bytes, start).then(() => syncing.written(opened, bytes.byteLength));
    // Looked at by the next write, or at the end.
    disk.writing.catch(() => undefined);
  };
  try {
    if (source instanceof Uint8Array) await write(source, true);
    else await gather(source, write, () => disk.writing.catch(() => undefined));
    await disk.writing;
    await syncing.settled();
    return disk.end;
  } catch (error) {
    await disk.writing.catch(() => undefined);
    await syncing.settled().catch(() => undefined);
    throw blobFailure(directory, error);
  }
};

/** Resolves once the bytes before are written and these are on their way; `isAll` where there are no others. */
type Write = (bytes: Uint8Array, isAll: boolean) => Promise<void>;

/** A chunk of at least this many bytes is worth a write of its own. */
const largeChunk = blockSize / 2;

/** Fills blocks from the source; `settled` resolves when nothing is being written. */
const gather = async (source: AsyncIterable<Uint8Array>, write: Write, settled: () => Promise<void>): Promise<void> => {
  const blocks: Buffer[] = [];
  let turn = 0;
  let filled = 0;
  let isAll = true;
  const writeFilled = async (): Promise<void> => {
    const block = blocks[turn];
    if (block === undefined || filled === 0) return;
    await write(block.subarray(0, filled), isAll);
    turn = 1 - turn;
    filled = 0;
  };
  const fill = async (chunk: Uint8Array): Promise<void> => {
    for (let taken = 0; taken < chunk.byteLength;) {
      if (filled === blockSize) {
        isAll = false;
        await writeFilled();
      }
      const block = (blocks[turn] ??= takeBlock());
      const size = Math.min(chunk.byteLength - taken, blockSize - filled);
      copyInto(block, chunk.subarray(taken, taken + size), filled);
      taken += size;
      filled += size;
    }
  };
  try {
    for await (const chunk of source) {
      if (chunk.byteLength < largeChunk) {
        await fill(chunk);
        continue;
      }
      isAll = false;
      await writeFilled();
      await write(chunk, false);
      await settled();
    }
    await writeFilled();
  } finally {
    await settled();
    for (const block of blocks) giveBack(block);
  }
};
