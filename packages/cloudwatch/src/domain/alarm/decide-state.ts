/**
 * Which state the points of an evaluation range mean for an alarm: M out of N points that breach, and what becomes of
 * points that are missing. Pure.
 * User guide: "Alarm evaluation", "Configuring how CloudWatch alarms treat missing data".
 *
 * Invariants:
 * - N points are judged, filled up with missing ones only where fewer than N are there;
 * - where at least N are there, the treatment of missing data has no say;
 * - without a single point the state is what the treatment says, whatever it was.
 */
import type { cloudwatch } from '@oreno/aws-wire';
import type { MetricAlarmSettings } from '../../alarm-records.ts';
import type { Slot } from './window.ts';

export type Treatment = 'breaching' | 'ignore' | 'missing' | 'notBreaching';

export interface Datapoint {
  readonly at: number;
  readonly value: number;
  readonly sampleCount?: number | undefined;
}

export interface Judgement {
  readonly state: cloudwatch.StateValue;
  /** The points that were judged, newest first. */
  readonly points: readonly Datapoint[];
  /** Those of them that speak for the state. */
  readonly supporting: readonly Datapoint[];
  /** How many missing points were filled in. */
  readonly filled: number;
}

type Comparison = (value: number, threshold: number) => boolean;

const comparisons: Readonly<Record<string, Comparison | undefined>> = {
  GreaterThanOrEqualToThreshold: (value, threshold) => value >= threshold,
  GreaterThanThreshold: (value, threshold) => value > threshold,
  LessThanOrEqualToThreshold: (value, threshold) => value <= threshold,
  LessThanThreshold: (value, threshold) => value < threshold,
};

/** Whether a value is on the wrong side of an alarm's threshold. */
export const isBreaching = (
  { comparisonOperator, threshold }: Pick<MetricAlarmSettings, 'comparisonOperator' | 'threshold'>,
  value: number,
): boolean => comparisons[comparisonOperator]?.(value, threshold) ?? false;

const isPoint = (slot: Slot): slot is Datapoint => slot.value !== undefined;

/** How many samples a percentile needs to mean something (user guide, "Percentile-based alarms and low data samples"). */
const samplesNeeded = (statistic: string | undefined): number => {
  const percent = Number(/^p(\d+(?:\.\d+)?)$/.exec(statistic ?? '')?.[1] ?? Number.NaN) / 100;
  if (Number.isNaN(percent) || percent <= 0 || percent >= 1) return 0;
  return percent >= 0.5 ? 10 / (1 - percent) : 10 / percent;
};

const hasTooFewSamples = (settings: MetricAlarmSettings, points: readonly Datapoint[]): boolean =>
  settings.evaluateLowSampleCountPercentile === 'ignore' &&
  points.length > 0 &&
  points.reduce((sum, { sampleCount = 0 }) => sum + sampleCount, 0) < samplesNeeded(settings.extendedStatistic);

/**
 * Without enough points and with missing data left out: it takes as many breaching points as ever, or nothing but
 * breaching points of which the oldest is as old as that many periods. Undefined where it stays open.
 */
const judgeFew = (
  slots: readonly Slot[],
  points: readonly Datapoint[],
  breaching: readonly Datapoint[],
  toAlarm: number,
): cloudwatch.StateValue | undefined => {
  if (breaching.length >= toAlarm) return 'ALARM';
  if (breaching.length < points.length) return 'OK';
  const oldest = slots.findIndex(isPoint);
  return oldest >= 0 && slots.length - oldest >= toAlarm ? 'ALARM' : undefined;
};

/**
 * Judges an evaluation range. Undefined where the state is to stay what it is.
 * @param slots the range's periods, oldest first
 */
export const decideState = (settings: MetricAlarmSettings, slots: readonly Slot[]): Judgement | undefined => {
  const { evaluationPeriods, datapointsToAlarm: toAlarm = evaluationPeriods } = settings;
  const treatment = treatmentOf(settings);
  const points = slots.filter(isPoint).toReversed().slice(0, evaluationPeriods);
  if (hasTooFewSamples(settings, points)) return undefined;
  const breaching = points.filter(({ value }) => isBreaching(settings, value));
  const filled = evaluationPeriods - points.length;
  const judged = (state: cloudwatch.StateValue): Judgement => ({
    state,
    points,
    supporting: state === 'ALARM' ? breaching : points.filter((point) => !breaching.includes(point)),
    filled,
  });
  if (filled === 0 || treatment === 'breaching' || treatment === 'notBreaching') {
    const bad = breaching.length + (treatment === 'breaching' ? filled : 0);
    return judged(bad >= toAlarm ? 'ALARM' : 'OK');
  }
  const few = judgeFew(slots, points, breaching, toAlarm);
  if (treatment === 'missing') return judged(few ?? 'INSUFFICIENT_DATA');
  // Ignored data may keep a state, and never stands for points that breach.
  if (few === undefined || (few === 'ALARM' && breaching.length < toAlarm)) return undefined;
  return judged(few);
};

/** How an alarm treats missing data. Of AWS/DynamoDB's metrics it is always ignored. */
export const treatmentOf = ({ treatMissingData, namespace }: MetricAlarmSettings): Treatment => {
  if (namespace === 'AWS/DynamoDB') return 'ignore';
  return treatMissingData === 'breaching' || treatMissingData === 'notBreaching' || treatMissingData === 'ignore'
    ? treatMissingData
    : 'missing';
};
