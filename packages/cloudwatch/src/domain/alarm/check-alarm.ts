/** What PutMetricAlarm takes, checked (API reference, PutMetricAlarm). Pure; throws ValidationError. */
import { parseArn } from '@oreno/aws-wire';
import type { cloudwatch } from '@oreno/aws-wire';
import type { MetricAlarmSettings } from '../../alarm-records.ts';
import { mathAlarm } from './math-alarm.ts';
import { sortDimensions } from '../datum.ts';
import { validationError } from '../errors.ts';
import { statisticOf } from '../statistic.ts';

const day = 86_400;
const week = 7 * day;
const hour = 3_600;
const treatments: ReadonlySet<string> = new Set(['breaching', 'ignore', 'missing', 'notBreaching']);
const shortPeriods: ReadonlySet<number> = new Set([10, 20, 30]);
const comparisons: ReadonlySet<cloudwatch.ComparisonOperator> = new Set([
  'GreaterThanOrEqualToThreshold',
  'GreaterThanThreshold',
  'LessThanOrEqualToThreshold',
  'LessThanThreshold',
] as const);

/** Throws where an action is no ARN or is one of another region. */
export const checkActions = (actions: readonly string[] | undefined, region: string): readonly string[] => {
  for (const action of actions ?? []) {
    const arn = parseArn(action);
    if (arn === undefined) throw validationError(`Invalid arn syntax: ${action}`);
    if (arn.region !== '' && arn.region !== region) {
      throw validationError(`Invalid region ${arn.region} specified. Only ${region} is supported.`);
    }
  }
  return actions ?? [];
};

/** A name that ARNs and lists can carry. */
export const checkAlarmName = (alarmName: string): void => {
  if (/[\p{Cc}]/u.test(alarmName)) throw validationError('AlarmName must not contain control characters.');
};

const refuseUnavailable = (input: cloudwatch.PutMetricAlarmInput): void => {
  const operator = input.ComparisonOperator;
  if (input.ThresholdMetricId !== undefined || (operator !== undefined && !comparisons.has(operator))) {
    throw validationError('Alarms based on anomaly detection models are not available here.');
  }
  if (input.EvaluationCriteria !== undefined) throw validationError('PromQL alarms are not available here.');
  if (input.EvaluationWindow !== undefined || input.EvaluationInterval !== undefined) {
    throw validationError('EvaluationWindow and EvaluationInterval are not available here.');
  }
};

/** Checks a period, and that all evaluation periods together are not too long. @param period seconds */
export const checkPeriod = (period: number, evaluationPeriods: number): void => {
  if (!shortPeriods.has(period) && period % 60 !== 0) {
    throw validationError('Period must be 10, 20, 30 or a multiple of 60');
  }
  const longest = period >= hour ? week : day;
  if (period * evaluationPeriods > longest) {
    const name = longest === day ? 'a day' : 'a week';
    throw validationError(
      `Metrics cannot be checked across more than ${name} (EvaluationPeriods * Period must be <= ${longest}).`,
    );
  }
};

const checkStatistic = ({ Statistic, ExtendedStatistic }: cloudwatch.PutMetricAlarmInput): void => {
  if ((Statistic === undefined) === (ExtendedStatistic === undefined)) {
    throw validationError('Exactly one of Statistic and ExtendedStatistic must be specified');
  }
  if (ExtendedStatistic !== undefined && statisticOf(ExtendedStatistic) === undefined) {
    throw validationError(`The value ${ExtendedStatistic} for parameter ExtendedStatistic is not supported.`);
  }
};

const required = <Value>(value: Value | undefined, name: string): Value => {
  if (value === undefined) throw validationError(`${name} must be specified`);
  return value;
};

type Watched = Pick<
  MetricAlarmSettings,
  'dimensions' | 'extendedStatistic' | 'metricName' | 'metrics' | 'namespace' | 'statistic' | 'unit'
> & { readonly period: number };

const watchedMetric = (input: cloudwatch.PutMetricAlarmInput): Watched => {
  checkStatistic(input);
  return {
    metricName: required(input.MetricName, 'MetricName'),
    namespace: required(input.Namespace, 'Namespace'),
    statistic: input.Statistic,
    extendedStatistic: input.ExtendedStatistic,
    dimensions: sortDimensions(input.Dimensions, 'Dimensions'),
    period: required(input.Period, 'Period'),
    unit: input.Unit,
  };
};

const singleMetric = [
  'MetricName',
  'Namespace',
  'Statistic',
  'ExtendedStatistic',
  'Dimensions',
  'Period',
  'Unit',
] as const;

const watchedMath = (
  input: cloudwatch.PutMetricAlarmInput,
  metrics: readonly cloudwatch.MetricDataQuery[],
): Watched => {
  const other = singleMetric.find((name) => input[name] !== undefined);
  if (other !== undefined) throw validationError(`Metrics list cannot be specified together with ${other}.`);
  const { period } = mathAlarm(metrics);
  return {
    dimensions: [],
    period,
    metrics: metrics.map((query) => ({ ...query, ReturnData: query.ReturnData ?? true })),
  };
};

/** The settings that a request asks for. */
export const metricAlarmSettings = (input: cloudwatch.PutMetricAlarmInput): MetricAlarmSettings => {
  refuseUnavailable(input);
  const evaluationPeriods = required(input.EvaluationPeriods, 'EvaluationPeriods');
  const { DatapointsToAlarm: datapointsToAlarm, TreatMissingData: treatMissingData } = input;
  if (datapointsToAlarm !== undefined && datapointsToAlarm > evaluationPeriods) {
    throw validationError('DatapointsToAlarm must be less than or equal to EvaluationPeriods');
  }
  if (treatMissingData !== undefined && !treatments.has(treatMissingData)) {
    throw validationError(`Option ${treatMissingData} is not supported for TreatMissingData`);
  }
  const lowSamples = input.EvaluateLowSampleCountPercentile;
  if (lowSamples !== undefined && lowSamples !== 'evaluate' && lowSamples !== 'ignore') {
    throw validationError(`Option ${lowSamples} is not supported for EvaluateLowSampleCountPercentile`);
  }
  if (lowSamples !== undefined && input.ExtendedStatistic === undefined) {
    throw validationError('EvaluateLowSampleCountPercentile can only be specified with ExtendedStatistic');
  }
  const watched = input.Metrics === undefined ? watchedMetric(input) : watchedMath(input, input.Metrics);
  checkPeriod(watched.period, evaluationPeriods);
  return {
    ...watched,
    evaluationPeriods,
    datapointsToAlarm,
    threshold: required(input.Threshold, 'Threshold'),
    comparisonOperator: required(input.ComparisonOperator, 'ComparisonOperator'),
    treatMissingData,
    evaluateLowSampleCountPercentile: lowSamples,
  };
};
