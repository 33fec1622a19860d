/**
 * Blocks of memory that are used again and again for bytes on their way to or from the disk. A new buffer for each
 * piece would be freed by the garbage collector only, which then runs after every few dozen mebibytes that pass. They are
 * shared memory: another thread may look at a block while it is on its way.
 */

/** Bytes of a block. */
export const blockSize = 1 << 19;

/** More than these are left to the garbage collector. */
const keptAtMost = 32;

const kept: Buffer[] = [];

/** A block with anything in it. */
export const takeBlock = (): Buffer => kept.pop() ?? Buffer.from(new SharedArrayBuffer(blockSize));

/**
 * Copies bytes to a place in a block. Not by `set`, which copies into shared memory word by word (measured: at a fifth of
 * the speed).
 */
export const copyInto = (block: Buffer, bytes: Uint8Array, at: number): void => {
  block.fill(bytes, at, at + bytes.byteLength);
};

/** Takes back a block that nobody reads or writes any more. */
export const giveBack = (block: Buffer): void => {
  if (kept.length < keptAtMost) kept.push(block);
};
