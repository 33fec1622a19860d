import type { cloudwatch, Handlers } from '@oreno/aws-wire';
import type { CloudWatchContext } from '../context.ts';
import { GetMetricData } from './get-metric-data.ts';
import { GetMetricStatistics } from './get-metric-statistics.ts';
import { ListMetrics } from './list-metrics.ts';
import { PutMetricData } from './put-metric-data.ts';

/** The operations that this server answers; the others of the model are unsupported. */
export const handlers: Handlers<cloudwatch.Operations, CloudWatchContext> = {
  GetMetricData,
  GetMetricStatistics,
  ListMetrics,
  PutMetricData,
};
