import type { Change } from '@oreno/store';
import type { AnyReconciler } from './any-reconciler.ts';
import { keyedQueue, type Lane } from './keyed-queue.ts';
import type { ReconcilerOptions, Timer } from './port.ts';
import { type Outcome, workOn } from './work.ts';

/**
 * One reconciler at work: its queue, its workers, and for each key its alarm, its failures in a row and what
 * it waits for. Every activation is followed by a read of the key that starts after it.
 */
export interface Loop {
  readonly name: string;
  /** Takes work up, or lays it down: while down, activations are dropped, since `run(true)` sweeps. */
  run(running: boolean): void;
  follow(change: Change): void;
  /** Activates every key there is. */
  sweep(): void;
  reasons(key: string): readonly string[];
  readonly busy: boolean;
  /** Resolves when nothing is swept, queued or worked on. */
  idle(): Promise<void>;
}

export type LoopOptions = ReconcilerOptions & { readonly timer: Timer };

const defaultConcurrency = 8;
const firstRetry = 1_000;
const lastRetry = 60_000;
/** A decision that asks for a time gone by is looked at again after this, not at once and for ever. */
const soonest = 100;

/** A look that took this long, in milliseconds, is dear: the next one at the same key waits until more has happened. */
const dearLook = 5;
const longestRest = 1_000;

/** How long a key rests after a look: twice its time, so that one key never takes more than a third of the machine. */
const restAfter = (took: number): number => (took < dearLook ? 0 : Math.min(took * 2, longestRest));

export const openLoop = (options: LoopOptions, reconciler: AnyReconciler): Loop => {
  const { store, now, log, timer } = options;
  const { name, concurrency = defaultConcurrency } = reconciler;
  const queue = keyedQueue();
  const alarms = new Map<string, () => void>();
  /** Keys that rest after a long look, and how to end that. */
  const resting = new Map<string, () => void>();
  const failures = new Map<string, number>();
  const reasons = new Map<string, readonly string[]>();
  let running = false;
  let sweeping: Promise<void> | undefined;
  let sweepAgain = false;
  let settled: (() => void)[] = [];

  const busy = (): boolean => sweeping !== undefined || queue.waiting > 0 || queue.working > 0;
  const settle = (): void => {
    if (busy()) return;
    for (const resolve of settled) resolve();
    settled = [];
  };

  const activate = (key: string, lane: Lane): void => {
    if (!running) return;
    queue.add(key, lane);
    takeUp();
  };
  const takeUp = (): void => {
    while (queue.working < concurrency) {
      const key = queue.take();
      if (key === undefined) return;
      void work(key);
    }
  };
  const work = async (key: string): Promise<void> => {
    // Each look sets the alarm anew.
    setAlarm(key, undefined);
    const begun = performance.now();
    const outcome = await workOn(reconciler, store, key, now);
    remember(key, outcome);
    const done = (): void => {
      resting.delete(key);
      queue.done(key);
      takeUp();
      settle();
    };
    const rest = restAfter(performance.now() - begun);
    if (rest === 0 || !running) return done();
    // Meanwhile activations of the key are one. The machine's own clock: what a look costs is not a matter of records.
    const timeout = setTimeout(done, rest);
    resting.set(key, () => {
      clearTimeout(timeout);
      done();
    });
  };

  const remember = (key: string, outcome: Outcome): void => {
    const waitingOn = outcome.kind === 'gone' ? [] : outcome.waitingOn;
    if (waitingOn.length > 0) reasons.set(key, waitingOn);
    else reasons.delete(key);
    if (outcome.kind === 'failed') return retryLater(key, outcome.at, outcome.error);
    failures.delete(key);
    if (outcome.kind === 'done' && outcome.wakeAt !== undefined) setAlarm(key, outcome.wakeAt - now());
  };
  const retryLater = (key: string, at: string, error: unknown): void => {
    const failed = (failures.get(key) ?? 0) + 1;
    failures.set(key, failed);
    const wait = Math.min(firstRetry * 2 ** (failed - 1), lastRetry);
    setAlarm(key, wait);
    log('error', `${name}: ${at} failed`, { reconciler: name, key, step: at, error, failures: failed, retryIn: wait });
  };
  const setAlarm = (key: string, wait: number | undefined): void => {
    alarms.get(key)?.();
    alarms.delete(key);
    if (wait === undefined || !running) return;
    const ring = (): void => {
      alarms.delete(key);
      activate(key, 'changed');
    };
    alarms.set(key, timer(Math.max(wait, soonest), ring));
  };

  const sweepNow = async (): Promise<void> => {
    do {
      sweepAgain = false;
      try {
        const keys = await store.read((transaction) => reconciler.keys(transaction));
        for (const key of keys) activate(key, 'swept');
      } catch (error) {
        log('error', `${name}: the sweep failed`, { reconciler: name, error, retryIn: firstRetry });
        timer(firstRetry, sweep);
      }
    } while (sweepAgain && running);
    sweeping = undefined;
    settle();
  };
  const sweep = (): void => {
    if (!running) return;
    sweepAgain = true;
    sweeping ??= sweepNow();
  };

  return {
    name,
    run: (wanted) => {
      running = wanted;
      if (running) return sweep();
      queue.clear();
      for (const wake of resting.values()) wake();
      for (const cancel of alarms.values()) cancel();
      alarms.clear();
      reasons.clear();
    },
    follow: (change) => {
      try {
        for (const key of reconciler.keysOf(change)) activate(key, 'changed');
      } catch (error) {
        log('error', `${name}: keysOf failed`, { reconciler: name, table: change.table, key: change.key, error });
      }
    },
    sweep,
    reasons: (key) => reasons.get(key) ?? [],
    get busy() {
      return busy();
    },
    idle: () => (busy() ? new Promise((resolve) => settled.push(resolve)) : Promise.resolve()),
  };
};
