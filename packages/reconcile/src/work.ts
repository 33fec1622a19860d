import type { Store } from '@oreno/store';
import type { AnyReconciler } from './any-reconciler.ts';

/** What came of one look at a key. `failed` names the kind of step, or `read` or `decide`. */
export type Outcome =
  | { readonly kind: 'gone' }
  | { readonly kind: 'done'; readonly waitingOn: readonly string[]; readonly wakeAt: number | undefined }
  | { readonly kind: 'failed'; readonly at: string; readonly error: unknown; readonly waitingOn: readonly string[] };

/**
 * Looks at one key once: reads, decides, performs the steps in order. After a step that throws the rest are
 * skipped: they were decided on a state that did not come about. Never throws.
 */
export const workOn = async (
  reconciler: AnyReconciler,
  store: Store,
  key: string,
  now: () => number,
): Promise<Outcome> => {
  let at = 'read';
  let waitingOn: readonly string[] = [];
  try {
    const snapshot = await store.read((transaction) => reconciler.read(transaction, key));
    if (snapshot === undefined) return { kind: 'gone' };
    at = 'decide';
    const decision = reconciler.decide(snapshot, now());
    waitingOn = decision.waitingOn ?? [];
    for (const step of decision.steps) {
      at = step.kind;
      const effect = reconciler.perform[step.kind];
      if (effect === undefined) throw new TypeError(`Reconciler ${reconciler.name} has no effect for ${step.kind}.`);
      await effect(step);
    }
    return { kind: 'done', waitingOn, wakeAt: decision.wakeAt };
  } catch (error) {
    return { kind: 'failed', at, error, waitingOn };
  }
};
