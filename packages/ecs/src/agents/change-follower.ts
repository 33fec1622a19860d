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
  /** Resolves when everything committed before the call was handed on. */
  caughtUp(): Promise<void>;
  stop(): Promise<void>;
}

/** The distinct keys written in one table, as the key's properties. */
const keysWritten = (changes: readonly Change[], table: { readonly name: string; readonly key: readonly string[] }) => {
  const keys = new Map<string, Record<string, string | number>>();
  for (const change of changes) {
    if (change.table !== table.name || change.kind !== 'put') continue;
    keys.set(
      change.key.join('/'),
      Object.fromEntries(table.key.map((property, index) => [property, change.key[index] ?? ''])),
    );
  }
  return [...keys.values()];
};

const readWritten = (store: Store, changes: readonly Change[]) =>
  store.read(async (transaction) => {
    const taskRows: Row<TaskRecord>[] = [];
    for (const key of keysWritten(changes, tasks)) {
      const row = await transaction.get(tasks, key as unknown as TaskKey);
      if (row !== undefined) taskRows.push(row);
    }
    const instanceRows: Row<ContainerInstanceRecord>[] = [];
    for (const key of keysWritten(changes, containerInstances)) {
      const row = await transaction.get(containerInstances, key as unknown as InstanceRowKey);
      if (row !== undefined) instanceRows.push(row);
    }
    return { taskRows, instanceRows };
  });

type TaskKey = Pick<TaskRecord, 'account' | 'region' | 'clusterName' | 'taskId'>;
type InstanceRowKey = Pick<ContainerInstanceRecord, 'account' | 'region' | 'clusterName' | 'containerInstanceId'>;

/** Milliseconds until the log is read again after a failure. */
const retryAfter = 1_000;

/** Starts following behind what is committed now. */
export const followChanges = async (store: Store, listener: ChangeListener, log: Log): Promise<ChangeFollower> => {
  let cursor = await store.cursor();
  let stopped = false;
  let running: Promise<void> | undefined;
  let again = false;

  const drain = async (): Promise<void> => {
    for (;;) {
      again = false;
      const page = await store.changes(cursor);
      if (stopped) return;
      if (page.lost) listener.lost();
      if (page.changes.length > 0) {
        const { taskRows, instanceRows } = await readWritten(store, page.changes);
        if (stopped) return;
        if (instanceRows.length > 0) listener.instances(instanceRows);
        if (taskRows.length > 0) listener.tasks(taskRows);
      }
      cursor = page.cursor;
      if (page.changes.length === 0 && !again) return;
    }
  };

  const wake = (): Promise<void> => {
    again = true;
    running ??= drain()
      .catch((error: unknown) => {
        log('error', 'following the change log failed', { error: String(error) });
        if (!stopped) setTimeout(() => void wake(), retryAfter).unref();
      })
      .finally(() => {
        running = undefined;
      });
    return running;
  };

  const unwatch = store.watch(() => void wake());
  // What was committed between the cursor and the watch.
  void wake();
  return {
    caughtUp: async () => {
      await running;
      await wake();
    },
    stop: async () => {
      stopped = true;
      unwatch();
      await running;
    },
  };
};
