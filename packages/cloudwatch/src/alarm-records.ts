/** What CloudWatch keeps of alarms: the alarm with its state, and what happened to it. */
import type { cloudwatch } from '@oreno/aws-wire';
import { defineTable } from '@oreno/store';

/** What a metric alarm watches and how it decides, as PutMetricAlarm was given it. */
export interface MetricAlarmSettings {
  readonly metricName?: string | undefined;
  readonly namespace?: string | undefined;
  readonly statistic?: cloudwatch.Statistic | undefined;
  readonly extendedStatistic?: string | undefined;
  /** Sorted by name. */
  readonly dimensions: readonly cloudwatch.Dimension[];
  /** Seconds. */
  readonly period?: number | undefined;
  readonly unit?: cloudwatch.StandardUnit | undefined;
  readonly evaluationPeriods: number;
  readonly datapointsToAlarm?: number | undefined;
  readonly threshold: number;
  readonly comparisonOperator: cloudwatch.ComparisonOperator;
  readonly treatMissingData?: string | undefined;
  readonly evaluateLowSampleCountPercentile?: string | undefined;
  /** In place of a metric: expressions and the metrics that they work on. */
  readonly metrics?: readonly cloudwatch.MetricDataQuery[] | undefined;
}

/** What a composite alarm looks at: other alarms. */
export interface CompositeAlarmSettings {
  readonly alarmRule: string;
}

/** The state of an alarm and why. */
export interface AlarmState {
  readonly value: cloudwatch.StateValue;
  readonly reason: string;
  readonly reasonData?: string | undefined;
  /** Milliseconds since the epoch, as all times here. */
  readonly updatedAt: number;
  /** When `value` last became another one. */
  readonly transitionedAt: number;
  /** Somebody set it by hand: it holds until then. */
  readonly heldUntil?: number | undefined;
}

export interface AlarmRecord {
  readonly account: string;
  readonly region: string;
  readonly alarmName: string;
  readonly alarmArn: string;
  readonly description?: string | undefined;
  readonly actionsEnabled: boolean;
  readonly okActions: readonly string[];
  readonly alarmActions: readonly string[];
  readonly insufficientDataActions: readonly string[];
  readonly configuredAt: number;
  readonly tags: readonly cloudwatch.Tag[];
  /** One of the two. */
  readonly metric?: MetricAlarmSettings | undefined;
  readonly composite?: CompositeAlarmSettings | undefined;
  readonly state: AlarmState;
}

export interface AlarmHistoryRecord {
  readonly account: string;
  readonly region: string;
  readonly alarmName: string;
  /** When it happened, and a number that tells apart what happened in one millisecond. */
  readonly at: number;
  readonly sequence: number;
  readonly alarmType: cloudwatch.AlarmType;
  readonly itemType: cloudwatch.HistoryItemType;
  readonly summary: string;
  readonly data: string;
}

export const alarms = defineTable<AlarmRecord>()('cloudwatch_alarms', ['account', 'region', 'alarmName']);

export const alarmHistory = defineTable<AlarmHistoryRecord>()(
  'cloudwatch_alarm_history',
  ['account', 'region', 'alarmName', 'at', 'sequence'],
  { byTime: ['account', 'region', 'at', 'alarmName', 'sequence'], byAge: ['at'] },
);
