/**
 * File system calls on descriptors. What waits for the disk goes to the thread pool; what only touches the kernel's
 * tables (closing, asking for the size, renaming, making an upload's file) is done at once, since a hop to another thread
 * costs many times as much, and then waits behind everything that came in from the network meanwhile.
 */
import { closeSync, fdatasync, fsync, open, read, readSync, write } from 'node:fs';
import { promisify } from 'node:util';

/** Opens a file; `mode` counts for one that is made. */
export const openFile: (file: string, flags: string, mode?: number) => Promise<number> = promisify(open);

export const syncData: (fd: number) => Promise<void> = promisify(fdatasync);

export const syncAll: (fd: number) => Promise<void> = promisify(fsync);

export const closeFile = closeSync;

/** Reads into the block from the position; answers how many bytes, 0 at the end of the file. */
export const readAt = async (fd: number, block: Uint8Array, length: number, position: number): Promise<number> =>
  (await promisify(read)(fd, block, 0, length, position)).bytesRead;

/** The same at once, for what is in memory. */
export const readNow = (fd: number, block: Uint8Array, length: number, position: number): number =>
  readSync(fd, block, 0, length, position);

/** Writes all bytes at the position. A disk may take less than it was given at a time. */
export const writeAt = async (fd: number, bytes: Uint8Array, position: number): Promise<void> => {
  for (let done = 0; done < bytes.byteLength;) {
    done += (await writePart(fd, bytes, done, bytes.byteLength - done, position + done)).bytesWritten;
  }
};

const writePart = promisify(write);
