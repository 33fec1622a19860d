/** Reads files by blocks that are used again: the next one is read while the one before is on its way. */
import type { FileHandle } from 'node:fs/promises';
import { BlobError } from './blob-error.ts';
import { blockSize, giveBack, takeBlock } from './blocks.ts';
import type { ByteRange } from './port.ts';

/**
 * Hands the range to `write`, block by block in order; a block is valid until the promise of `write` resolves. Closes
 * the file. Throws what `write` throws, and `io` when the file is shorter than the range.
 */
export const sendFile = async (
  handle: FileHandle,
  { start, end }: ByteRange,
  write: (block: Uint8Array) => Promise<void>,
): Promise<void> => {
  const blocks = [takeBlock(), takeBlock()] as const;
  const readAt = (turn: 0 | 1, position: number) =>
    handle.read(blocks[turn], 0, Math.min(blockSize, end + 1 - position), position);
  let turn: 0 | 1 = 0;
  let reading: ReturnType<typeof readAt> | undefined;
  try {
    reading = start > end ? undefined : readAt(turn, start);
    for (let position = start; position <= end;) {
      const { bytesRead = 0 } = (await reading) ?? {};
      if (bytesRead === 0) throw new BlobError('io', `A file ended at byte ${position}, before byte ${end}.`);
      position += bytesRead;
      const next: 0 | 1 = turn === 0 ? 1 : 0;
      reading = position <= end ? readAt(next, position) : undefined;
      await write(blocks[turn].subarray(0, bytesRead));
      turn = next;
    }
    // Not after a failure: a block may still be in the hands of who failed.
    for (const block of blocks) giveBack(block);
  } finally {
    await reading?.catch(() => undefined);
    await handle.close();
  }
};
