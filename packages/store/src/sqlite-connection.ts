import { closeSync, chmodSync, openSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { StoreError, type StoreErrorKind } from './store-error.ts';

/**
 * One connection to the database file: how it is opened, and its statements, each prepared once. Every SQLite
 * failure leaves here as a StoreError that names the file and what to do.
 */
export interface Connection {
  readonly database: DatabaseSync;
  /** The prepared statement of a SQL text; its rows come as arrays. */
  statement(sql: string): StatementSync;
  /** The StoreError for what SQLite threw; anything else comes back as it is. */
  failure(error: unknown): unknown;
}

export interface ConnectionOptions {
  readonly file: string;
  readonly readOnly: boolean;
  /** False for stores of tests, which need not outlive the machine. For others CommitSync brings commits to the disk. */
  readonly durable: boolean;
}

const busyMilliseconds = 5_000;
/** Pages in the write-ahead log after which a commit copies them home: 16 MiB. */
const checkpointPages = 4_000;

/** Creates the file, readable by its owner alone, before SQLite does: its -wal and -shm take the same mode. */
export const createPrivateFile = (file: string): void => {
  try {
    closeSync(openSync(file, 'wx', 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    // By its path: closing a descriptor of the file would end the locks this process has on it.
    chmodSync(file, 0o600);
  }
};

export const connect = ({ file, readOnly, durable }: ConnectionOptions): Connection => {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { readOnly, timeout: busyMilliseconds });
    if (!readOnly) {
      database.exec('PRAGMA journal_mode = WAL');
      database.exec(`PRAGMA synchronous = ${durable ? 'NORMAL' : 'OFF'}`);
      database.exec('PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON');
      database.exec(`PRAGMA wal_autocheckpoint = ${checkpointPages}; PRAGMA journal_size_limit = 67108864`);
    }
    database.exec('PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY');
    return connection(database, file);
  } catch (error) {
    database?.close();
    throw storeFailure(file, error);
  }
};

const connection = (database: DatabaseSync, file: string): Connection => {
  const statements = new Map<string, StatementSync>();
  return {
    database,
    statement: (sql) => {
      let statement = statements.get(sql);
      if (statement === undefined) {
        statement = database.prepare(sql);
        statement.setReturnArrays(true);
        statements.set(sql, statement);
      }
      return statement;
    },
    failure: (error) => storeFailure(file, error),
  };
};

interface SqliteFailure extends Error {
  readonly code: 'ERR_SQLITE_ERROR';
  readonly errcode: number;
}

const isSqliteFailure = (error: unknown): error is SqliteFailure =>
  error instanceof Error && 'errcode' in error && typeof error.errcode === 'number';

const isSystemFailure = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'syscall' in error && 'code' in error;

const systemFailure = (file: string, error: NodeJS.ErrnoException): StoreError => {
  const full = error.code === 'ENOSPC' || error.code === 'EDQUOT';
  const text = full ? `No space is left for ${file}: free some.` : `${file} cannot be opened: ${error.message}`;
  return new StoreError(full ? 'full' : 'io', text, { cause: error });
};

/** By SQLite's primary result code (sqlite.org/rescode.html). */
const failures: ReadonlyMap<number, readonly [StoreErrorKind, (file: string) => string]> = new Map([
  [5, ['busy', (file: string) => `Another program keeps ${file} locked. End it; nothing of this update was stored.`]],
  [
    10,
    [
      'io',
      (file: string) => `The disk that holds ${file} failed. Nothing of this update was stored; see the system log.`,
    ],
  ],
  [11, ['corrupt', (file: string) => `${file} is damaged. Stop, keep a copy, and restore a backup.`]],
  [
    13,
    [
      'full',
      (file: string) =>
        `No space is left for ${file}. Nothing of this update was stored; free some space, nothing else is needed.`,
    ],
  ],
  [14, ['io', (file: string) => `${file} cannot be opened. Look at its folder's owner and mode.`]],
  [
    8,
    [
      'io',
      (file: string) =>
        `${file} cannot be written. Look at its owner and mode, and whether its disk is mounted read-only.`,
    ],
  ],
  [26, ['corrupt', (file: string) => `${file} is not a database of this store. Move it away, or name another folder.`]],
]);

/** True for SQLite's "database is locked". */
export const isBusy = (error: unknown): boolean => isSqliteFailure(error) && (error.errcode & 0xff) === 5;

/** The StoreError for what SQLite or the file system threw about the file; anything else comes back as it is. */
export const storeFailure = (file: string, error: unknown): unknown => {
  if (isSystemFailure(error)) return systemFailure(file, error);
  if (!isSqliteFailure(error)) return error;
  const [kind, text] = failures.get(error.errcode & 0xff) ?? (['io', () => `The database ${file} failed.`] as const);
  return new StoreError(kind, `${text(file)} (SQLite: ${error.message})`, { cause: error });
};
