import type { Lease } from '@oreno/store';
import type { Loop, LoopOptions } from './loop.ts';

/**
 * Runs a loop while its lease is held, so that of many servers one does the work. Where another holds it,
 * asks again every few seconds: the other may have died.
 */
export interface HeldLoop {
  /** Resolves when the lease was asked for the first time. */
  readonly started: Promise<void>;
  /** Ends the loop, waits for what it works on, gives the lease back. */
  stop(): Promise<void>;
}

const askEvery = 5_000;

export const holdLoop = ({ store, timer, log }: LoopOptions, loop: Loop): HeldLoop => {
  let stopped = false;
  let lease: Lease | undefined;
  let cancel: (() => void) | undefined;
  let asking: Promise<void> = Promise.resolve();

  const lose = (): void => {
    lease = undefined;
    loop.run(false);
    askLater();
  };
  const askLater = (): void => {
    if (!stopped) cancel = timer(askEvery, () => void (asking = ask()));
  };
  const ask = async (): Promise<void> => {
    try {
      lease = await store.lease(`reconciler/${loop.name}`);
    } catch (error) {
      if (!stopped) log('error', `${loop.name}: its lease could not be asked for`, { reconciler: loop.name, error });
    }
    if (lease === undefined || stopped) return askLater();
    lease.signal.addEventListener('abort', lose, { once: true });
    loop.run(true);
  };

  const started = (asking = ask());
  return {
    started,
    stop: async () => {
      stopped = true;
      cancel?.();
      await asking;
      loop.run(false);
      await loop.idle();
      lease?.signal.removeEventListener('abort', lose);
      await lease?.release();
    },
  };
};
