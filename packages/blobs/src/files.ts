import { randomUUID } from 'node:crypto';
import { createReadStream, fstatSync } from 'node:fs';
import { chmod, opendir, readdir, rm, stat, unlink } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { BlobError, blobFailure, hasCode } from './blob-error.ts';
import { fileOfName, folderOfPrefix, nameOfFile } from './blob-paths.ts';
import { durableDirectories, makeRoot, nameDurably } from './durable-directories.ts';
import { closeFile, openFile, syncData } from './file-calls.ts';
import { openUploads } from './file-uploads.ts';
import { sendFile } from './file-reading.ts';
import { writeStream } from './file-writing.ts';
import type { BlobReader, Blobs, BlobStat, ByteRange } from './port.ts';

/**
 * Blobs as files, owner-only:
 *
 *     <directory>/named/…       every blob under its name (blob-paths.ts)
 *     <directory>/uploads/…     uploads in the making (file-uploads.ts)
 *     <directory>/unnamed/…     puts in the making; what a crash left of them is removed at open
 *
 * All in one file system. Bytes are synced, then the file is renamed, then the folder is synced: a name is
 * there whole or not at all. One process has the folder open at a time.
 */
export interface FileBlobsOptions {
  readonly directory: string;
}

/** Opens the folder, making it where it is missing. Throws a BlobError of kind `io` or `no-space`. */
export const openFileBlobs = async (options: FileBlobsOptions): Promise<Blobs> => {
  const directory = resolve(options.directory);
  const named = join(directory, 'named');
  const unnamed = join(directory, 'unnamed');
  const uploadsDirectory = join(directory, 'uploads');
  try {
    for (const each of [directory, named, unnamed, uploadsDirectory]) await makeRoot(each);
    await chmod(directory, 0o700);
    await Promise.all((await readdir(unnamed)).map((file) => rm(join(unnamed, file), { force: true })));
  } catch (error) {
    throw blobFailure(directory, error);
  }
  const directories = durableDirectories(named);

  const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw blobFailure(directory, error);
    }
  };
  const pathOf = (name: string): string => join(named, fileOfName(name));
  const give = async (fd: number, file: string, name: string): Promise<BlobStat> => {
    const stats = statOf(name, fstatSync(fd));
    await nameDurably(directories, file, pathOf(name));
    return stats;
  };
  const uploads = await guarded(() => openUploads({ directory: uploadsDirectory, give }));

  return {
    put: async (name, source) => {
      fileOfName(name);
      const file = join(unnamed, randomUUID());
      const fd = await guarded(() => openFile(file, 'wx', 0o600));
      try {
        await writeStream(async () => fd, source, 0, directory);
        await syncData(fd);
        return await give(fd, file, name);
      } catch (error) {
        await rm(file, { force: true });
        throw blobFailure(directory, error);
      } finally {
        closeFile(fd);
      }
    },
    get: async (name, range) => {
      const path = pathOf(name);
      return guarded(() => absentWhenMissing(() => readFile(name, path, range)));
    },
    stat: async (name) => {
      const path = pathOf(name);
      return guarded(() => absentWhenMissing(async () => statOf(name, await stat(path))));
    },
    delete: async (name) => {
      const path = pathOf(name);
      return guarded(async () => {
        const found = await absentWhenMissing(async () => (await unlink(path), true));
        if (found !== undefined) await directories.prune(dirname(path));
        return found !== undefined;
      });
    },
    list: (prefix) => listFiles(named, prefix),
    createUpload: async (label) => uploads.create(label),
    openUpload: async (id) => uploads.open(id),
    listUploads: async (prefix) => uploads.labelled(prefix),
    expireUploads: (before) => guarded(() => uploads.expire(before)),
    close: async () => uploads.close(),
  };
};

const statOf = (name: string, { size, mtimeMs }: { readonly size: number; readonly mtimeMs: number }): BlobStat => ({
  name,
  size,
  modifiedAt: Math.trunc(mtimeMs),
});

/** Bytes that a stream of a blob reads at a time. */
const readChunk = 1 << 18;

const absentWhenMissing = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
  try {
    return await work();
  } catch (error) {
    // ENOTDIR cannot come from a name, only from foreign files in the folder: nothing of ours is there.
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
};

/** The open file outlives a deletion or replacement of its name. */
const readFile = async (name: string, path: string, range: ByteRange | undefined): Promise<BlobReader> => {
  const fd = await openFile(path, 'r');
  try {
    const stats = statOf(name, fstatSync(fd));
    return readerOf(fd, stats, clamp(name, stats.size, range));
  } catch (error) {
    closeFile(fd);
    throw error;
  }
};

const readerOf = (fd: number, stats: BlobStat, { start, end }: ByteRange): BlobReader => {
  if (stats.size === 0) {
    closeFile(fd);
    return { ...stats, body: Readable.from([]), send: async () => undefined };
  }
  return {
    ...stats,
    get body() {
      return createReadStream('', { fd, start, end, highWaterMark: readChunk });
    },
    send: (write) => sendFile(fd, { start, end }, write),
  };
};

const clamp = (name: string, size: number, range: ByteRange | undefined): ByteRange => {
  if (range === undefined) return { start: 0, end: size - 1 };
  const { start, end } = range;
  if (Number.isSafeInteger(start) && Number.isSafeInteger(end) && start >= 0 && start <= end && start < size) {
    return { start, end: Math.min(end, size - 1) };
  }
  throw new BlobError('invalid-range', `Bytes ${start} to ${end} are not in ${name}, which has ${size}.`);
};

async function* listFiles(named: string, prefix: string): AsyncGenerator<BlobStat> {
  const folders = [join(named, folderOfPrefix(prefix))];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const path = folder;
    const entries = await absentWhenMissing(() => opendir(path));
    if (entries === undefined) continue;
    for await (const entry of entries) {
      const file = relative(named, join(path, entry.name));
      if (entry.isDirectory()) folders.push(join(path, entry.name));
      const name = entry.isFile() ? nameOfFile(file) : undefined;
      if (name === undefined || !name.startsWith(prefix)) continue;
      const found = await absentWhenMissing(async () => statOf(name, await stat(join(named, file))));
      if (found !== undefined) yield found;
    }
  }
}
