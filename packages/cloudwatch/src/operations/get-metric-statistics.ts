import type { cloudwatch, Handler } from '@oreno/aws-wire';
import type { CloudWatchContext } from '../context.ts';
import { sortDimensions } from '../domain/datum.ts';
import { invalidCombination, invalidValue, missingParameter } from '../domain/errors.ts';
import type { Point } from '../domain/point.ts';
import { groupPoints } from '../domain/point.ts';
import { percentileOf, statisticOf } from '../domain/statistic.ts';
import { periodOf, timeRange } from '../domain/time-range.ts';
import { readSeries } from '../metric-store.ts';

const mostDatapoints = 1_440;

const extendedOf = (point: Point, names: readonly string[]): Pick<cloudwatch.Datapoint, 'ExtendedStatistics'> => {
  if (names.length === 0) return {};
  const values = names.flatMap((name) => {
    const value = percentileOf(name)?.(point);
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ExtendedStatistics: Object.fromEntries(values) };
};

const datapoint = (
  point: Point,
  unit: cloudwatch.StandardUnit,
  statistics: readonly cloudwatch.Statistic[],
  extended: readonly string[],
): cloudwatch.Datapoint => ({
  Timestamp: point.at,
  ...Object.fromEntries(statistics.map((name) => [name, statisticOf(name)?.(point)])),
  ...extendedOf(point, extended),
  Unit: unit,
});

/** The statistics of one metric in periods from the start of the range; without a unit, of every unit it has. */
export const GetMetricStatistics: Handler<cloudwatch.Operations, 'GetMetricStatistics', CloudWatchContext> = async (
  input,
  { store, account, region },
) => {
  const [statistics, extended] = [input.Statistics ?? [], input.ExtendedStatistics ?? []];
  if (statistics.length === 0 && extended.length === 0) {
    throw missingParameter('Must specify either Statistics or ExtendedStatistics');
  }
  for (const name of extended) {
    if (percentileOf(name) === undefined) {
      throw invalidValue(`The value ${name} for parameter ExtendedStatistics is not supported.`);
    }
  }
  const { start, end } = timeRange(input.StartTime, input.EndTime);
  const period = periodOf(input.Period, 'Period');
  const asked = Math.ceil((input.EndTime - input.StartTime) / (input.Period * 1_000));
  if (asked > mostDatapoints) {
    throw invalidCombination(
      `You have requested up to ${asked} datapoints, which exceeds the limit of ${mostDatapoints}. You may reduce the datapoints requested by increasing Period, or decreasing the time range.`,
    );
  }
  const metric = {
    account,
    region,
    namespace: input.Namespace,
    metricName: input.MetricName,
    dimensions: sortDimensions(input.Dimensions, 'Dimensions'),
  };
  const series = await store.read((transaction) => readSeries(transaction, metric, start, end, input.Unit));
  return {
    Label: input.MetricName,
    Datapoints: series.flatMap(({ unit, points }) =>
      groupPoints(points, period, start).map((point) => datapoint(point, unit, statistics, extended)),
    ),
  };
};
