/**
 * Keeps placement's view in step with the store: reads everything once, and from there the rows that the change
 * log names. Pages are worked through one after the other, so a row never overtakes a newer one.
 */
import type { Log } from '@oreno/reconcile';
import type { Change, ReadTransaction, Row, Store, Table } from '@oreno/store';
import {
  applyInstance,
  applyTask,
  carryReservations,
  clusterView,
  confirmReservation,
  createView,
  removeInstance,
  removeTask,
  type PlacementView,
} from '../domain/placement/view.ts';
import { containerInstances, tasks } from '../records.ts';

export interface PlacementFollower {
  /** The view as it is now. */
  current(): PlacementView;
  /** Resolves when the view holds everything that was committed before the call; rejects when it cannot be read. */
  caughtUp(): Promise<void>;
  stop(): Promise<void>;
}

const rowsAtOnce = 5_000;

/** Every row of a table, a page at a time, so that no page keeps the process from its sockets for long. */
const eachRow = async <R extends object, K extends keyof R & string>(
  transaction: ReadTransaction,
  table: Table<R, K>,
  use: (row: Row<R>) => void,
): Promise<void> => {
  for (let after: R | undefined; ;) {
    const rows = await transaction.list(table, { after, limit: rowsAtOnce });
    rows.forEach(use);
    after = rows.at(-1)?.record;
    if (rows.length < rowsAtOnce) return;
  }
};

const readView = (store: Store): Promise<PlacementView> =>
  store.read(async (transaction) => {
    const view = createView();
    await eachRow(transaction, containerInstances, ({ record }) => applyInstance(view, record));
    await eachRow(transaction, tasks, ({ record, version }) => applyTask(view, record, version));
    return view;
  });

const keyOf = (
  change: Change,
): { readonly account: string; readonly region: string; readonly clusterName: string; readonly id: string } => {
  const [account, region, clusterName, id] = change.key.map(String);
  return { account: account ?? '', region: region ?? '', clusterName: clusterName ?? '', id: id ?? '' };
};

/** The rows behind a page, each once and as it is now. */
const applyChanges = async (store: Store, view: PlacementView, changes: readonly Change[]): Promise<void> => {
  const wanted = new Map<string, Change>();
  for (const change of changes) {
    const isInstance = change.table === containerInstances.name;
    if (!isInstance && (change.table !== tasks.name || knows(view, change))) continue;
    wanted.set(JSON.stringify([isInstance, change.key]), change);
  }
  if (wanted.size === 0) return;
  await store.read(async (transaction) => {
    const ordered = [...wanted.values()];
    for (const change of ordered.filter(({ table }) => table === containerInstances.name)) {
      const { id, ...scope } = keyOf(change);
      const row = await transaction.get(containerInstances, { ...scope, containerInstanceId: id });
      if (row === undefined) removeInstance(view, scope, id);
      else applyInstance(view, row.record);
    }
    for (const change of ordered.filter(({ table }) => table === tasks.name)) {
      const { id, ...scope } = keyOf(change);
      const row = await transaction.get(tasks, { ...scope, taskId: id });
      if (row === undefined) removeTask(view, scope, id);
      else applyTask(view, row.record, row.version);
    }
  });
};

/** Whether the row says nothing that the view does not hold: a task's first version is what was reserved for it. */
const knows = (view: PlacementView, change: Change): boolean => {
  if (change.kind !== 'put') return false;
  const { id, ...scope } = keyOf(change);
  const cluster = clusterView(view, scope);
  if (change.version === 1) confirmReservation(cluster, id);
  const known = cluster.tasks.get(id);
  return known !== undefined && known.version >= change.version;
};

/** A caller that waits until the view holds everything up to a sequence of the change log. */
interface Waiting {
  readonly target: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Reads the view and begins to follow. */
export const followForPlacement = async (store: Store, log: Log): Promise<PlacementFollower> => {
  let cursor = await store.cursor();
  let view = await readView(store);
  let stopped = false;
  let running: Promise<void> | undefined;
  let waiting: readonly Waiting[] = [];

  const reached = (sequence: number): void => {
    cursor = sequence;
    for (const { target, resolve } of waiting) if (target <= cursor) resolve();
    waiting = waiting.filter(({ target }) => target > cursor);
  };

  const rebuild = async (): Promise<void> => {
    const newest = await store.cursor();
    const next = await readView(store);
    carryReservations(view, next);
    view = next;
    reached(newest);
  };

  const drain = async (): Promise<void> => {
    for (;;) {
      const page = await store.changes(cursor);
      if (stopped || (page.changes.length === 0 && !page.lost)) return;
      if (page.lost) await rebuild();
      else await applyChanges(store, view, page.changes).then(() => reached(page.cursor));
    }
  };

  const run = (): void => {
    running ??= drain()
      .catch((error: unknown) => {
        if (!stopped) log('error', 'Placement could not read what changed', { error: String(error) });
        for (const { reject } of waiting) reject(error);
        waiting = [];
      })
      .finally(() => {
        running = undefined;
        // Whoever came after the last page was found empty.
        if (waiting.length > 0 && !stopped) run();
      });
  };

  const unwatch = store.watch(run);
  return {
    current: () => view,
    // No longer than to the newest change of this moment: under load there is always a next one.
    caughtUp: async () => {
      const target = await store.cursor();
      if (target <= cursor) return;
      await new Promise<void>((resolve, reject) => {
        waiting = [...waiting, { target, resolve, reject }];
        run();
      });
    },
    stop: async () => {
      stopped = true;
      unwatch();
      await running;
      for (const { reject } of waiting) reject(new Error('Placement was stopped.'));
    },
  };
};
