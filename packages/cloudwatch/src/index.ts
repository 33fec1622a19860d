/** CloudWatch metrics: the service, and the sink that the other rooms record their metrics in. */
import type { AwsService, Log, RequestContext } from '@oreno/aws-wire';
import { cloudwatchModel, defineService } from '@oreno/aws-wire';
import type { Blobs } from '@oreno/blobs';
import type { Store } from '@oreno/store';
import type { CloudWatchContext } from './context.ts';
import type { MetricSink } from './domain/metric.ts';
import { handlers } from './operations/index.ts';

export { handlers };
export type { MetricSample, MetricSink } from './domain/metric.ts';

/** The CloudWatch room, as the server mounts it. */
export interface CloudWatchRoom {
  readonly service: AwsService;
  readonly sink: MetricSink;
  start(): Promise<void>;
  stop(): Promise<void>;
}

export interface CloudWatchOptions {
  readonly store: Store;
  readonly blobs: Blobs;
  /** The clock, in milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: Log;
}

/** Opens the room; its loops run from `start` to `stop`. */
export const openCloudWatch = async ({ store, log }: CloudWatchOptions): Promise<CloudWatchRoom> => {
  let recorded = 0;
  return {
    service: defineService({
      model: cloudwatchModel,
      handlers,
      bind: (base: RequestContext): CloudWatchContext => ({ ...base, store }),
    }),
    sink: {
      record: (samples) => {
        recorded += samples.length;
      },
    },
    start: async () => undefined,
    stop: async () => log('debug', 'metrics recorded', { recorded }),
  };
};
