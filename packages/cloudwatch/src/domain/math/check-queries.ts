/** MetricDataQueries of GetMetricData and PutMetricAlarm, checked and taken apart (API reference, MetricDataQuery). Pure. */
import type { cloudwatch } from '@oreno/aws-wire';
import { sortDimensions } from '../datum.ts';
import { invalidCombination, invalidValue, missingParameter } from '../errors.ts';
import { statisticOf } from '../statistic.ts';
import { periodOf } from '../time-range.ts';
import type { Expression } from './parse-expression.ts';
import { parseExpression } from './parse-expression.ts';

export interface MetricQuery {
  readonly namespace: string;
  readonly metricName: string;
  /** Sorted by name. */
  readonly dimensions: readonly cloudwatch.Dimension[];
  readonly stat: string;
  /** Seconds. */
  readonly period: number;
  /** Seconds, as the request has it: shorter than `period` where data of a finer resolution was asked for. */
  readonly askedPeriod: number;
  readonly unit?: cloudwatch.StandardUnit | undefined;
}

export interface CheckedQuery {
  readonly id: string;
  readonly label?: string | undefined;
  readonly isReturned: boolean;
  /** One of the two. */
  readonly metric?: MetricQuery | undefined;
  readonly expression?: Expression | undefined;
}

const metricQuery = (stat: cloudwatch.MetricStat, name: string): MetricQuery => {
  if (statisticOf(stat.Stat) === undefined) {
    throw invalidValue(`The value ${stat.Stat} for parameter ${name}.MetricStat.Stat is not supported.`);
  }
  const { Namespace: namespace = '', MetricName: metricName = '' } = stat.Metric;
  const period = periodOf(stat.Period, `${name}.MetricStat.Period`) / 1_000;
  const dimensions = sortDimensions(stat.Metric.Dimensions, `${name}.MetricStat.Metric.Dimensions`);
  return { namespace, metricName, dimensions, stat: stat.Stat, period, askedPeriod: stat.Period, unit: stat.Unit };
};

const checkQuery = (query: cloudwatch.MetricDataQuery, index: number): CheckedQuery => {
  const name = `MetricDataQueries.member.${index + 1}`;
  if (!/^[a-z][a-zA-Z0-9_]{0,254}$/.test(query.Id)) {
    throw invalidValue(
      `The value ${query.Id} for parameter ${name}.Id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$.`,
    );
  }
  if (query.Expression !== undefined && query.MetricStat !== undefined) {
    throw invalidCombination(`The parameters ${name}.Expression and ${name}.MetricStat are mutually exclusive.`);
  }
  const common = { id: query.Id, label: query.Label, isReturned: query.ReturnData ?? true };
  if (query.Expression !== undefined) return { ...common, expression: parseExpression(query.Expression) };
  if (query.MetricStat === undefined) throw missingParameter(`The parameter ${name}.MetricStat is required.`);
  return { ...common, metric: metricQuery(query.MetricStat, name) };
};

/** The queries of a request; throws what GetMetricData answers for those that are wrong. */
export const checkQueries = (queries: readonly cloudwatch.MetricDataQuery[]): readonly CheckedQuery[] => {
  if (new Set(queries.map(({ Id }) => Id)).size !== queries.length) {
    throw invalidValue('The values for parameter Id in MetricDataQueries are not unique.');
  }
  return queries.map(checkQuery);
};
