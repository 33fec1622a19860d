/** Trees of files one by one through the API, some at a time: for instances that are stopped, or have no tar. */
import { createReadStream, createWriteStream } from 'node:fs';
import { chmod, lstat, mkdir, readdir, readlink, symlink } from 'node:fs/promises';
import { basename, join, posix } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { NotFoundError } from '../errors.ts';
import type { FileInfo, Files } from '../files.ts';
import type { TreeOptions } from './tree-by-tar.ts';

/** Files on their way at the same time. */
const width = 8;

const permissions = 0o7777;

/** Works through what is there and what the work adds, some at a time; the first failure ends it. */
const inParallel = async <T>(first: readonly T[], work: (item: T) => Promise<readonly T[]>): Promise<void> => {
  const waiting = [...first];
  while (waiting.length > 0) {
    const found = await Promise.all(waiting.splice(0, width).map(work));
    waiting.push(...found.flat());
  }
};

const typeAt = async (files: Files, path: string): Promise<FileInfo['type'] | undefined> => {
  try {
    return (await files.info(path)).type;
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
};

/** Makes a folder and those on the way to it. */
const makeFolders = async (files: Files, path: string): Promise<void> => {
  if (path === '/' || (await typeAt(files, path)) !== undefined) return;
  await makeFolders(files, posix.dirname(path));
  await files.makeDirectory(path, { mode: 0o755 });
};

interface Pair {
  readonly here: string;
  readonly there: string;
}

/** See {@link pushByTar}; also for instances that do not run. */
export const pushByFiles = async (
  files: Files,
  sources: readonly string[],
  target: string,
  { signal, owner = { uid: 0, gid: 0 }, onBytes }: TreeOptions = {},
): Promise<void> => {
  const isInto = sources.length > 1 || target.endsWith('/') || (await typeAt(files, target)) === 'directory';
  await makeFolders(files, isInto ? posix.join(target, '.') : posix.dirname(target));
  let sum = 0;
  const push = async ({ here, there }: Pair): Promise<readonly Pair[]> => {
    signal?.throwIfAborted();
    const found = await lstat(here);
    const attributes = { mode: found.mode & permissions, ...owner };
    if (found.isSymbolicLink()) await files.makeSymlink(there, await readlink(here));
    else if (found.isDirectory()) {
      await files.makeDirectory(there, attributes);
      return (await readdir(here)).map((name) => ({ here: join(here, name), there: posix.join(there, name) }));
    } else if (found.isFile()) {
      await files.write(there, createReadStream(here), { ...attributes, signal, whole: true });
      onBytes?.((sum += found.size));
    }
    return [];
  };
  const first = sources.map((here) => ({ here, there: isInto ? posix.join(target, basename(here)) : target }));
  await inParallel(first, push);
};

/** Servers tell a relative link as an absolute one: what points into the tree is made relative again. */
const linkOf = (target: string, link: string, root: string): string =>
  target.startsWith(`${root}/`) ? posix.relative(posix.dirname(link), target) : target;

/** Pulls one file or folder, by its own name, into a folder here. */
export const pullByFiles = async (
  files: Files,
  source: string,
  into: string,
  { signal, onBytes }: TreeOptions = {},
): Promise<void> => {
  let sum = 0;
  const pull = async ({ here, there }: Pair): Promise<readonly Pair[]> => {
    signal?.throwIfAborted();
    const { type, mode } = await files.info(there);
    if (type === 'symlink') {
      await symlink(linkOf((await files.read(there)).toString(), there, source), here);
      return [];
    }
    if (type === 'directory') {
      await mkdir(here, { recursive: true });
      const names = await files.list(there);
      return names.map((each) => ({ here: join(here, each), there: posix.join(there, each) }));
    }
    const content = await files.open(there);
    content.on('data', (chunk: Buffer) => onBytes?.((sum += chunk.length)));
    await pipeline(content, createWriteStream(here), { ...(signal && { signal }) });
    await chmod(here, mode & permissions);
    return [];
  };
  await inParallel([{ here: join(into, basename(source)), there: source }], pull);
};
