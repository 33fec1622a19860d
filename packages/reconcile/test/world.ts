import { setImmediate } from 'node:timers/promises';
import { defineTable, openTemporaryStore, type Store } from '@oreno/store';
import type { Log, ReconcilerOptions, Timer } from '@oreno/reconcile';

/** A thing that is to become what is wanted. */
export interface Thing {
  readonly name: string;
  readonly wanted: number;
  readonly actual: number;
}

export const things = defineTable<Thing>()('things', ['name']);

/** A clock that moves only when told, and rings what falls due on its way. */
export interface FakeClock {
  readonly now: () => number;
  readonly timer: Timer;
  readonly pending: () => number;
  /** Waits after each ring until what it woke has `settled`. */
  advance(milliseconds: number, settled?: () => Promise<void>): Promise<void>;
}

export const fakeClock = (): FakeClock => {
  let time = 1_000_000;
  const waits = new Set<{ readonly at: number; readonly wake: () => void }>();
  const due = (until: number) =>
    [...waits].filter((wait) => wait.at <= until).toSorted((one, other) => one.at - other.at)[0];
  return {
    now: () => time,
    timer: (milliseconds, wake) => {
      const wait = { at: time + milliseconds, wake };
      waits.add(wait);
      return () => void waits.delete(wait);
    },
    pending: () => waits.size,
    advance: async (milliseconds, settled) => {
      const until = time + milliseconds;
      for (let wait = due(until); wait !== undefined; wait = due(until)) {
        time = wait.at;
        waits.delete(wait);
        wait.wake();
        for (let turns = 0; turns < 20; turns++) await setImmediate();
        await settled?.();
      }
      time = until;
    },
  };
};

export interface World {
  readonly store: Store;
  readonly clock: FakeClock;
  readonly lines: {
    readonly level: string;
    readonly message: string;
    readonly fields: Readonly<Record<string, unknown>>;
  }[];
  readonly options: ReconcilerOptions;
  want(name: string, wanted: number): Promise<void>;
  actual(name: string): Promise<number | undefined>;
}

export const openWorld = async (): Promise<World> => {
  const clock = fakeClock();
  const store = await openTemporaryStore({ now: clock.now });
  const lines: World['lines'][number][] = [];
  const log: Log = (level, message, fields = {}) => void lines.push({ level, message, fields });
  return {
    store,
    clock,
    lines,
    options: { store, now: clock.now, log, timer: clock.timer },
    want: (name, wanted) =>
      store.update(async (transaction) => {
        const row = await transaction.get(things, { name });
        await transaction.put(things, { name, wanted, actual: row?.record.actual ?? 0 });
      }),
    actual: (name) => store.read(async (transaction) => (await transaction.get(things, { name }))?.record.actual),
  };
};
