/**
 * What CloudWatch keeps: the metrics there are, and for each metric, unit and hour one row of points. A row holds
 * at most sixty points, so a minute of a metric costs one small write, and reading a day costs 24 rows.
 */
import type { cloudwatch } from '@oreno/aws-wire';
import { defineTable } from '@oreno/store';
import type { Point } from './domain/point.ts';

export interface MetricRecord {
  readonly account: string;
  readonly region: string;
  readonly namespace: string;
  readonly metricName: string;
  /** Stands for namespace, name and dimensions together. */
  readonly metricId: string;
  /** Sorted by name. */
  readonly dimensions: readonly cloudwatch.Dimension[];
  /** The units that it has data in. */
  readonly units: readonly cloudwatch.StandardUnit[];
  /** The hour of the newest data, milliseconds since the epoch. */
  readonly activeAt: number;
}

export interface HourRecord {
  readonly account: string;
  readonly region: string;
  readonly metricId: string;
  readonly unit: cloudwatch.StandardUnit;
  /** The start of the hour, milliseconds since the epoch. */
  readonly hour: number;
  /** Seconds that a point stands for: 60, and after their time 300, then 3,600. */
  readonly resolution: number;
  /** In order of time, at most one for each period of the resolution. */
  readonly points: readonly Point[];
}

export const metrics = defineTable<MetricRecord>()(
  'cloudwatch_metrics',
  ['account', 'region', 'namespace', 'metricName', 'metricId'],
  { byActivity: ['activeAt'] },
);

export const hours = defineTable<HourRecord>()('cloudwatch_hours', ['account', 'region', 'metricId', 'unit', 'hour'], {
  byAge: ['resolution', 'hour'],
});
