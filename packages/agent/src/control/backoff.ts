import { setTimeout as sleep } from 'node:timers/promises';

export interface BackoffPolicy {
  readonly firstMs: number;
  readonly factor: number;
  readonly longestMs: number;
  /** Up to this share is added by chance. */
  readonly jitter: number;
}

export interface Backoff {
  /** Waits, longer each time; ends early, without error, when the signal fires. */
  wait(signal: AbortSignal): Promise<void>;
  reset(): void;
}

/** Growing pauses between attempts. */
export function createBackoff(policy: BackoffPolicy, random: () => number = Math.random): Backoff {
  let delay = policy.firstMs;
  return {
    async wait(signal) {
      const pause = delay * (1 + policy.jitter * random());
      delay = Math.min(delay * policy.factor, policy.longestMs);
      await sleep(pause, undefined, { signal }).catch(() => {});
    },
    reset() {
      delay = policy.firstMs;
    },
  };
}
