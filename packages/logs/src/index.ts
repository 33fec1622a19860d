/** CloudWatch Logs: the service, and the loops that seal, expire and sweep what it keeps. */
import { randomInt } from 'node:crypto';
import { defineService, formatArn, logsModel, type AwsService, type Log, type RequestContext } from '@oreno/aws-wire';
import type { Blobs } from '@oreno/blobs';
import { createRounds } from '@oreno/reconcile';
import type { Store } from '@oreno/store';
import type { LogsContext } from './context.ts';
import { batchIds } from './domain/position.ts';
import { handlers } from './operations/index.ts';
import { openEventStore } from './storage/event-store.ts';
import { removeExpired, removeGroup, removeOrphans, removeStream } from './storage/remove.ts';
import { openSealing } from './storage/seal.ts';

export { handlers };

/** The Logs room, as the server mounts it. */
export interface LogsRoom {
  readonly service: AwsService;
  start(): Promise<void>;
  stop(): Promise<void>;
}

export interface LogsOptions {
  readonly store: Store;
  readonly blobs: Blobs;
  readonly now: () => number;
  readonly log: Log;
}

const sealEvery = 5_000;
const sweepEvery = 3_600_000;

/** Opens the room; its loops run from `start` to `stop`. */
export const openLogs = async ({ store, blobs, now, log }: LogsOptions): Promise<LogsRoom> => {
  const events = openEventStore({ store, blobs, stored: (batch) => sealing.stored(batch) });
  const sealing = openSealing({ store, blobs, load: events.load, now, log });
  const newBatchId = batchIds(now, randomInt(10_000));
  const bind = (base: RequestContext): LogsContext => ({
    ...base,
    store,
    events,
    newBatchId,
    removeGroup: (group) => removeGroup(store, blobs, group),
    removeStream: (stream) => removeStream(store, blobs, stream),
  });
  const sweep = async (): Promise<void> => {
    await removeExpired(store, blobs, now());
    await removeOrphans(store, blobs, now());
  };
  const loops = [
    createRounds({ name: 'sealing log events', every: sealEvery, round: () => sealing.run(), log }),
    createRounds({ name: 'expiring log events', every: sweepEvery, round: sweep, log }),
  ];
  return {
    service: defineService({ model: logsModel, handlers, bind, resources }),
    async start() {
      await sealing.recount();
      for (const each of loops) each.start();
    },
    async stop() {
      for (const each of loops) await each.stop();
    },
  };
};

/**
 * The ARNs a policy is asked about: the stream where one is named, and of a group, as AWS has it, its stream without a
 * name. Who lists groups is asked about the group without a name, whatever prefix they give.
 */
const resources = (operation: string, input: unknown, context: RequestContext): readonly string[] => {
  const { logGroupName, logGroupIdentifier, logStreamName, resourceArn } = input as Record<string, string | undefined>;
  if (resourceArn !== undefined) return [resourceArn];
  const named = logGroupName ?? logGroupIdentifier ?? (operation === 'DescribeLogGroups' ? '' : undefined);
  if (named === undefined) return ['*'];
  const group = named.startsWith('arn:')
    ? named.replace(/:\*$/, '')
    : formatArn({
        partition: 'aws',
        service: 'logs',
        region: context.region,
        account: context.account,
        resource: `log-group:${named}`,
      });
  return [`${group}:log-stream:${logStreamName ?? ''}`];
};
