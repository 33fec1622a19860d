/** What is pulled comes to its place whole or not at all: it is made aside, in the folder that it goes to. */
import { lstat, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { LxdError, NotFoundError, QuotaError } from '../errors.ts';

/**
 * Has `make` put `name` into a folder aside, then moves it to `place`: over a file, and into a folder that is there.
 * Throws a NotFoundError where the folder of `place` is not there; nothing is left behind by what `make` throws.
 */
export const placeWhole = async (
  place: string,
  name: string,
  make: (aside: string) => Promise<void>,
): Promise<void> => {
  // The root of an instance has no name of its own: what is in it goes into the place itself.
  const folder = name === '' ? place : dirname(place);
  const isThere = await stat(folder).catch(() => undefined);
  if (isThere?.isDirectory() !== true) {
    throw new NotFoundError('there is no such folder on this machine', { subject: folder });
  }
  const aside = await mkdtemp(join(folder, '.oreno-pull-')).catch((error: unknown) => failed(folder, error));
  try {
    await make(aside).catch((error: unknown) => {
      if (!isFull(error)) throw error;
      throw new QuotaError(
        'there is no room for it on this machine',
        { subject: folder, cause: error },
        'Make some, or choose another folder.',
      );
    });
    await settle(name === '' ? aside : join(aside, name), place);
  } finally {
    await rm(aside, { recursive: true, force: true }).catch(() => {});
  }
};

/** By Node.js, or by the tar of this machine. */
const isFull = (error: unknown): boolean => {
  const { code, cause } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') return true;
  return cause instanceof Error && /wrote only|no space left|quota exceeded/i.test(cause.message);
};

const isFolder = async (path: string): Promise<boolean> =>
  (await lstat(path).catch(() => undefined))?.isDirectory() === true;

/** Folders that are there already are merged, as scp does. */
const settle = async (from: string, to: string): Promise<void> => {
  if ((await isFolder(from)) && (await isFolder(to))) {
    for (const each of await readdir(from)) await settle(join(from, each), join(to, each));
    return;
  }
  await rename(from, to).catch((error: unknown) => failed(to, error));
};

const failed = (path: string, error: unknown): never => {
  const { code, message } = error as NodeJS.ErrnoException;
  const why =
    code === 'EISDIR' || code === 'ENOTDIR' || code === 'EEXIST'
      ? `a file and a folder cannot both be ${basename(path)}`
      : message;
  throw new LxdError(why, { subject: path, cause: error }, 'Choose another place on this machine.');
};
