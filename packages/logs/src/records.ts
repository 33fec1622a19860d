/**
 * What CloudWatch Logs keeps as records: groups, streams, and where events lie. Events themselves are never rows:
 * a batch row holds the events of one PutLogEvents call, compressed, until the sealing loop has packed them into
 * a chunk object of the blob port; a block row then says where in which chunk they are. A batch row is the
 * write-ahead log: it is durable before PutLogEvents answers. Times are milliseconds since the epoch.
 */
import type { logs } from '@oreno/aws-wire';
import { defineTable } from '@oreno/store';

export interface LogGroupRecord {
  readonly account: string;
  readonly region: string;
  readonly logGroupName: string;
  readonly createdAt: number;
  readonly logGroupClass: logs.LogGroupClass;
  readonly retentionInDays?: number | undefined;
  readonly deletionProtectionEnabled: boolean;
  readonly tags: { readonly [key: string]: string };
  /** Bytes of sealed events, as counted at PutLogEvents: UTF-8 length and 26 for each event. */
  readonly storedBytes: number;
}

export interface LogStreamRecord {
  readonly account: string;
  readonly region: string;
  readonly logGroupName: string;
  readonly logStreamName: string;
  readonly createdAt: number;
  readonly firstEventAt?: number | undefined;
  readonly lastEventAt?: number | undefined;
  readonly lastIngestedAt?: number | undefined;
}

/** The events of one PutLogEvents call. */
export interface BatchRecord {
  readonly account: string;
  readonly region: string;
  readonly logGroupName: string;
  readonly logStreamName: string;
  /** Twenty digits that grow with the time of arrival; see domain/position.ts. */
  readonly batchId: string;
  readonly ingestedAt: number;
  readonly minTimestamp: number;
  readonly maxTimestamp: number;
  readonly count: number;
  /** Uncompressed size of the block. */
  readonly rawBytes: number;
  /** The block, compressed, in base64. */
  readonly data: string;
}

/** Where a stream's events of some span of time lie: at most 1 MiB of one stream inside a chunk object. */
export interface BlockRecord {
  readonly account: string;
  readonly region: string;
  readonly logGroupName: string;
  readonly logStreamName: string;
  readonly blockId: string;
  readonly minTimestamp: number;
  readonly maxTimestamp: number;
  readonly count: number;
  readonly rawBytes: number;
  /** Name of the chunk object in the blob port, and the block's place in it. */
  readonly object: string;
  readonly offset: number;
  readonly length: number;
}

export const logGroups = defineTable<LogGroupRecord>()('logs_groups', ['account', 'region', 'logGroupName']);

export const logStreams = defineTable<LogStreamRecord>()(
  'logs_streams',
  ['account', 'region', 'logGroupName', 'logStreamName'],
  { byLastEvent: ['account', 'region', 'logGroupName', 'lastEventAt', 'logStreamName'] },
);

export const batches = defineTable<BatchRecord>()('logs_batches', ['account', 'region', 'logGroupName', 'batchId'], {
  byStream: ['account', 'region', 'logGroupName', 'logStreamName', 'batchId'],
});

export const blocks = defineTable<BlockRecord>()(
  'logs_blocks',
  ['account', 'region', 'logGroupName', 'minTimestamp', 'blockId'],
  {
    byStream: ['account', 'region', 'logGroupName', 'logStreamName', 'minTimestamp', 'blockId'],
    byObject: ['object'],
  },
);
