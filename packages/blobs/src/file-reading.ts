/** Reads files by blocks that are used again: the next one is read while the one before is on its way. */
import { BlobError } from './blob-error.ts';
import { blockSize, giveBack, takeBlock } from './blocks.ts';
import { closeFile, readAt } from './file-calls.ts';
import type { ByteRange } from './port.ts';

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
  const readInto = (turn: number, position: number): Promise<number> =>
    readAt(fd, (blocks[turn] ??= takeBlock()), Math.min(blockSize, end + 1 - position), position);
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
