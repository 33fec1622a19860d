/** What a metric is called, and what is said about it at one moment. */
import type { cloudwatch } from '@oreno/aws-wire';

/** A metric: a name in a namespace, with dimensions; other dimensions are another metric. */
export interface MetricName {
  readonly account: string;
  readonly region: string;
  readonly namespace: string;
  readonly metricName: string;
  readonly dimensions: readonly cloudwatch.Dimension[];
}

/** One value of a metric, as the rooms of this server say it. */
export interface MetricSample extends MetricName {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly value: number;
  readonly unit: cloudwatch.StandardUnit;
}

/** Where samples go. Never throws and never blocks: what cannot be kept is logged and dropped. */
export interface MetricSink {
  record(samples: readonly MetricSample[]): void;
}
