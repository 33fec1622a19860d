/** Alarms on metric math: what PutMetricAlarm takes as `Metrics`, checked (API reference, PutMetricAlarm). Pure. */
import type { cloudwatch } from '@oreno/aws-wire';
import { checkQueries } from '../math/check-queries.ts';
import type { CheckedQuery } from '../math/check-queries.ts';
import { evaluate } from '../math/evaluate.ts';
import { partsOf } from '../math/parse-expression.ts';
import { isSeries } from '../math/series.ts';
import type { Series } from '../math/series.ts';
import { validationError } from '../errors.ts';

const mostMetrics = 10;

/** What an alarm on metric math is evaluated by. */
export interface MathAlarm {
  readonly queries: readonly CheckedQuery[];
  /** Of the one that is returned. */
  readonly id: string;
  /** Seconds; of all metrics the same. */
  readonly period: number;
}

const emptySeries = (label: string, period: number): Series => ({ label, period, points: new Map() });

/** An alarm watches one time series: what the expression makes of metrics without data says whether it is one. */
const checkResult = ({ queries, id, period }: MathAlarm): void => {
  const metrics = new Map(
    queries.filter(({ metric }) => metric !== undefined).map((query) => [query.id, emptySeries(query.id, period)]),
  );
  const expressions = new Map(
    queries.flatMap((query) => (query.expression === undefined ? [] : [[query.id, query.expression] as const])),
  );
  const value = evaluate(id, { range: { start: 0, end: 0 }, metrics, expressions, searches: new Map(), period });
  if (!isSeries(value)) throw validationError(`The expression ${id} has to return a single time series.`);
};

/** Takes `Metrics` apart; throws ValidationError or what GetMetricData answers for queries that are wrong. */
export const mathAlarm = (metrics: readonly cloudwatch.MetricDataQuery[]): MathAlarm => {
  const queries = checkQueries(metrics);
  const [returned, ...others] = queries.filter(({ isReturned }) => isReturned);
  if (returned === undefined || others.length > 0) {
    throw validationError('Exactly one element of the Metrics list should return data.');
  }
  const periods = new Set(queries.flatMap(({ metric }) => (metric === undefined ? [] : [metric.period])));
  const [period] = periods;
  if (period === undefined) throw validationError('Metrics list must contain at least one metric.');
  if (periods.size > 1) throw validationError('All metrics of an alarm have to have the same period.');
  if (queries.filter(({ metric }) => metric !== undefined).length > mostMetrics) {
    throw validationError(`An alarm can have at most ${mostMetrics} metrics.`);
  }
  const parts = queries.flatMap(({ expression }) => (expression === undefined ? [] : partsOf(expression)));
  if (parts.some((part) => part.kind === 'call' && part.name === 'SEARCH')) {
    throw validationError('SEARCH is not supported on Metric Alarms.');
  }
  const alarm = { queries, id: returned.id, period };
  checkResult(alarm);
  return alarm;
};
