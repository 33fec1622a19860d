import { decodeToken, encodeToken } from '@oreno/aws-wire';
import type { cloudwatch, Handler } from '@oreno/aws-wire';
import type { ReadTransaction } from '@oreno/store';
import type { CloudWatchContext } from '../context.ts';
import { sortDimensions } from '../domain/datum.ts';
import { invalidToken, invalidValue, missingParameter } from '../domain/errors.ts';
import { groupPoints } from '../domain/point.ts';
import { statisticOf } from '../domain/statistic.ts';
import type { TimeRange } from '../domain/time-range.ts';
import { periodOf, timeRange } from '../domain/time-range.ts';
import { readSeries } from '../metric-store.ts';

const mostQueries = 500;
const mostDatapoints = 100_800;

interface Query {
  readonly id: string;
  readonly label: string;
  readonly stat: cloudwatch.MetricStat;
  readonly metric: {
    readonly namespace: string;
    readonly metricName: string;
    readonly dimensions: readonly cloudwatch.Dimension[];
  };
}

const checkQuery = (query: cloudwatch.MetricDataQuery, index: number): readonly Query[] => {
  const name = `MetricDataQueries.member.${index + 1}`;
  if (!/^[a-z][a-zA-Z0-9_]{0,254}$/.test(query.Id)) {
    throw invalidValue(
      `The value ${query.Id} for parameter ${name}.Id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$.`,
    );
  }
  if (query.Expression !== undefined) {
    throw invalidValue(`The parameter ${name}.Expression is not supported here: metric math is not available.`);
  }
  const stat = query.MetricStat;
  if (stat === undefined) throw missingParameter(`The parameter ${name}.MetricStat is required.`);
  if (statisticOf(stat.Stat) === undefined) {
    throw invalidValue(`The value ${stat.Stat} for parameter ${name}.MetricStat.Stat is not supported.`);
  }
  const { Namespace: namespace = '', MetricName: metricName = '' } = stat.Metric;
  periodOf(stat.Period, `${name}.MetricStat.Period`);
  const dimensions = sortDimensions(stat.Metric.Dimensions, `${name}.MetricStat.Metric.Dimensions`);
  if (query.ReturnData === false) return [];
  return [{ id: query.Id, label: query.Label ?? metricName, stat, metric: { namespace, metricName, dimensions } }];
};

const offsetOf = (token: string | undefined): number => {
  if (token === undefined) return 0;
  const offset = decodeToken(token);
  if (typeof offset !== 'number' || !Number.isInteger(offset) || offset < 0) throw invalidToken();
  return offset;
};

/** Time and value of every period that has data, oldest first. A metric of several units answers with the first. */
const valuesOf = async (
  transaction: ReadTransaction,
  { stat, metric }: Query,
  scope: { readonly account: string; readonly region: string },
  { start, end }: TimeRange,
): Promise<readonly (readonly [number, number])[]> => {
  const [series] = await readSeries(transaction, { ...scope, ...metric }, start, end, stat.Unit);
  const statistic = statisticOf(stat.Stat);
  return groupPoints(series?.points ?? [], periodOf(stat.Period, 'Period'), start).flatMap((point) => {
    const value = statistic?.(point);
    return value === undefined ? [] : [[point.at, value] as const];
  });
};

/** Statistics of several metrics at once; the newest first unless asked otherwise. Metric math is not available. */
export const GetMetricData: Handler<cloudwatch.Operations, 'GetMetricData', CloudWatchContext> = async (
  input,
  { store, account, region },
) => {
  const range = timeRange(input.StartTime, input.EndTime);
  if (input.MetricDataQueries.length > mostQueries) {
    throw invalidValue(`The collection MetricDataQueries must not have a size greater than ${mostQueries}.`);
  }
  if (new Set(input.MetricDataQueries.map(({ Id }) => Id)).size !== input.MetricDataQueries.length) {
    throw invalidValue('The values for parameter Id in MetricDataQueries are not unique.');
  }
  const queries = input.MetricDataQueries.flatMap(checkQuery);
  const offset = offsetOf(input.NextToken);
  const most = Math.min(input.MaxDatapoints ?? mostDatapoints, mostDatapoints);
  const share = Math.max(1, Math.floor(most / Math.max(1, queries.length)));
  const results: cloudwatch.MetricDataResult[] = [];
  let isMore = false;
  await store.read(async (transaction) => {
    for (const query of queries) {
      const oldestFirst = await valuesOf(transaction, query, { account, region }, range);
      const all = input.ScanBy === 'TimestampAscending' ? oldestFirst : oldestFirst.toReversed();
      const page = all.slice(offset, offset + share);
      const isPartial = all.length > offset + share;
      isMore ||= isPartial;
      results.push({
        Id: query.id,
        Label: query.label,
        Timestamps: page.map(([at]) => at),
        Values: page.map(([, value]) => value),
        StatusCode: isPartial ? 'PartialData' : 'Complete',
      });
    }
  });
  return { MetricDataResults: results, Messages: [], ...(isMore ? { NextToken: encodeToken(offset + share) } : {}) };
};
