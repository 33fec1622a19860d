export { defineTable } from './port.ts';
export type {
  Change,
  Changes,
  KeyOf,
  KeyValue,
  Lease,
  Query,
  ReadTransaction,
  Row,
  SnapshotTransaction,
  Store,
  Table,
  WriteTransaction,
} from './port.ts';
export { StoreError } from './store-error.ts';
export type { StoreErrorKind } from './store-error.ts';
export { openSqliteStore } from './sqlite.ts';
export type { SqliteStoreOptions } from './sqlite.ts';
export { openTemporaryStore } from './temporary.ts';
