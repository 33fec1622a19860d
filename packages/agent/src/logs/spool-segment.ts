import { type FileHandle, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type FramePlace, scanFrames } from './spool-record.ts';

/**
 * One segment file of the spool, and beside it the list of its entries that are done with. `<n>.seg` is only
 * appended to; `<n>.done` is a list of 4-byte entry numbers. Entry n of a segment is its n-th frame. The done list
 * is not synced: it survives a killed agent, and after a power loss the worst it costs is a line sent twice.
 */
export interface Segment {
  readonly number: number;
  readonly size: () => number;
  readonly entries: () => number;
  /** Nothing in it is waited for. */
  readonly settled: () => boolean;
  /** Appends frames and returns the number of the first; durable when it resolves. */
  readonly append: (frames: readonly Buffer[]) => Promise<{ index: number; offset: number }>;
  readonly readAt: (offset: number, length: number) => Promise<Buffer>;
  readonly markDone: (indexes: readonly number[]) => void;
  readonly close: () => Promise<void>;
  /** Closes it and deletes both files. */
  readonly remove: () => Promise<void>;
}

const fileName = (number: number, kind: 'seg' | 'done'): string => `${String(number).padStart(12, '0')}.${kind}`;

/** The number of a segment file, undefined for other names. */
export const segmentNumber = (name: string): number | undefined => {
  const match = /^(\d{12})\.seg$/.exec(name);
  return match?.[1] === undefined ? undefined : Number(match[1]);
};

const writeAll = async (handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> => {
  let written = 0;
  while (written < bytes.length) {
    const result = await handle.write(bytes, written, bytes.length - written, position + written);
    written += result.bytesWritten;
  }
};

const makeSegment = (
  folder: string,
  number: number,
  file: FileHandle,
  done: FileHandle,
  start: { size: number; entries: number; done: Set<number> },
): Segment => {
  let size = start.size;
  let entries = start.entries;
  let doneBytes: Promise<void> = Promise.resolve();
  let closed = false;
  const close = async (): Promise<void> => {
    if (closed) return;
    closed = true;
    await doneBytes;
    await Promise.all([file.close(), done.close()]);
  };
  return {
    number,
    size: () => size,
    entries: () => entries,
    settled: () => start.done.size >= entries,
    append: async (frames) => {
      const bytes = frames.length === 1 && frames[0] !== undefined ? frames[0] : Buffer.concat(frames);
      await writeAll(file, bytes, size);
      await file.datasync();
      const at = { index: entries, offset: size };
      size += bytes.length;
      entries += frames.length;
      return at;
    },
    readAt: async (offset, length) => {
      const buffer = Buffer.allocUnsafe(length);
      const { bytesRead } = await file.read(buffer, 0, length, offset);
      return buffer.subarray(0, bytesRead);
    },
    markDone: (indexes) => {
      const list = Buffer.allocUnsafe(indexes.length * 4);
      for (const [at, index] of indexes.entries()) {
        start.done.add(index);
        list.writeUInt32LE(index, at * 4);
      }
      // A done list that cannot be written costs repeated lines after a restart, never a lost one.
      doneBytes = doneBytes.then(() => (closed ? undefined : done.appendFile(list))).catch(() => undefined);
    },
    close,
    remove: async () => {
      await close();
      await Promise.all([
        rm(join(folder, fileName(number, 'seg')), { force: true }),
        rm(join(folder, fileName(number, 'done')), { force: true }),
      ]);
    },
  };
};

/** A new, empty segment; its name is durable when it resolves. */
export const createSegment = async (folder: string, number: number): Promise<Segment> => {
  const file = await open(join(folder, fileName(number, 'seg')), 'wx+', 0o600);
  const done = await open(join(folder, fileName(number, 'done')), 'a', 0o600);
  const directory = await open(folder, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
  return makeSegment(folder, number, file, done, { size: 0, entries: 0, done: new Set() });
};

const readDone = async (path: string): Promise<Set<number>> => {
  const bytes = await readFile(path).catch(() => Buffer.alloc(0));
  const done = new Set<number>();
  for (let at = 0; at + 4 <= bytes.length; at += 4) done.add(bytes.readUInt32LE(at));
  return done;
};

/** A segment that an earlier run left, the places of its entries that still wait, and how many bytes were torn off. */
export const openSegment = async (
  folder: string,
  number: number,
): Promise<{ segment: Segment; waiting: (FramePlace & { index: number })[]; tornBytes: number }> => {
  const path = join(folder, fileName(number, 'seg'));
  const bytes = await readFile(path);
  const { places, goodBytes } = scanFrames(bytes);
  const doneNumbers = await readDone(join(folder, fileName(number, 'done')));
  const file = await open(path, 'r');
  const done = await open(join(folder, fileName(number, 'done')), 'a', 0o600);
  const segment = makeSegment(folder, number, file, done, {
    size: bytes.length,
    entries: places.length,
    done: new Set([...doneNumbers].filter((index) => index < places.length)),
  });
  const waiting = places.map((place, index) => ({ ...place, index })).filter(({ index }) => !doneNumbers.has(index));
  return { segment, waiting, tornBytes: bytes.length - goodBytes };
};
