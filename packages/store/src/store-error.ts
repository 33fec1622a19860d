/**
 * What can go wrong in a store, told apart by kind and never by text.
 *
 * - `full`: no space for the write; nothing of it is stored, and the store goes on when space returns
 * - `io`: the storage failed otherwise
 * - `busy`: a foreign program keeps the database locked
 * - `held`: another process has the store open
 * - `corrupt`: the files are not a database, or a damaged one
 * - `declaration`: a table is declared in two ways, or its rows do not fit the declaration
 * - `misuse`: a transaction used after its end, a nested transaction
 * - `slow`: a transaction function awaited something foreign for too long
 * - `closed`: the store is closed
 */
export type StoreErrorKind = 'full' | 'io' | 'busy' | 'held' | 'corrupt' | 'declaration' | 'misuse' | 'slow' | 'closed';

const retryable: ReadonlySet<StoreErrorKind> = new Set(['full', 'io', 'busy']);

/** A failure of the store itself; what a transaction function throws is passed on as it is. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly kind: StoreErrorKind;
  /** True when the same call can succeed later without a change of the program. */
  readonly retryable: boolean;

  constructor(kind: StoreErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
    this.retryable = retryable.has(kind);
  }
}
