import type { cloudwatch, Handler } from '@oreno/aws-wire';
import { alarms } from '../alarm-records.ts';
import type { MetricAlarmSettings } from '../alarm-records.ts';
import type { CloudWatchContext } from '../context.ts';
import { metricAlarmView } from '../domain/alarm/view.ts';
import { sortDimensions } from '../domain/datum.ts';

const isOn = (metric: MetricAlarmSettings, input: cloudwatch.DescribeAlarmsForMetricInput): boolean =>
  metric.namespace === input.Namespace &&
  metric.metricName === input.MetricName &&
  JSON.stringify(metric.dimensions) === JSON.stringify(sortDimensions(input.Dimensions, 'Dimensions')) &&
  (input.Statistic === undefined || metric.statistic === input.Statistic) &&
  (input.ExtendedStatistic === undefined || metric.extendedStatistic === input.ExtendedStatistic) &&
  (input.Period === undefined || metric.period === input.Period) &&
  (input.Unit === undefined || metric.unit === input.Unit);

/** The alarms on one metric, all of whose dimensions have to be named; those on expressions are not among them. */
export const DescribeAlarmsForMetric: Handler<
  cloudwatch.Operations,
  'DescribeAlarmsForMetric',
  CloudWatchContext
> = async (input, { store, account, region }) => {
  const rows = await store.read((transaction) => transaction.list(alarms, { where: { account, region } }));
  return {
    MetricAlarms: rows.flatMap(({ record }) =>
      record.metric !== undefined && isOn(record.metric, input) ? (metricAlarmView(record) ?? []) : [],
    ),
  };
};
