import { AwsError, decodeToken, encodeToken } from '@oreno/aws-wire';
import type { cloudwatch, Handler } from '@oreno/aws-wire';
import type { CloudWatchContext } from '../context.ts';
import { invalidToken, validationError } from '../domain/errors.ts';
import { checkQueries } from '../domain/math/check-queries.ts';
import type { CheckedQuery } from '../domain/math/check-queries.ts';
import { evaluate } from '../domain/math/evaluate.ts';
import type { Evaluation } from '../domain/math/evaluate.ts';
import { isList, isSeries } from '../domain/math/series.ts';
import type { Series } from '../domain/math/series.ts';
import { compareTimes, timeRange } from '../domain/time-range.ts';
import type { TimeRange } from '../domain/time-range.ts';
import { readMath } from '../read-math.ts';

const mostQueries = 500;
const mostDatapoints = 100_800;

const offsetOf = (token: string | undefined): number => {
  if (token === undefined) return 0;
  const offset = decodeToken(token);
  if (typeof offset !== 'number' || !Number.isInteger(offset) || offset < 0) throw invalidToken();
  return offset;
};

const rangeOf = (start: number, end: number): TimeRange => {
  const order = compareTimes(start, end);
  if (order > 0) throw validationError('The parameter EndTime must be greater than StartTime.');
  if (order === 0) throw validationError('The parameter StartTime must not equal parameter EndTime.');
  return timeRange(start, end);
};

/** GetMetricData lists no errors of its own for its input: what is wrong with a query is a ValidationError. */
const checked = (queries: cloudwatch.GetMetricDataInput['MetricDataQueries']): readonly CheckedQuery[] => {
  if (queries.length > mostQueries) {
    throw validationError(`The collection MetricDataQueries must not have a size greater than ${mostQueries}.`);
  }
  try {
    return checkQueries(queries);
  } catch (error) {
    throw error instanceof AwsError ? validationError(error.message) : error;
  }
};

/** A query's series with their labels; of a search or METRICS there are several under one id. */
const seriesOf = ({ id, label, expression }: CheckedQuery, evaluation: Evaluation): readonly Series[] => {
  const value = evaluate(id, evaluation);
  if (isSeries(value)) return [expression === undefined ? value : { ...value, label: label ?? id }];
  if (isList(value)) {
    return value.map((series) => ({
      ...series,
      label: label === undefined ? series.label : `${label} ${series.label}`,
    }));
  }
  throw validationError(`Error in expression '${id}': it has to return a time series. Use TIME_SERIES for a number.`);
};

/** Statistics of several metrics, and expressions over them, at once; the newest first unless asked otherwise. */
export const GetMetricData: Handler<cloudwatch.Operations, 'GetMetricData', CloudWatchContext> = async (
  input,
  { store, account, region },
) => {
  const range = rangeOf(input.StartTime, input.EndTime);
  const queries = checked(input.MetricDataQueries);
  const offset = offsetOf(input.NextToken);
  const evaluation = await store.read((transaction) => readMath(transaction, { account, region }, queries, range));
  const all = queries
    .filter(({ isReturned }) => isReturned)
    .flatMap((query) => seriesOf(query, evaluation).map((series) => ({ id: query.id, series })));
  const most = Math.min(input.MaxDatapoints ?? mostDatapoints, mostDatapoints);
  const share = Math.max(1, Math.floor(most / Math.max(1, all.length)));
  const isMore = all.some(({ series }) => series.points.size > offset + share);
  const results = all.map(({ id, series }): cloudwatch.MetricDataResult => {
    const oldestFirst = [...series.points];
    const points = input.ScanBy === 'TimestampAscending' ? oldestFirst : oldestFirst.toReversed();
    const page = points.slice(offset, offset + share);
    return {
      Id: id,
      Label: series.label,
      Timestamps: page.map(([at]) => at),
      Values: page.map(([, value]) => value),
      StatusCode: points.length > offset + share ? 'PartialData' : 'Complete',
    };
  });
  return { MetricDataResults: results, Messages: [], ...(isMore ? { NextToken: encodeToken(offset + share) } : {}) };
};
