import type { Change, ReadTransaction, SnapshotTransaction } from '@oreno/store';
import type { Decision } from './port.ts';

interface AnyStep {
  readonly kind: string;
}

type Effect = { effect(step: AnyStep): Promise<void> }['effect'];

/**
 * Every Reconciler, whatever its snapshot and steps are. Methods, not function properties: their parameters
 * may be narrower, which is safe here since a loop hands a reconciler only what came from itself.
 */
export interface AnyReconciler {
  readonly name: string;
  keysOf(change: Change): readonly string[];
  keys(transaction: ReadTransaction): Promise<readonly string[]>;
  read(transaction: SnapshotTransaction, key: string): Promise<unknown>;
  decide(snapshot: unknown, now: number): Decision<AnyStep>;
  readonly perform: { readonly [kind: string]: Effect };
  readonly sweepEvery?: number | undefined;
  readonly concurrency?: number | undefined;
}
