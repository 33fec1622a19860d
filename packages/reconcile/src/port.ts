import type { Change, ReadTransaction, SnapshotTransaction, Store } from '@oreno/store';

/**
 * The words of a control loop. A reconciler compares what is wanted with what is, for one key at a time, and
 * takes the next steps. Activation carries a key and no data; deciding is pure; effects live in `perform`.
 */

/** What a decision gives back: the steps to take now, and why nothing more happens yet. */
export interface Decision<Step extends { readonly kind: string }> {
  readonly steps: readonly Step[];
  /** Reasons a user can read ("waiting for 2 tasks to become RUNNING"). */
  readonly waitingOn?: readonly string[] | undefined;
  /** When to look again even if nothing changes, milliseconds since the epoch. */
  readonly wakeAt?: number | undefined;
}

/** One effect for each kind of step: the type makes a missing one an error. */
export type Effects<Step extends { readonly kind: string }> = {
  readonly [Kind in Step['kind']]: (step: Extract<Step, { readonly kind: Kind }>) => Promise<void>;
};

export interface Reconciler<Snapshot, Step extends { readonly kind: string }> {
  readonly name: string;
  /** Which keys a change concerns; none when it is not this loop's business. */
  readonly keysOf: (change: Change) => readonly string[];
  /** Every key there is: the periodic sweep, and the start. */
  readonly keys: (transaction: ReadTransaction) => Promise<readonly string[]>;
  readonly read: (transaction: SnapshotTransaction, key: string) => Promise<Snapshot | undefined>;
  readonly decide: (snapshot: Snapshot, now: number) => Decision<Step>;
  readonly perform: Effects<Step>;
  /** Milliseconds between sweeps; 60,000 when absent. */
  readonly sweepEvery?: number | undefined;
  /** Keys worked on at once; 8 when absent. */
  readonly concurrency?: number | undefined;
}

/** Log lines of the machinery: a level, a text, and fields. */
export type Log = (
  level: 'debug' | 'info' | 'warn' | 'error',
  message: string,
  fields?: Readonly<Record<string, unknown>>,
) => void;

export interface ReconcilerHost {
  /** Resolves when every committed change was followed and no key is queued or worked on. Alarms may wait. */
  idle(): Promise<void>;
  /** What the last decision about a key waits for; empty when nothing, or when there was none. */
  reasons(reconciler: string, key: string): readonly string[];
  /** Lets the keys that are worked on finish, takes up no others, and gives the leases back. */
  stop(): Promise<void>;
}

/** Calls back after some milliseconds; returns what ends the wait. Tests give their own. */
export type Timer = (milliseconds: number, wake: () => void) => () => void;

export interface ReconcilerOptions {
  readonly store: Store;
  readonly now: () => number;
  readonly log: Log;
  /** Goes with `now`; the process's own timers, which do not keep it alive, when absent. */
  readonly timer?: Timer | undefined;
}
