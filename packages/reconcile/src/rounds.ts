import type { Lease, Store } from '@oreno/store';
import type { Log } from './port.ts';

/**
 * Housekeeping that knows no keys: a round of work over everything, at an interval and when it is woken. One round at
 * a time; a round that fails is told and done again by the next. What concerns single records is a reconciler instead.
 */
export interface Rounds {
  readonly start: () => void;
  /** A round now, or right after the one that is running. */
  readonly wake: () => void;
  /** Resolves when the running round has ended; none starts any more. */
  readonly stop: () => Promise<void>;
}

export interface RoundsOptions {
  /** What is done, for the log ("expiring log events"). */
  readonly name: string;
  /** Milliseconds from round to round. */
  readonly every: number;
  readonly round: () => Promise<void>;
  readonly log: Log;
  /** A first round at the start; otherwise the first comes after the interval. */
  readonly atStart?: boolean;
  /** Where given, of all servers over this store one does a round at a time: the others leave theirs out. */
  readonly lease?: { readonly store: Store; readonly name: string };
}

/** Rounds that run from `start` to `stop`. */
export const createRounds = ({ name, every, round, log, atStart = false, lease }: RoundsOptions): Rounds => {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let again = false;
  let stopped = false;

  const held = async (): Promise<void> => {
    let own: Lease | undefined;
    try {
      own = await lease?.store.lease(lease.name);
      if (lease === undefined || own !== undefined) await round();
    } catch (error) {
      log('error', `${name} failed`, { error });
    } finally {
      await own?.release();
    }
  };
  const run = (): void => {
    if (stopped) return;
    again = running !== undefined;
    running ??= held().finally(() => {
      running = undefined;
      if (again) run();
    });
  };
  return {
    start: () => {
      timer = setInterval(() => {
        if (running === undefined) run();
      }, every);
      timer.unref();
      if (atStart) run();
    },
    wake: run,
    stop: async () => {
      stopped = true;
      clearInterval(timer);
      await running;
    },
  };
};
