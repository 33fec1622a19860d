/**
 * Events as they are kept: in batches, each under a number that grows in the order of commits and, being made of the
 * time, is never used again when older batches are gone.
 *
 * Invariant: a batch is written by the transaction whose changes it tells, so there is no change without its event and
 * no event without its change. One row for many events keeps a RunTask of many tasks at one more write.
 */
import { defineTable } from '@oreno/store';
import type { EventScope, KeptEvent } from './event.ts';

export interface EventBatchRecord extends EventScope {
  /** Microseconds since the epoch or, where that is taken, the next number. */
  readonly sequence: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** At least one. */
  readonly events: readonly KeptEvent[];
}

export const eventBatches = defineTable<EventBatchRecord>()('events', ['account', 'region', 'sequence'], {
  byTime: ['at'],
});
