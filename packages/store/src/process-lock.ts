import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { createPrivateFile, isBusy, storeFailure } from './sqlite-connection.ts';
import { StoreError } from './store-error.ts';

/**
 * One process per store. The lock is the operating system's, on an empty database file beside the store, so
 * the end of its holder ends it, however that came; the text file beside it only names the holder.
 */
export interface ProcessLock {
  release(): void;
}

/** Takes the lock of a store's file; a StoreError that names the holder's process id when it is taken. */
export const lockForProcess = (file: string): ProcessLock => {
  const lockFile = `${file}.lock`;
  const holderFile = `${file}.pid`;
  createPrivateFile(lockFile);
  const lock = new DatabaseSync(lockFile, { timeout: 0 });
  try {
    // Nothing is ever written to it, so nothing has to be undone from a file after a crash.
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    if (!isBusy(error)) throw storeFailure(lockFile, error);
    throw new StoreError('held', `${file} is in use by ${holder(holderFile)}. End it, or name another folder.`, {
      cause: error,
    });
  }
  writeFileSync(holderFile, `${process.pid}\n`, { mode: 0o600 });
  return {
    release: () => {
      rmSync(holderFile, { force: true });
      lock.close();
    },
  };
};

const holder = (holderFile: string): string => {
  try {
    return `process ${readFileSync(holderFile, 'utf8').trim()}`;
  } catch {
    return 'another process';
  }
};
