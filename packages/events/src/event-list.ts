/** Reading the events that are kept, page by page behind a cursor, and waiting for the next. */
import type { Store } from '@oreno/store';
import { eventBatches } from './event-batches.ts';
import { awsEvent } from './event.ts';
import type { AwsEvent, EventScope } from './event.ts';

export interface EventPage {
  /** In the order of their commits. */
  readonly events: readonly AwsEvent[];
  /** Give it back to read on. */
  readonly after: number;
}

export interface EventWait {
  /** Milliseconds. */
  readonly wait: number;
  readonly signal: AbortSignal;
}

export interface EventList {
  /**
   * What is kept behind a cursor (0: all of it), at most `limit` batches of up to 100 events; what one transaction
   * did is in one page.
   */
  list(scope: EventScope, after: number, limit: number): Promise<EventPage>;
  /** The cursor behind the newest event. */
  newest(scope: EventScope): Promise<number>;
  /** As `list`, but waits until there is something; an empty page when the time is over or the signal aborted. */
  next(scope: EventScope, after: number, limit: number, options: EventWait): Promise<EventPage>;
}

/** Milliseconds between looks while commits pass by. */
const settle = 50;

/** A promise of the next commit, of the end of the time, or of the signal; `cancel` gives it up. */
const commit = (store: Store, milliseconds: number, signal: AbortSignal) => {
  const { promise: seen, resolve } = Promise.withResolvers<void>();
  const cancel = (): void => {
    unwatch();
    clearTimeout(timer);
    signal.removeEventListener('abort', cancel);
    resolve();
  };
  const unwatch = store.watch(cancel);
  const timer = setTimeout(cancel, milliseconds);
  signal.addEventListener('abort', cancel);
  return { seen, cancel };
};

/** Reads the events in a store; waits end when `ended` is aborted, with an empty page. */
export const openEventList = (store: Store, ended: AbortSignal): EventList => {
  const list: EventList['list'] = async ({ account, region }, after, limit) => {
    const where = { account, region };
    const rows = await store.read((reading) => reading.list(eventBatches, { where, from: after + 1, limit }));
    return {
      events: rows.flatMap(({ record }) => record.events.map((event) => awsEvent(record, record.at, event))),
      after: rows.at(-1)?.record.sequence ?? after,
    };
  };
  return {
    list,
    newest: async ({ account, region }) => {
      const query = { where: { account, region }, reverse: true, limit: 1 };
      const [row] = await store.read((reading) => reading.list(eventBatches, query));
      return row?.record.sequence ?? 0;
    },
    next: async (scope, after, limit, { wait, signal: given }) => {
      const signal = AbortSignal.any([given, ended]);
      const deadline = performance.now() + wait;
      while (!signal.aborted) {
        const remaining = deadline - performance.now();
        // Before the look: a commit after it must be seen.
        const { seen, cancel } = commit(store, Math.max(0, remaining), signal);
        const page = await list(scope, after, limit);
        if (page.events.length > 0 || remaining <= 0) {
          cancel();
          return page;
        }
        await seen;
        await new Promise((resolve) => setTimeout(resolve, settle));
      }
      return { events: [], after };
    },
  };
};
