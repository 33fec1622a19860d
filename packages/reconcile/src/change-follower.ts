import type { Change } from '@oreno/store';
import type { LoopOptions } from './loop.ts';

/**
 * Follows the change log once for all loops: `watch` says when to look, the log says what there is. Every
 * change that is committed after the start is handed out once, in order, or `lost` is called.
 */
export interface ChangeFollower {
  /** Resolves when everything that was committed before the call has been handed out. */
  caughtUp(): Promise<void>;
  stop(): Promise<void>;
}

export interface FollowerOptions extends LoopOptions {
  readonly follow: (change: Change) => void;
  /** Changes were trimmed before they were seen: look at everything. */
  readonly lost: () => void;
  /** Called once, when changes are followed from here on: what is there already has to be swept. */
  readonly ready: () => void;
}

const retryAfter = 1_000;

export const followChanges = ({ store, timer, log, follow, lost, ready }: FollowerOptions): ChangeFollower => {
  let cursor: number | undefined;
  let dirty = true;
  let stopped = false;
  let following: Promise<void> | undefined;
  let cancel: (() => void) | undefined;

  const page = async (): Promise<void> => {
    if (cursor === undefined) {
      cursor = await store.cursor();
      ready();
    }
    const changes = await store.changes(cursor);
    if (changes.lost) lost();
    for (const change of changes.changes) follow(change);
    if (changes.changes.length > 0) dirty = true;
    cursor = changes.cursor;
  };
  const run = async (): Promise<void> => {
    try {
      while (dirty && !stopped) {
        dirty = false;
        await page();
      }
    } catch (error) {
      log('error', 'the change log could not be read', { error });
      cancel = timer(retryAfter, look);
    }
    following = undefined;
  };
  const look = (): void => {
    dirty = true;
    if (!stopped) following ??= run();
  };

  const unwatch = store.watch(look);
  look();
  return {
    caughtUp: async () => {
      look();
      await following;
    },
    stop: async () => {
      stopped = true;
      unwatch();
      cancel?.();
      await following;
    },
  };
};
