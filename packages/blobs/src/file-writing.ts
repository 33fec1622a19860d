import type { FileHandle } from 'node:fs/promises';
import { blobFailure } from './blob-error.ts';

/**
 * Streams into files: chunks are gathered, not copied, and written a mebibyte at a time while the next ones
 * arrive. A source must not change a chunk that it gave away.
 */

const gathered = 1 << 20;

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
  const write = async (chunks: readonly Uint8Array[]): Promise<void> => {
    // One write at a time, so that a failed one leaves no hole before a later one.
    await disk.writing;
    const start = disk.end;
    for (const chunk of chunks) disk.end += chunk.byteLength;
    disk.writing = writeAll(handle, chunks, start);
    // Looked at by the next write, or at the end.
    disk.writing.catch(() => undefined);
  };
  try {
    if (source instanceof Uint8Array) await write([source]);
    else await gather(source, write);
    await disk.writing;
    return disk.end;
  } catch (error) {
    await disk.writing.catch(() => undefined);
    await handle.truncate(position);
    throw blobFailure(directory, error);
  }
};

// A chunk costs memory besides its bytes: many tiny ones are copied together, or a client could make one upload hold
// hundreds of bytes for each that it sent.
const tiny = 4096;
const tinyAtOnce = 256;

const gather = async (
  source: AsyncIterable<Uint8Array>,
  write: (chunks: readonly Uint8Array[]) => Promise<void>,
): Promise<void> => {
  let chunks: Uint8Array[] = [];
  let small: Uint8Array[] = [];
  let size = 0;
  const merge = (): void => {
    if (small.length > 0) chunks.push(small.length === 1 ? (small[0] ?? Buffer.alloc(0)) : Buffer.concat(small));
    small = [];
  };
  for await (const chunk of source) {
    if (chunk.byteLength === 0) continue;
    size += chunk.byteLength;
    if (chunk.byteLength < tiny) {
      small.push(chunk);
      if (small.length >= tinyAtOnce) merge();
    } else {
      merge();
      chunks.push(chunk);
    }
    if (size < gathered) continue;
    merge();
    await write(chunks);
    chunks = [];
    size = 0;
  }
  merge();
  if (size > 0) await write(chunks);
};

const writeAll = async (handle: FileHandle, chunks: readonly Uint8Array[], start: number): Promise<void> => {
  let rest = chunks.filter((chunk) => chunk.byteLength > 0);
  let position = start;
  while (rest.length > 0) {
    const { bytesWritten } = await handle.writev(rest, position);
    position += bytesWritten;
    rest = behind(rest, bytesWritten);
  }
};

/** What is left of the chunks when some bytes are taken from their front: a disk may take less than it was given. */
const behind = (chunks: readonly Uint8Array[], bytes: number): Uint8Array[] => {
  let taken = bytes;
  const left: Uint8Array[] = [];
  for (const chunk of chunks) {
    if (taken >= chunk.byteLength) taken -= chunk.byteLength;
    else {
      left.push(taken === 0 ? chunk : chunk.subarray(taken));
      taken = 0;
    }
  }
  return left;
};
