import type { AnyReconciler } from './any-reconciler.ts';
import { followChanges } from './change-follower.ts';
import { type HeldLoop, holdLoop } from './held-loop.ts';
import { type LoopOptions, openLoop } from './loop.ts';
import type { ReconcilerHost, ReconcilerOptions, Timer } from './port.ts';

const defaultSweep = 60_000;
const longestTimeout = 2 ** 31 - 1;

const processTimer: Timer = (milliseconds, wake) => {
  // A longer wait overflows and would ring at once; ringing early only looks once more.
  const timeout = setTimeout(wake, Math.min(milliseconds, longestTimeout));
  timeout.unref();
  return () => clearTimeout(timeout);
};

/**
 * Starts the reconcilers over one store. Each first looks at every key, then at those that changed, at those
 * whose alarm rings, and now and again at all. A step that fails is logged with its reconciler, key and kind,
 * and its key is looked at again after 1, 2, 4 … 60 seconds, or when something changes before. Two reconcilers
 * of the same name are a TypeError.
 */
export const startReconcilers = (options: ReconcilerOptions, reconcilers: readonly AnyReconciler[]): ReconcilerHost => {
  const loopOptions: LoopOptions = { ...options, timer: options.timer ?? processTimer };
  const loops = new Map(reconcilers.map((reconciler) => [reconciler.name, openLoop(loopOptions, reconciler)]));
  if (loops.size < reconcilers.length) throw new TypeError('Two reconcilers have the same name.');
  let held: readonly HeldLoop[] = [];
  const all = [...loops.values()];

  const follower = followChanges({
    ...loopOptions,
    follow: (change) => all.forEach((loop) => loop.follow(change)),
    lost: () => all.forEach((loop) => loop.sweep()),
    ready: () => {
      held = all.map((loop) => holdLoop(loopOptions, loop));
    },
  });
  const sweeps = reconcilers.map(({ name, sweepEvery = defaultSweep }) =>
    repeat(loopOptions.timer, sweepEvery, () => loops.get(name)?.sweep()),
  );

  return {
    idle: async () => {
      do {
        await follower.caughtUp();
        await Promise.all(held.map(({ started }) => started));
        await Promise.all(all.map((loop) => loop.idle()));
        // The last steps may have written: follow until nothing comes of it.
        await follower.caughtUp();
      } while (all.some((loop) => loop.busy));
    },
    reasons: (name, key) => loops.get(name)?.reasons(key) ?? [],
    stop: async () => {
      for (const cancel of sweeps) cancel();
      await follower.stop();
      await Promise.all(held.map((loop) => loop.stop()));
    },
  };
};

const repeat = (timer: Timer, milliseconds: number, work: () => void): (() => void) => {
  const again = (): void => {
    cancel = timer(milliseconds, again);
    work();
  };
  let cancel = timer(milliseconds, again);
  return () => cancel();
};
