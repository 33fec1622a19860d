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
export { eventBatches } from './events/event-batches.ts';
export type { EventBatchRecord } from './events/event-batches.ts';
export { openEventList } from './events/event-list.ts';
export type { EventList, EventPage } from './events/event-list.ts';
export { openEventWriter } from './events/event-writer.ts';
export type { EventWriter } from './events/event-writer.ts';
export type { AwsEvent, EventDraft, EventScope, EventSource, KeptEvent } from './events/event.ts';
