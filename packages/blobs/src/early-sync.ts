/**
 * Brings the bytes of a long stream to the disk while it still comes, so that little is left for the sync at its end: the
 * kernel would keep a gibibyte in memory and write it all when it is asked to, with everyone waiting.
 */
import { syncData } from './file-calls.ts';

/**
 * Bytes after which a file that is being written is synced: few at first, so that small layers are on their way too
 * while their upload is closed, then twice as many each time, as each sync has its price.
 */
const [firstSync, syncEvery] = [1 << 21, 1 << 25];

export interface EarlySync {
  /** Tells that bytes were written to the file. Throws what an earlier sync of it failed with. */
  written(fd: number, bytes: number): void;
  /** Resolves when no sync is on its way. Throws what one failed with: the kernel tells of each failure only once. */
  settled(): Promise<void>;
}

/** One at a time for all files: each takes a thread from those who write. */
let last: Promise<void> = Promise.resolve();

export const earlySync = (): EarlySync => {
  let unsynced = 0;
  let enough = firstSync;
  let mine: Promise<void> | undefined;
  let failure: { readonly error: unknown } | undefined;
  const refuse = (): void => {
    if (failure !== undefined) throw failure.error;
  };
  return {
    written: (fd, bytes) => {
      refuse();
      unsynced += bytes;
      if (unsynced < enough || mine !== undefined) return;
      unsynced = 0;
      enough = Math.min(2 * enough, syncEvery);
      mine = last
        .then(() => syncData(fd))
        .catch((error: unknown) => {
          failure ??= { error };
        })
        .then(() => {
          mine = undefined;
        });
      last = mine;
    },
    settled: async () => {
      await mine;
      refuse();
    },
  };
};
