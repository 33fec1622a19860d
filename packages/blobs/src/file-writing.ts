import type { FileHandle } from 'node:fs/promises';
import { blobFailure } from './blob-error.ts';
import { blockSize, giveBack, takeBlock } from './blocks.ts';

/**
 * Streams into files: chunks are copied together into blocks that are used again and again, and a block is written while
 * the next one fills. Memory stays flat however much passes, and a source may reuse a chunk once it is asked for the
 * next one. (Measured: chunks kept until they are written cost more in garbage collection than copying them does.)
 */

/**
 * Writes the source at the position and answers the position after it. When the source or the disk fails, the
 * bytes are cut off again and the error is thrown: the source's as it is, the disk's as a BlobError.
 */
export const writeStream = async (
  handle: FileHandle,
  source: Uint8Array | AsyncIterable<Uint8Array>,
  position: number,
  directory: string,
): Promise<number> => {
  const disk = { end: position, writing: Promise.resolve() };
  const write = async (bytes: Uint8Array): Promise<void> => {
    // One write at a time, so that a failed one leaves no hole before a later one.
    await disk.writing;
    const start = disk.end;
    disk.end += bytes.byteLength;
    disk.writing = writeAll(handle, bytes, start);
    // Looked at by the next write, or at the end.
    disk.writing.catch(() => undefined);
  };
  try {
    if (source instanceof Uint8Array) await write(source);
    else await gather(source, write, () => disk.writing.catch(() => undefined));
    await disk.writing;
    return disk.end;
  } catch (error) {
    await disk.writing.catch(() => undefined);
    await handle.truncate(position);
    throw blobFailure(directory, error);
  }
};

/** Fills blocks from the source. `write` returns once the block before is written; `settled`, once all are. */
const gather = async (
  source: AsyncIterable<Uint8Array>,
  write: (bytes: Uint8Array) => Promise<void>,
  settled: () => Promise<void>,
): Promise<void> => {
  const blocks = [takeBlock(), takeBlock()] as const;
  let turn: 0 | 1 = 0;
  let filled = 0;
  try {
    for await (const chunk of source) {
      for (let taken = 0; taken < chunk.byteLength;) {
        const size = Math.min(chunk.byteLength - taken, blockSize - filled);
        blocks[turn].set(chunk.subarray(taken, taken + size), filled);
        taken += size;
        filled += size;
        if (filled < blockSize) continue;
        await write(blocks[turn]);
        turn = turn === 0 ? 1 : 0;
        filled = 0;
      }
    }
    if (filled > 0) await write(blocks[turn].subarray(0, filled));
  } finally {
    await settled();
    for (const block of blocks) giveBack(block);
  }
};

const writeAll = async (handle: FileHandle, bytes: Uint8Array, start: number): Promise<void> => {
  // A disk may take less than it was given.
  for (let done = 0; done < bytes.byteLength;) {
    done += (await handle.write(bytes, done, bytes.byteLength - done, start + done)).bytesWritten;
  }
};
