import type { ChangeLog } from './change-log.ts';
import type { CommitSync } from './commit-sync.ts';
import type { SnapshotTransaction } from './port.ts';
import type { Connection } from './sqlite-connection.ts';
import type { Tables } from './sqlite-tables.ts';
import { type ReadScope, readTransaction } from './sqlite-transaction.ts';
import type { TableSql } from './table-sql.ts';
import type { Guard } from './transaction-guard.ts';

/**
 * Reads, on a connection of their own that sees committed state only. Those that wait at the moment share one
 * snapshot, begun after each of them was asked for: so each sees every update that was acknowledged before. None is
 * answered before all that it may have seen is on the disk.
 */
export interface Reads {
  run<T>(work: (transaction: SnapshotTransaction) => Promise<T>): Promise<T>;
  /** Runs synchronously inside the next snapshot. */
  internal<T>(work: (reader: Connection) => T): Promise<T>;
  idle(): Promise<void>;
}

export interface ReadsOptions {
  readonly reader: Connection;
  readonly tables: Tables;
  readonly log: ChangeLog;
  readonly guard: Guard;
  readonly sync: CommitSync;
  /** Rebuilds a table whose declaration changed, outside of any snapshot. */
  readonly rebuild: (sql: TableSql) => Promise<void>;
}

interface Waiting {
  readonly work: () => Promise<void>;
  readonly reject: (error: unknown) => void;
}

type Attempt<T> = { readonly value: T } | { readonly outdated: TableSql };

export const openReads = (options: ReadsOptions): Reads => {
  const { reader, rebuild, sync } = options;
  let queue: Waiting[] = [];
  let running: Promise<void> | undefined;

  const drain = async (): Promise<void> => {
    // Behind the caller's own turn: reads that it asks for beside this one share the snapshot.
    await Promise.resolve();
    while (queue.length > 0) {
      const group = queue;
      queue = [];
      await runSnapshot(reader, group);
    }
    running = undefined;
  };

  const enqueue = <T>(work: () => Promise<T>): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      const fail = (error: unknown): void => reject(reader.failure(error));
      queue.push({ work: () => work().then(resolve, fail), reject: fail });
      running ??= drain();
    });

  return {
    run: async (work) => {
      for (;;) {
        const attempt = await enqueue(() => attemptRead(options, work));
        if ('value' in attempt) {
          await sync.pending();
          return attempt.value;
        }
        await rebuild(attempt.outdated);
      }
    },
    internal: async (work) => {
      const value = await enqueue(async () => work(reader));
      await sync.pending();
      return value;
    },
    idle: async () => {
      while (running !== undefined) await running;
    },
  };
};

const runSnapshot = async (reader: Connection, group: readonly Waiting[]): Promise<void> => {
  try {
    reader.statement('BEGIN').run();
    await Promise.all(group.map(({ work }) => work()));
    reader.statement('COMMIT').run();
  } catch (error) {
    for (const { reject } of group) reject(error);
    if (reader.database.isTransaction) reader.database.exec('ROLLBACK');
  }
};

/** Runs the function once. A read that met a table in an older declaration is run again after its rebuild. */
const attemptRead = async <T>(
  { reader, tables, log, guard }: ReadsOptions,
  work: (transaction: SnapshotTransaction) => Promise<T>,
): Promise<Attempt<T>> => {
  const scope: ReadScope = { connection: reader, tables, log, ended: false, failure: undefined, outdated: undefined };
  try {
    const value = await guard.run(() => work(readTransaction(scope)));
    if (scope.failure !== undefined) throw scope.failure;
    return { value };
  } catch (error) {
    if (scope.outdated !== undefined) return { outdated: scope.outdated };
    throw scope.failure ?? error;
  } finally {
    scope.ended = true;
  }
};
