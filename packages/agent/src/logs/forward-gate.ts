import { setTimeout as delay } from 'node:timers/promises';

/**
 * Whether the control plane answers, as one fact for all streams: after a failure everybody waits for the same
 * moment, which doubles from the first delay to the longest, and one success opens the gate for all.
 */
export interface ForwardGate {
  readonly open: () => boolean;
  /** Resolves when a call may be tried. Rejects when the signal aborts. */
  readonly pass: (signal: AbortSignal) => Promise<void>;
  readonly succeeded: () => void;
  readonly failed: () => void;
  /** Lets those who wait try at once; what follows from that decides how things go on. */
  readonly hurry: () => void;
}

export interface Backoff {
  readonly firstMs: number;
  readonly longestMs: number;
}

/** The next delay after one of `previousMs`; 0 before the first. */
export const nextDelay = (previousMs: number, { firstMs, longestMs }: Backoff): number =>
  Math.min(longestMs, previousMs === 0 ? firstMs : previousMs * 2);

/** A gate that is open until the first failure. `now` is in milliseconds. */
export const createForwardGate = (backoff: Backoff, now: () => number): ForwardGate => {
  let delayMs = 0;
  let closedUntil = 0;
  let hurried = new AbortController();
  return {
    open: () => delayMs === 0,
    pass: async (signal) => {
      // Looked at again after every wait: another stream's probe may have failed meanwhile.
      for (let left = closedUntil - now(); left > 0; left = closedUntil - now()) {
        const either = AbortSignal.any([signal, hurried.signal]);
        await delay(Math.min(left, backoff.longestMs), undefined, { signal: either }).catch(() => {
          signal.throwIfAborted();
        });
      }
    },
    succeeded: () => {
      delayMs = 0;
      closedUntil = 0;
    },
    failed: () => {
      // The streams that were under way together fail together: that is one failure.
      if (delayMs > 0 && now() < closedUntil) return;
      delayMs = nextDelay(delayMs, backoff);
      closedUntil = now() + delayMs;
    },
    hurry: () => {
      closedUntil = 0;
      hurried.abort();
      hurried = new AbortController();
    },
  };
};
