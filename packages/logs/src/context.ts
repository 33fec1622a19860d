import type { RequestContext } from '@oreno/aws-wire';
import type { Store } from '@oreno/store';
import type { LogGroupRecord, LogStreamRecord } from './records.ts';
import type { EventStore } from './storage/event-store.ts';

/** What every CloudWatch Logs handler works with, besides the request. */
export interface LogsContext extends RequestContext {
  readonly store: Store;
  readonly events: EventStore;
  /** A fresh batch id; see domain/position.ts. */
  readonly newBatchId: () => string;
  /** Removes a group with its events; false when it was gone already. */
  readonly removeGroup: (group: LogGroupRecord) => Promise<boolean>;
  /** Removes a stream with its events; false when it was gone already. */
  readonly removeStream: (stream: LogStreamRecord) => Promise<boolean>;
}
