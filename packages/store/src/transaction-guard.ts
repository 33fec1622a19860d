import { AsyncLocalStorage } from 'node:async_hooks';
import { StoreError } from './store-error.ts';

/**
 * Keeps transaction functions from holding up the store: one that awaits something foreign for too long is
 * given up, and one that calls the store again from inside gets an error where it would wait for itself.
 */
export interface Guard {
  /** Runs a transaction function; rejects when it is not done in time. */
  run<T>(work: () => Promise<T>): Promise<T>;
  /** Throws when called from inside a transaction function that still runs. */
  refuseNested(): void;
}

export const openGuard = (limitMilliseconds: number): Guard => {
  const current = new AsyncLocalStorage<{ open: boolean }>();
  return {
    run: async (work) => {
      const call = { open: true };
      let timer: NodeJS.Timeout | undefined;
      const limit = new Promise<never>((_resolve, reject) => {
        timer = setTimeout(() => reject(tooSlow(limitMilliseconds)), limitMilliseconds);
      });
      try {
        return await Promise.race([current.run(call, work), limit]);
      } finally {
        call.open = false;
        clearTimeout(timer);
      }
    },
    refuseNested: () => {
      if (current.getStore()?.open === true) {
        throw new StoreError(
          'misuse',
          'The store was called from inside a transaction function: use the transaction it was given.',
        );
      }
    },
  };
};

const tooSlow = (limit: number): StoreError =>
  new StoreError(
    'slow',
    `A transaction function took more than ${limit} ms and was given up: it may await nothing but its transaction.`,
  );
