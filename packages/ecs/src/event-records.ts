/**
 * What ECS keeps of its own events: the batches that transactions wrote, each under a number that grows in the
 * order of commits and, being made of the time, is never used again when older batches are gone.
 *
 * Invariant: a batch is written by the transaction whose changes it tells (events/recording-store.ts), so there is
 * no change without its event and no event without its change. One row for many events keeps a RunTask of many
 * tasks at one more write.
 */
import { defineTable } from '@oreno/store';
import type { KeptEvent } from './domain/event/ecs-event.ts';
import type { Scope } from './records.ts';

export interface EventBatchRecord extends Scope {
  /** Microseconds since the epoch or, where that is taken, the next number. */
  readonly sequence: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** At least one. */
  readonly events: readonly KeptEvent[];
}

export const eventBatches = defineTable<EventBatchRecord>()('ecs_events', ['account', 'region', 'sequence'], {
  byTime: ['at'],
});
