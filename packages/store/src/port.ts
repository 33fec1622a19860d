/**
 * The store port: records, in transactions, with versions and a change log. It is all that the packages
 * above know of storage; an implementation is one file beside this one (sqlite.ts; postgres.ts later).
 *
 * Invariants every implementation keeps, and the contract suite checks:
 * - an `update` whose promise has resolved survives `kill -9` and power loss;
 * - an `update` that throws leaves nothing behind, and neither does one whose write was lost with the process;
 * - `read` sees one consistent, committed state from its first to its last query;
 * - every write appends to the change log in the same transaction, in commit order, without gaps a reader could miss.
 *
 * Inside a transaction function, await nothing but the transaction: other updates share its commit.
 */

/** A property whose value orders rows: part of a key or an index. Missing or null sorts first in an index. */
export type KeyValue = string | number;

/** Names a table, its key and its indexes. Made with {@link defineTable}; plain frozen data. */
export interface Table<R extends object, K extends keyof R & string> {
  readonly name: string;
  readonly key: readonly K[];
  readonly indexes: { readonly [index: string]: readonly (keyof R & string)[] };
  /** Carries the record's type; never present at run time. */
  readonly record?: R;
}

/** The key's properties of a record. */
export type KeyOf<R extends object, K extends keyof R & string> = { readonly [P in K]: R[P] };

/** A stored record with the version that its last write gave it. */
export interface Row<R> {
  readonly record: Readonly<R>;
  /** Starts at 1 and grows by one with each write of the row. */
  readonly version: number;
}

/** Which rows of a table, in the order of the key or of one index. */
export interface Query<R extends object> {
  /** The index to walk; the key when absent. */
  readonly index?: string | undefined;
  /** Values of the leading properties of the key or index. */
  readonly where?: { readonly [P in keyof R]?: R[P] | undefined } | undefined;
  /** Only rows whose property after the `where` ones is at least this. */
  readonly from?: KeyValue | undefined;
  /** Only rows whose property after the `where` ones is below this. */
  readonly below?: KeyValue | undefined;
  /** Only rows whose property after the `where` ones (a string) starts with this. */
  readonly prefix?: string | undefined;
  /** Start behind this record (exclusive), in the query's direction: the last one of the page before. */
  readonly after?: Partial<R> | undefined;
  readonly reverse?: boolean | undefined;
  readonly limit?: number | undefined;
}

export interface ReadTransaction {
  get<R extends object, K extends keyof R & string>(table: Table<R, K>, key: KeyOf<R, K>): Promise<Row<R> | undefined>;
  list<R extends object, K extends keyof R & string>(table: Table<R, K>, query?: Query<R>): Promise<readonly Row<R>[]>;
  count<R extends object, K extends keyof R & string>(table: Table<R, K>, query?: Query<R>): Promise<number>;
}

/** What `read` gives: rows, and the change log exactly as far as these rows are. What is kept from it is never ahead or behind. */
export interface SnapshotTransaction extends ReadTransaction {
  /** The newest sequence among what the rows hold. */
  cursor(): Promise<number>;
  /** As `changes` of the store, but nothing that came after the rows. */
  changes(cursor: number, limit?: number): Promise<Changes>;
}

export interface WriteTransaction extends ReadTransaction {
  /** Writes a new row; `exists` and no change when the key is taken. */
  insert<R extends object, K extends keyof R & string>(table: Table<R, K>, record: R): Promise<'inserted' | 'exists'>;
  /** Writes the row whatever was there; with `ifVersion`, only when its version is still that one. */
  put<R extends object, K extends keyof R & string>(
    table: Table<R, K>,
    record: R,
    options?: { readonly ifVersion?: number | undefined },
  ): Promise<'written' | 'stale'>;
  delete<R extends object, K extends keyof R & string>(
    table: Table<R, K>,
    key: KeyOf<R, K>,
    options?: { readonly ifVersion?: number | undefined },
  ): Promise<'deleted' | 'absent' | 'stale'>;
}

/** One write, as the change log tells it. It carries a key and no data: read the row to learn what is. */
export interface Change {
  /** Strictly growing in commit order. */
  readonly sequence: number;
  readonly table: string;
  /** The key's values in the table's order. */
  readonly key: readonly KeyValue[];
  readonly kind: 'put' | 'delete';
  readonly version: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** A page of the change log. `lost` says that entries between the cursor and the page were trimmed: rebuild. */
export interface Changes {
  readonly changes: readonly Change[];
  readonly cursor: number;
  readonly lost: boolean;
}

/** A name held by one process at a time until it is released, or its holder stops renewing it. */
export interface Lease {
  readonly name: string;
  /** Aborted when the lease was lost. */
  readonly signal: AbortSignal;
  release(): Promise<void>;
}

export interface Store {
  read<T>(work: (transaction: SnapshotTransaction) => Promise<T>): Promise<T>;
  update<T>(work: (transaction: WriteTransaction) => Promise<T>): Promise<T>;
  /** What was committed behind `cursor`, oldest first, at most `limit` entries (1,000 when absent). */
  changes(cursor: number, limit?: number): Promise<Changes>;
  /** The newest committed sequence: start here to see only what comes. */
  cursor(): Promise<number>;
  /** Calls `listener` after commits, without saying what changed; returns what ends it. */
  watch(listener: () => void): () => void;
  /** Takes the lease, or undefined when another holds it. */
  lease(name: string): Promise<Lease | undefined>;
  close(): Promise<void>;
}

/**
 * Names a table once, in the package that owns it.
 * @example const clusters = defineTable<ClusterRecord>()('ecs_clusters', ['account', 'region', 'clusterName'], {});
 */
export const defineTable =
  <R extends object>() =>
  <const K extends keyof R & string>(
    name: string,
    key: readonly K[],
    indexes: { readonly [index: string]: readonly (keyof R & string)[] } = {},
  ): Table<R, K> =>
    Object.freeze({ name, key, indexes });
