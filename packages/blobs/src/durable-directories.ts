import { openSync, renameSync } from 'node:fs';
import { mkdir, rmdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hasCode } from './blob-error.ts';
import { closeFile, syncAll } from './file-calls.ts';

/**
 * Folders whose names survive power loss. A folder counts as durable once its parent was synced by this
 * process: another's mkdir may not be on the disk yet. Empty folders are removed with their last file.
 */
export interface DurableDirectories {
  /** Makes the folder and its parents up to the root. */
  make(directory: string): Promise<void>;
  /** Forgets a folder that turned out to be missing, with its parents. */
  forget(directory: string): void;
  /** Makes the names in the folder durable. */
  sync(directory: string): Promise<void>;
  /** Removes the folder when it is empty, then its parents, up to the root. */
  prune(directory: string): Promise<void>;
}

const remembered = 10_000;

/** Makes the names in a folder durable. */
const syncDirectory = async (directory: string): Promise<void> => {
  const fd = openSync(directory, 'r');
  try {
    await syncAll(fd);
  } finally {
    closeFile(fd);
  }
};

/**
 * Syncs folders one at a time, and each once for all who ask while it waits: side by side they only wait for
 * each other's journal commits (measured on ext4: 16 small puts at once were slower than one by one).
 */
const openSyncs = (): ((directory: string) => Promise<void>) => {
  const waiting = new Map<string, Promise<void>>();
  let last: Promise<unknown> = Promise.resolve();
  return (directory) => {
    const known = waiting.get(directory);
    if (known !== undefined) return known;
    const mine = last.then(() => {
      waiting.delete(directory);
      return syncDirectory(directory);
    });
    waiting.set(directory, mine);
    last = mine.catch(() => undefined);
    return mine;
  };
};

/** `root` is there already. */
export const durableDirectories = (root: string): DurableDirectories => {
  const durable = new Set<string>();
  const sync = openSyncs();

  const make = async (directory: string): Promise<void> => {
    if (directory === root || durable.has(directory)) return;
    await make(dirname(directory));
    try {
      await mkdir(directory, { mode: 0o700 });
    } catch (error) {
      if (!hasCode(error, 'EEXIST')) throw error;
    }
    await sync(dirname(directory));
    if (durable.size >= remembered) durable.clear();
    durable.add(directory);
  };

  const forget = (directory: string): void => {
    for (let each = directory; each !== root; each = dirname(each)) durable.delete(each);
  };

  const prune = async (directory: string): Promise<void> => {
    for (let each = directory; each !== root; each = dirname(each)) {
      durable.delete(each);
      try {
        await rmdir(each);
      } catch (error) {
        if (hasCode(error, 'ENOTEMPTY', 'EEXIST', 'ENOENT')) return;
        throw error;
      }
    }
  };

  return { make, forget, prune, sync };
};

/** Makes a folder anywhere, owner-only, with its parents, durably. */
export const makeRoot = async (directory: string): Promise<void> => {
  const first = await mkdir(directory, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let made = directory; made.length >= first.length; made = dirname(made)) await syncDirectory(dirname(made));
};

/** Moves a synced file to its name so that the name is durable when the promise resolves. */
export const nameDurably = async (directories: DurableDirectories, from: string, to: string): Promise<void> => {
  const directory = dirname(to);
  for (let attempts = 0; ; attempts++) {
    try {
      await directories.make(directory);
      renameSync(from, to);
      break;
    } catch (error) {
      // A deletion beside us pruned the folder in between.
      if (attempts >= 10 || !hasCode(error, 'ENOENT')) throw error;
      directories.forget(directory);
    }
  }
  try {
    await directories.sync(directory);
  } catch (error) {
    // Deleted again beside us, and the folder with it: there is no name to keep.
    if (!hasCode(error, 'ENOENT')) throw error;
  }
};
