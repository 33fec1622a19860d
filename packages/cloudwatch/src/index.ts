/** CloudWatch metrics and alarms: the service, and the sink that the other rooms record their metrics in. */
import type { AwsService, Log, RequestContext } from '@oreno/aws-wire';
import { cloudwatchModel, defineService } from '@oreno/aws-wire';
import { createRounds, startReconcilers } from '@oreno/reconcile';
import type { ReconcilerHost } from '@oreno/reconcile';
import type { Store } from '@oreno/store';
import type { CloudWatchContext } from './context.ts';
import type { MetricSink } from './domain/metric.ts';
import { handlers } from './operations/index.ts';
import { evaluateAlarms } from './reconcilers/evaluate-alarms.ts';
import { evaluateCompositeAlarms } from './reconcilers/evaluate-composite-alarms.ts';
import { applyRetention } from './retention.ts';
import { resourcesOf } from './resources.ts';
import { openSink } from './sink.ts';

export { alarmOf, standingOf } from './alarm-standing.ts';
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
  /** The clock, in milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: Log;
}

const sweepEvery = 3_600_000;

/** Opens the room; its loops run from `start` to `stop`. */
export const openCloudWatch = async ({ store, now, log }: CloudWatchOptions): Promise<CloudWatchRoom> => {
  const sink = openSink(store, log);
  const expiry = createRounds({
    name: 'expiring metrics',
    every: sweepEvery,
    round: () => applyRetention(store, now()),
    log,
  });
  let reconcilers: ReconcilerHost | undefined;
  return {
    service: defineService({
      model: cloudwatchModel,
      handlers,
      bind: (base: RequestContext): CloudWatchContext => ({ ...base, store }),
      resources: resourcesOf,
    }),
    sink,
    start: async () => {
      expiry.start();
      reconcilers = startReconcilers({ store, now, log }, [
        evaluateAlarms({ store, now }),
        evaluateCompositeAlarms({ store, now }),
      ]);
    },
    stop: async () => {
      await reconcilers?.stop();
      await expiry.stop();
      await sink.flushed();
    },
  };
};
