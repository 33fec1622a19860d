import type { ChangeLog, PendingChange } from './change-log.ts';
import type { CommitSync } from './commit-sync.ts';
import type { WriteTransaction } from './port.ts';
import type { Connection } from './sqlite-connection.ts';
import type { Tables } from './sqlite-tables.ts';
import { type WriteScope, writeTransaction } from './sqlite-transaction.ts';
import { StoreError } from './store-error.ts';
import type { Guard } from './transaction-guard.ts';

/**
 * Group commit. All updates that wait at the moment run one after the other in one SQL transaction, each in a
 * savepoint of its own, and share one commit; a caller is answered once that is on the disk, and the next group runs
 * meanwhile. An update that throws is rolled back to its savepoint and leaves nothing; a commit that fails fails every
 * update in it.
 */
export interface Updates {
  run<T>(work: (transaction: WriteTransaction) => Promise<T>): Promise<T>;
  /** Runs inside the next group as an update of the store itself. */
  internal<T>(work: () => T): Promise<T>;
  /** Resolves when nothing waits or runs. */
  idle(): Promise<void>;
}

export interface UpdatesOptions {
  readonly writer: Connection;
  readonly tables: Tables;
  readonly log: ChangeLog;
  readonly guard: Guard;
  readonly sync: CommitSync;
  readonly now: () => number;
  /** Called when a commit that wrote is on the disk. */
  readonly committed: () => void;
}

interface Waiting {
  readonly work: (scope: WriteScope) => Promise<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

interface Done {
  readonly waiting: Waiting;
  readonly value: unknown;
  readonly wrote: boolean;
}

/** Updates in one commit at most: the process answers nothing else while a group runs. */
const groupSize = 512;

export const openUpdates = (options: UpdatesOptions): Updates => {
  const { writer, guard } = options;
  const queue: Waiting[] = [];
  let running: Promise<void> | undefined;

  const drain = async (): Promise<void> => {
    while (queue.length > 0) {
      // Behind the input that has arrived meanwhile: its updates join this group.
      await new Promise((resolve) => setImmediate(resolve));
      await runGroup(options, queue.splice(0, groupSize), queue);
    }
    running = undefined;
  };

  const enqueue = <T>(work: (scope: WriteScope) => Promise<T>): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      queue.push({ work, resolve: resolve as (value: unknown) => void, reject });
      running ??= drain();
    });

  return {
    run: (work) => enqueue((scope) => guard.run(() => work(writeTransaction(scope)))),
    internal: (work) =>
      enqueue(async (scope) => {
        scope.begin();
        try {
          return work();
        } catch (error) {
          throw writer.failure(error);
        }
      }),
    idle: async () => {
      while (running !== undefined) await running;
      // What fails here fails those who asked for the updates.
      await options.sync.pending()?.catch(() => undefined);
    },
  };
};

const runGroup = async (options: UpdatesOptions, group: readonly Waiting[], queue: Waiting[]): Promise<void> => {
  const { writer, tables, log } = options;
  const done: Done[] = [];
  const changes: PendingChange[] = [];
  const unready = tables.mark();
  const failAll = (failure: unknown): void => {
    giveUp(writer);
    tables.rollBack(unready);
    for (const { waiting } of done) waiting.reject(failure);
  };
  try {
    writer.statement('BEGIN IMMEDIATE').run();
  } catch (error) {
    for (const waiting of group) waiting.reject(writer.failure(error));
    return;
  }
  for (const [index, waiting] of group.entries()) {
    const outcome = await runOne(options, waiting);
    if ('error' in outcome) waiting.reject(outcome.error);
    else {
      done.push({ waiting, value: outcome.value, wrote: outcome.wrote });
      changes.push(...outcome.changes);
    }
    if (!writer.database.isTransaction) {
      // SQLite gave the whole transaction up (a full disk, a failed one): those after it get another.
      failAll('error' in outcome ? outcome.error : new StoreError('io', 'The transaction was given up.'));
      queue.unshift(...group.slice(index + 1));
      return;
    }
  }
  try {
    const published = log.append(changes, options.now());
    writer.statement('COMMIT').run();
    log.publish(published);
  } catch (error) {
    failAll(writer.failure(error));
    return;
  }
  if (done.some(({ wrote }) => wrote)) options.sync.committed();
  answer(options, done, changes.length > 0);
};

/** Answers the updates of a group once all that they saw and wrote is on the disk. */
const answer = ({ sync, committed }: UpdatesOptions, done: readonly Done[], changed: boolean): void => {
  const succeed = (): void => {
    for (const { waiting, value } of done) waiting.resolve(value);
    if (changed) committed();
  };
  const fail = (error: unknown): void => {
    for (const { waiting } of done) waiting.reject(error);
  };
  const pending = sync.pending();
  if (pending === undefined) succeed();
  else pending.then(succeed, fail);
};

type Outcome =
  | { readonly value: unknown; readonly wrote: boolean; readonly changes: readonly PendingChange[] }
  | { readonly error: unknown };

const runOne = async ({ writer, tables }: UpdatesOptions, { work }: Waiting): Promise<Outcome> => {
  const mark = tables.mark();
  let begun = false;
  const scope: WriteScope = {
    connection: writer,
    tables,
    ended: false,
    failure: undefined,
    changes: [],
    begin: () => {
      if (!begun) writer.statement('SAVEPOINT one_update').run();
      begun = true;
    },
  };
  try {
    const value = await work(scope);
    if (scope.failure !== undefined) throw scope.failure;
    if (begun) writer.statement('RELEASE one_update').run();
    return { value, wrote: begun, changes: scope.changes };
  } catch (error) {
    if (begun) undo(writer);
    tables.rollBack(mark);
    return { error: scope.failure ?? error };
  } finally {
    scope.ended = true;
  }
};

const undo = (writer: Connection): void => {
  if (!writer.database.isTransaction) return;
  try {
    writer.database.exec('ROLLBACK TO one_update; RELEASE one_update');
  } catch {
    // Nothing of the group can be kept apart any more.
    giveUp(writer);
  }
};

const giveUp = (writer: Connection): void => {
  if (!writer.database.isTransaction) return;
  try {
    writer.database.exec('ROLLBACK');
  } catch (error) {
    // The next BEGIN tells its callers, should the connection not recover.
    process.emitWarning(error as Error);
  }
};
