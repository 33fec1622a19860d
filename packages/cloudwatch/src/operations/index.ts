import type { cloudwatch, Handlers } from '@oreno/aws-wire';
import type { CloudWatchContext } from '../context.ts';
import { DeleteAlarms } from './delete-alarms.ts';
import { DescribeAlarmHistory } from './describe-alarm-history.ts';
import { DescribeAlarms } from './describe-alarms.ts';
import { DescribeAlarmsForMetric } from './describe-alarms-for-metric.ts';
import { DisableAlarmActions } from './disable-alarm-actions.ts';
import { EnableAlarmActions } from './enable-alarm-actions.ts';
import { GetMetricData } from './get-metric-data.ts';
import { GetMetricStatistics } from './get-metric-statistics.ts';
import { ListMetrics } from './list-metrics.ts';
import { ListTagsForResource } from './list-tags-for-resource.ts';
import { PutCompositeAlarm } from './put-composite-alarm.ts';
import { PutMetricAlarm } from './put-metric-alarm.ts';
import { PutMetricData } from './put-metric-data.ts';
import { SetAlarmState } from './set-alarm-state.ts';
import { TagResource } from './tag-resource.ts';
import { UntagResource } from './untag-resource.ts';

/** The operations that this server answers; the others of the model are unsupported. */
export const handlers: Handlers<cloudwatch.Operations, CloudWatchContext> = {
  DeleteAlarms,
  DescribeAlarmHistory,
  DescribeAlarms,
  DescribeAlarmsForMetric,
  DisableAlarmActions,
  EnableAlarmActions,
  GetMetricData,
  GetMetricStatistics,
  ListMetrics,
  ListTagsForResource,
  PutCompositeAlarm,
  PutMetricAlarm,
  PutMetricData,
  SetAlarmState,
  TagResource,
  UntagResource,
};
