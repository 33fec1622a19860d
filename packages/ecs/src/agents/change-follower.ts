/**
 * Follows the change log once for all agent sessions of this server and hands on the rows that changed: the
 * tasks and the container instances. It is the shortest way from a committed RunTask to a socket.
 *
 * Invariants: rows arrive in the order of their commits or newer, never older than one handed on before; when
 * entries were trimmed before they were read, `lost` is called instead, and everything is to be read again.
 */
import type { Log } from '@oreno/reconcile';
import type { Change, Row, Store } from '@oreno/store';
import { containerInstances, tasks } from '../records.ts';
import type { ContainerInstanceRecord, TaskRecord } from '../records.ts';

export interface ChangeListener {
  tasks(rows: readonly Row<TaskRecord>[]): void;
  instances(rows: readonly Row<ContainerInstanceRecord>[]): void;
  lost(): void;
}

export interface ChangeFollower {
  stop(): Promise<void>;
}

/** The keys written in one table, each once, as texts in the table's order. */
const keysWritten = (changes: readonly Change[], table: { readonly name: string }): readonly (readonly string[])[] => {
  const written = changes.filter((change) => change.table === table.name && change.kind === 'put');
  return [...new Map(written.map(({ key }) => [key.join('/'), key.map(String)])).values()];
};

const readWritten = (store: Store, changes: readonly Change[]) =>
  store.read(async (transaction) => {
    const taskRows: Row<TaskRecord>[] = [];
    for (const [account = '', region = '', clusterName = '', taskId = ''] of keysWritten(changes, tasks)) {
      const row = await transaction.get(tasks, { account, region, clusterName, taskId });
      if (row !== undefined) taskRows.push(row);
    }
    const instanceRows: Row<ContainerInstanceRecord>[] = [];
    for (const [account = '', region = '', clusterName = '', id = ''] of keysWritten(changes, containerInstances)) {
      const key = { account, region, clusterName, containerInstanceId: id };
      const row = await transaction.get(containerInstances, key);
      if (row !== undefined) instanceRows.push(row);
    }
    return { taskRows, instanceRows };
  });

/** Milliseconds until the log is read again after a failure. */
const retryAfter = 1_000;

/** Starts following behind what is committed now. */
export const followChanges = async (store: Store, listener: ChangeListener, log: Log): Promise<ChangeFollower> => {
  let cursor = await store.cursor();
  let stopped = false;
  let running: Promise<void> | undefined;
  let dirty = false;

  const page = async (): Promise<void> => {
    const { changes, cursor: next, lost } = await store.changes(cursor);
    if (stopped) return;
    if (lost) listener.lost();
    if (changes.length > 0) {
      // Also when the page was full there may be more behind it.
      dirty = true;
      const { taskRows, instanceRows } = await readWritten(store, changes);
      if (stopped) return;
      if (instanceRows.length > 0) listener.instances(instanceRows);
      if (taskRows.length > 0) listener.tasks(taskRows);
    }
    cursor = next;
  };

  const run = async (): Promise<void> => {
    try {
      while (dirty && !stopped) {
        dirty = false;
        await page();
      }
    } catch (error) {
      log('error', 'following the change log failed', { error: String(error) });
      if (!stopped) setTimeout(look, retryAfter).unref();
    }
    // In the same turn as the last look at `dirty`: a commit in between would be seen by nobody.
    running = undefined;
  };

  const look = (): void => {
    dirty = true;
    if (!stopped) running ??= run();
  };

  const unwatch = store.watch(look);
  // What was committed between the cursor and the watch.
  look();
  return {
    stop: async () => {
      stopped = true;
      unwatch();
      await running;
    },
  };
};
