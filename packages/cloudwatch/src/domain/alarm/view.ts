/** Alarms as DescribeAlarms shows them: what was not given is left out, lists are shown empty. Pure. */
import type { cloudwatch } from '@oreno/aws-wire';
import type { AlarmRecord } from '../../alarm-records.ts';

const commonView = (alarm: AlarmRecord) => ({
  AlarmName: alarm.alarmName,
  AlarmArn: alarm.alarmArn,
  ...(alarm.description === undefined ? {} : { AlarmDescription: alarm.description }),
  AlarmConfigurationUpdatedTimestamp: alarm.configuredAt,
  ActionsEnabled: alarm.actionsEnabled,
  OKActions: alarm.okActions,
  AlarmActions: alarm.alarmActions,
  InsufficientDataActions: alarm.insufficientDataActions,
  StateValue: alarm.state.value,
  StateReason: alarm.state.reason,
  ...(alarm.state.reasonData === undefined ? {} : { StateReasonData: alarm.state.reasonData }),
  StateUpdatedTimestamp: alarm.state.updatedAt,
  StateTransitionedTimestamp: alarm.state.transitionedAt,
});

/** A composite alarm; undefined for an alarm of another kind. */
export const compositeAlarmView = (alarm: AlarmRecord): cloudwatch.CompositeAlarm | undefined =>
  alarm.composite === undefined ? undefined : { ...commonView(alarm), AlarmRule: alarm.composite.alarmRule };

/** A metric alarm; undefined for an alarm of another kind. */
export const metricAlarmView = (alarm: AlarmRecord): cloudwatch.MetricAlarm | undefined => {
  const { metric } = alarm;
  if (metric === undefined) return undefined;
  return {
    ...commonView(alarm),
    MetricName: metric.metricName,
    Namespace: metric.namespace,
    Statistic: metric.statistic,
    ExtendedStatistic: metric.extendedStatistic,
    Dimensions: metric.dimensions,
    // An alarm on expressions has the periods of its metrics.
    Period: metric.metrics === undefined ? metric.period : undefined,
    Unit: metric.unit,
    EvaluationPeriods: metric.evaluationPeriods,
    DatapointsToAlarm: metric.datapointsToAlarm,
    Threshold: metric.threshold,
    ComparisonOperator: metric.comparisonOperator,
    TreatMissingData: metric.treatMissingData,
    EvaluateLowSampleCountPercentile: metric.evaluateLowSampleCountPercentile,
    Metrics: metric.metrics,
  };
};
