/** Why an alarm is in its state, in CloudWatch's words, and the same as JSON (StateReason, StateReasonData). Pure. */
import type { cloudwatch } from '@oreno/aws-wire';
import type { MetricAlarmSettings } from '../../alarm-records.ts';
import type { Datapoint, Judgement } from './decide-state.ts';
import { treatmentOf } from './decide-state.ts';
import { numberText, shortTimeText, timeText } from './number-text.ts';
import type { Slot } from './window.ts';

/** More points than these are not listed one by one. */
const mostListed = 5;

const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;

const comparisons: Readonly<Record<string, string | undefined>> = {
  GreaterThanOrEqualToThreshold: 'greater than or equal to',
  GreaterThanThreshold: 'greater than',
  LessThanOrEqualToThreshold: 'less than or equal to',
  LessThanThreshold: 'less than',
};

const listed = (points: readonly Datapoint[]): string =>
  `[${points
    .slice(0, mostListed)
    .map(({ at, value }) => `${numberText(value)} (${shortTimeText(at)})`)
    .join(', ')}]`;

const filledText = (settings: MetricAlarmSettings, filled: number): string => {
  const treatment = treatmentOf(settings);
  if (filled === 0 || (treatment !== 'breaching' && treatment !== 'notBreaching')) return '';
  const was = filled === 1 ? 'was' : 'were';
  return ` and ${plural(filled, 'missing datapoint')} ${was} treated as [${treatment === 'breaching' ? 'Breaching' : 'NonBreaching'}]`;
};

const transitionText = (state: cloudwatch.StateValue, settings: MetricAlarmSettings): string => {
  const { evaluationPeriods, datapointsToAlarm } = settings;
  if (datapointsToAlarm === undefined) return '';
  const [needed, way] =
    state === 'ALARM' ? [datapointsToAlarm, 'OK -> ALARM'] : [evaluationPeriods - datapointsToAlarm + 1, 'ALARM -> OK'];
  return ` (minimum ${plural(needed, 'datapoint')} for ${way} transition)`;
};

/** The text of a judgement. */
export const stateReason = (settings: MetricAlarmSettings, judgement: Judgement): string => {
  const { state, points, supporting, filled } = judgement;
  if (state === 'INSUFFICIENT_DATA') {
    return `Insufficient Data: ${plural(filled, 'datapoint')} ${filled === 1 ? 'was' : 'were'} unknown.`;
  }
  const missing = filledText(settings, filled);
  if (points.length === 0) {
    return `Threshold Crossed: no datapoints were received for ${plural(filled, 'period')}${missing}.`;
  }
  const { evaluationPeriods, datapointsToAlarm, comparisonOperator, threshold } = settings;
  const count = supporting.length;
  const many = count > mostListed;
  const outOf =
    datapointsToAlarm === undefined
      ? plural(count, 'datapoint')
      : `${count} out of the last ${evaluationPeriods} datapoints`;
  const not = state === 'OK' ? 'not ' : '';
  const compared = `${count === 1 ? 'was' : 'were'} ${not}${comparisons[comparisonOperator] ?? comparisonOperator} the threshold (${numberText(threshold)})`;
  const end = `${missing}${transitionText(state, settings)}.`;
  return many
    ? `Threshold Crossed: ${outOf} ${compared}. The most recent datapoints which crossed the threshold: ${listed(supporting)}${end}`
    : `Threshold Crossed: ${outOf} ${listed(supporting)} ${compared}${end}`;
};

const evaluated = ({ at, value, sampleCount }: Slot): string =>
  [
    `{"timestamp":"${timeText(at)}"`,
    ...(sampleCount === undefined ? [] : [`"sampleCount":${numberText(sampleCount)}`]),
    ...(value === undefined ? [] : [`"value":${numberText(value)}`]),
  ].join(',') + '}';

/**
 * The JSON of a judgement. Points are listed as judged: the evaluated ones newest first, the recent ones oldest first.
 * @param slots the evaluation range, oldest first
 * @param period seconds
 */
export const stateReasonData = (
  settings: MetricAlarmSettings,
  { points }: Judgement,
  {
    slots,
    period,
    queriedAt,
  }: { readonly slots: readonly Slot[]; readonly period: number; readonly queriedAt: number },
): string => {
  const oldestFirst = points.toReversed();
  const [oldest] = oldestFirst;
  const shown = points.length > 0 ? points : slots.toReversed().slice(0, settings.evaluationPeriods);
  const statistic = settings.statistic ?? settings.extendedStatistic;
  const members = [
    `"version":"1.0"`,
    `"queryDate":"${timeText(queriedAt)}"`,
    ...(oldest === undefined ? [] : [`"startDate":"${timeText(oldest.at)}"`]),
    ...(settings.unit === undefined ? [] : [`"unit":${JSON.stringify(settings.unit)}`]),
    ...(statistic === undefined ? [] : [`"statistic":${JSON.stringify(statistic)}`]),
    `"period":${period}`,
    `"recentDatapoints":[${oldestFirst.map(({ value }) => numberText(value)).join(',')}]`,
    `"threshold":${numberText(settings.threshold)}`,
    `"evaluatedDatapoints":[${shown.map(evaluated).join(',')}]`,
  ];
  return `{${members.join(',')}}`;
};
