/** Reads what metric math works on: the metrics that a request names, and those that its searches find. */
import type { ReadTransaction } from '@oreno/store';
import type { AlarmScope } from './domain/alarm/alarm-arn.ts';
import { validationError } from './domain/errors.ts';
import type { CheckedQuery, MetricQuery } from './domain/math/check-queries.ts';
import type { Evaluation } from './domain/math/evaluate.ts';
import { searchKey } from './domain/math/evaluate.ts';
import type { Expression } from './domain/math/parse-expression.ts';
import { partsOf } from './domain/math/parse-expression.ts';
import { parseSearch } from './domain/math/search-filter.ts';
import type { Series } from './domain/math/series.ts';
import { groupPoints } from './domain/point.ts';
import { statisticOf } from './domain/statistic.ts';
import { periodOf } from './domain/time-range.ts';
import { readSeries } from './metric-store.ts';
import { metrics } from './records.ts';

interface Range {
  readonly start: number;
  readonly end: number;
}

/** The metric's statistic in each period that has data. A metric of several units answers with the first. */
const readMetric = async (
  transaction: ReadTransaction,
  { account, region }: AlarmScope,
  { stat, unit, period, namespace, metricName, dimensions }: Omit<MetricQuery, 'askedPeriod'>,
  { start, end }: Range,
  label: string,
): Promise<Series> => {
  const metric = { account, region, namespace, metricName, dimensions };
  const [series] = await readSeries(transaction, metric, start, end, unit);
  const statistic = statisticOf(stat);
  const points = groupPoints(series?.points ?? [], period * 1_000, start).flatMap((point) => {
    const value = statistic?.(point);
    return value === undefined ? [] : [[point.at, value] as const];
  });
  return { label, period, points: new Map(points) };
};

type Call = Extract<Expression, { kind: 'call' }>;

const searchesIn = (queries: readonly CheckedQuery[]): readonly Call[] =>
  queries
    .flatMap(({ expression }) => (expression === undefined ? [] : partsOf(expression)))
    .filter((part): part is Call => part.kind === 'call' && part.name === 'SEARCH');

const usualPeriod = 300;
/** As many as a search answers on AWS. */
const mostFound = 100;
/** Searches find metrics with data in the last two weeks. */
const searchedFor = 14 * 86_400_000;

const search = async (
  transaction: ReadTransaction,
  scope: AlarmScope,
  { args: [filter, statistic, period] }: Call,
  range: Range,
): Promise<readonly Series[]> => {
  if (filter?.kind !== 'text' || statistic?.kind !== 'text' || statisticOf(statistic.value) === undefined) {
    throw validationError('Error in expression: SEARCH takes a search, a statistic and a period.');
  }
  const seconds = period === undefined ? usualPeriod : period.kind === 'number' ? period.value : 0;
  const length = periodOf(seconds, 'Period') / 1_000;
  const isAskedFor = parseSearch(filter.value);
  const { account, region } = scope;
  const rows = await transaction.list(metrics, { where: { account, region } });
  const found = rows
    .map(({ record }) => record)
    .filter((record) => record.activeAt >= range.end - searchedFor && isAskedFor(record))
    .slice(0, mostFound);
  const series: Series[] = [];
  for (const { namespace, metricName, dimensions } of found) {
    const label = [...dimensions.map(({ Value }) => Value), metricName].join(' ');
    const query = { namespace, metricName, dimensions, stat: statistic.value, period: length };
    series.push(await readMetric(transaction, scope, query, range, label));
  }
  return series;
};

/**
 * The label of a metric that was asked for without one: its name, and what sets it apart from the request's other
 * metrics, the statistic and the period in seconds.
 */
const labelsOf = (queries: readonly CheckedQuery[]): ((query: MetricQuery) => string) => {
  const asked = queries.flatMap(({ metric }) => metric ?? []);
  const statsDiffer = new Set(asked.map(({ stat }) => stat)).size > 1;
  const periodsDiffer = new Set(asked.map(({ askedPeriod }) => askedPeriod)).size > 1;
  return ({ metricName, stat, askedPeriod }) =>
    [metricName, ...(statsDiffer ? [stat] : []), ...(periodsDiffer ? [askedPeriod] : [])].join(' ');
};

/** Everything that the queries of a request can be evaluated on. */
export const readMath = async (
  transaction: ReadTransaction,
  scope: AlarmScope,
  queries: readonly CheckedQuery[],
  range: Range,
): Promise<Evaluation> => {
  const labelOf = labelsOf(queries);
  const known = new Map<string, Series>();
  const expressions = new Map<string, Expression>();
  for (const { id, label, metric, expression } of queries) {
    if (expression !== undefined) expressions.set(id, expression);
    if (metric !== undefined) {
      known.set(id, await readMetric(transaction, scope, metric, range, label ?? labelOf(metric)));
    }
  }
  const searches = new Map<string, readonly Series[]>();
  for (const call of searchesIn(queries)) {
    searches.set(searchKey(call.args), await search(transaction, scope, call, range));
  }
  const periods = [...known.values(), ...[...searches.values()].flat()].map(({ period }) => period);
  return {
    range,
    metrics: known,
    expressions,
    searches,
    period: periods.length === 0 ? usualPeriod : Math.min(...periods),
  };
};
