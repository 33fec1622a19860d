import { closeSync, fdatasync, fsyncSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { type CommitSync, openCommitSync } from './commit-sync.ts';
import { StoreError } from './store-error.ts';

const syncData = promisify(fdatasync);

/**
 * Syncs the write-ahead log beside SQLite, which is told not to (synchronous=NORMAL: it syncs the log only before it
 * copies it home). A commit is a run of frames in that file, so it is durable when the file is. SQLite's locks are on
 * the database and its index of the log, never on the log, so that closing this descriptor ends none of them.
 */
export const openLogSync = (file: string): { readonly sync: CommitSync; close(): void } => {
  const log = openSync(`${file}-wal`, 'r');
  const directory = openSync(dirname(file), 'r');
  try {
    // What opening the store wrote, and the names of its files.
    fsyncSync(log);
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
  const sync = openCommitSync(() => syncData(log).catch((error: unknown) => Promise.reject(failedDisk(file, error))));
  return { sync, close: () => closeSync(log) };
};

const failedDisk = (file: string, cause: unknown): StoreError =>
  new StoreError(
    'io',
    `The disk that holds ${file} failed, and what was not acknowledged by then may be lost. See the system log, mend the disk, and start again.`,
    { cause },
  );
