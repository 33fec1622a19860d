/**
 * Reads files by blocks that are used again: the next one is read while the one before is on its way. What the kernel has
 * in memory is read at once: the way to another thread and back costs more than the copy (a tenth of a large pull's time).
 */
import { BlobError } from './blob-error.ts';
import { blockSize, giveBack, takeBlock } from './blocks.ts';
import { closeFile, readAt, readNow } from './file-calls.ts';
import type { ByteRange } from './port.ts';

/** A block that was read in less, in milliseconds, was in memory, and the next one is likely to be. */
const quick = 1;

/** Reads blocks of a file one after the other: on another thread, unless the one before was in memory. */
const blockReader = (fd: number): ((block: Buffer, length: number, position: number) => Promise<number>) => {
  let inMemory = false;
  return async (block, length, position) => {
    const begun = performance.now();
    const bytesRead = inMemory ? readNow(fd, block, length, position) : await readAt(fd, block, length, position);
    inMemory = performance.now() - begun < quick;
    return bytesRead;
  };
};

/**
 * Hands the range to `write`, block by block in order; a block is valid until the promise of `write` resolves. Closes
 * the file. Throws what `write` throws, and `io` when the file is shorter than the range.
 */
export const sendFile = async (
  fd: number,
  { start, end }: ByteRange,
  write: (block: Uint8Array) => Promise<void>,
): Promise<void> => {
  const blocks: Buffer[] = [];
  const read = blockReader(fd);
  const readInto = (turn: number, position: number): Promise<number> =>
    read((blocks[turn] ??= takeBlock()), Math.min(blockSize, end + 1 - position), position);
  let turn = 0;
  let reading: Promise<number> | undefined;
  try {
    reading = start > end ? undefined : readInto(turn, start);
    for (let position = start; position <= end;) {
      const bytesRead = (await reading) ?? 0;
      if (bytesRead === 0) throw new BlobError('io', `A file ended at byte ${position}, before byte ${end}.`);
      position += bytesRead;
      const block = blocks[turn];
      turn = 1 - turn;
      reading = position <= end ? readInto(turn, position) : undefined;
      if (block !== undefined) await write(block.subarray(0, bytesRead));
    }
    // Not after a failure: a block may still be in the hands of who failed.
    for (const block of blocks) giveBack(block);
  } finally {
    await reading?.catch(() => undefined);
    closeFile(fd);
  }
};
