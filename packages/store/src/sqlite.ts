import { dirname, join, resolve } from 'node:path';
import { type ChangeLogKeep, openChangeLog } from './change-log.ts';
import { type CommitSync, noSync } from './commit-sync.ts';
import { openLeases } from './leases.ts';
import type { Store } from './port.ts';
import { makePrivateDirectory } from './private-directory.ts';
import { lockForProcess } from './process-lock.ts';
import { connect, type Connection, createPrivateFile, storeFailure } from './sqlite-connection.ts';
import { openLogSync } from './sqlite-log-sync.ts';
import { openReads } from './sqlite-reads.ts';
import { createDeclarations, openTables } from './sqlite-tables.ts';
import { openUpdates } from './sqlite-updates.ts';
import { StoreError } from './store-error.ts';
import { openGuard } from './transaction-guard.ts';
import { openWatchers } from './watchers.ts';

/** Where a store's file is, and how it behaves. Either `file` or `directory` is given. */
export interface SqliteStoreOptions {
  /** The database file; its folder is made when it is missing. */
  readonly file?: string | undefined;
  /** The folder of the database file `records.sqlite`. */
  readonly directory?: string | undefined;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** What the change log keeps; 200,000 entries and one hour, never more than two million, when absent. */
  readonly keep?: ChangeLogKeep | undefined;
  /** Milliseconds a transaction function may take; 5,000 when absent. */
  readonly transactionLimit?: number | undefined;
  /** False for stores of tests: nothing is synced to the disk. */
  readonly durable?: boolean | undefined;
}

const defaultKeep: ChangeLogKeep = { entries: 200_000, milliseconds: 3_600_000, atMost: 2_000_000 };
const trimEvery = 60_000;

/**
 * Opens the embedded store: SQLite in WAL mode, one writing and one reading connection, grouped commits that are synced
 * on the thread pool before anything that they hold is answered. Files are readable by their owner alone. Throws a
 * StoreError: `held` when another process has it open, `corrupt` when the file is no database, `io` when it cannot be
 * opened.
 */
export const openSqliteStore = async (options: SqliteStoreOptions): Promise<Store> => {
  const { now, keep = defaultKeep, transactionLimit = 5_000, durable = true } = options;
  const file = fileOf(options);
  const opened: (() => void)[] = [];
  const undo = (): void => opened.toReversed().forEach((close) => close());
  try {
    makePrivateDirectory(dirname(file));
    createPrivateFile(file);
    const lock = lockForProcess(file);
    opened.push(() => lock.release());
    const open = (readOnly: boolean): Connection => {
      const connection = connect({ file, readOnly, durable });
      opened.push(() => connection.database.close());
      return connection;
    };
    const openSync = (): CommitSync => {
      if (!durable) return noSync;
      const log = openLogSync(file);
      opened.unshift(() => log.close());
      return log.sync;
    };
    return openLocked({ file, now, keep, transactionLimit, open, openSync }, undo);
  } catch (error) {
    undo();
    throw storeFailure(file, error);
  }
};

const fileOf = ({ file, directory }: SqliteStoreOptions): string => {
  if (file !== undefined) return resolve(file);
  if (directory !== undefined) return resolve(join(directory, 'records.sqlite'));
  throw new TypeError('openSqliteStore needs a file or a directory.');
};

interface LockedOptions {
  readonly file: string;
  readonly now: () => number;
  readonly keep: ChangeLogKeep;
  readonly transactionLimit: number;
  readonly open: (readOnly: boolean) => Connection;
  /** Once the write-ahead log is there. */
  readonly openSync: () => CommitSync;
}

/** `undo` closes the connections, the reader first: the last to close copies the write-ahead log home. */
const openLocked = (options: LockedOptions, undo: () => void): Store => {
  const { file, now, keep, transactionLimit, open, openSync } = options;
  const writer = open(false);
  createDeclarations(writer);
  const log = openChangeLog(writer, keep);
  const reader = open(true);
  const sync = openSync();
  const tables = openTables();
  const guard = openGuard(transactionLimit);
  const watchers = openWatchers();
  const leases = openLeases();
  const updates = openUpdates({ writer, tables, log, guard, sync, now, committed: watchers.notify });
  const reads = openReads({
    reader,
    tables,
    log,
    guard,
    sync,
    rebuild: (sql) => updates.internal(() => tables.prepare(writer, sql)),
  });
  const trimmer = setInterval(() => void trim(), trimEvery);
  trimmer.unref();
  const trim = async (): Promise<void> => {
    try {
      while (await updates.internal(() => log.trim(now())));
    } catch (error) {
      // A full disk, say: the next round tries again, and those who write hear of it.
      process.emitWarning(error as Error);
    }
  };

  let closing: Promise<void> | undefined;
  const refuseClosed = (): void => {
    if (closing !== undefined) throw new StoreError('closed', `The store ${file} is closed.`);
  };
  const close = async (): Promise<void> => {
    clearInterval(trimmer);
    leases.close();
    await Promise.all([updates.idle(), reads.idle()]);
    undo();
  };

  return {
    read: async (work) => {
      refuseClosed();
      guard.refuseNested();
      return reads.run(work);
    },
    update: async (work) => {
      refuseClosed();
      guard.refuseNested();
      return updates.run(work);
    },
    changes: async (cursor, limit = 1_000) => {
      refuseClosed();
      const recent = log.recent(cursor, limit);
      if (recent === undefined) return reads.internal((snapshot) => log.stored(snapshot, cursor, limit));
      await sync.pending();
      return recent;
    },
    cursor: async () => {
      const { newest } = log;
      await sync.pending();
      return newest;
    },
    watch: (listener) => watchers.add(listener),
    lease: async (name) => {
      refuseClosed();
      return leases.take(name);
    },
    close: () => (closing ??= close()),
  };
};
