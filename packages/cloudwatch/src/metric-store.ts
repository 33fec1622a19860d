/**
 * Writing and reading metrics' points over the records.
 * Invariant: a write that has resolved is durable; several writes to one minute add up.
 */
import { createHash } from 'node:crypto';
import type { cloudwatch } from '@oreno/aws-wire';
import type { ReadTransaction, Store, WriteTransaction } from '@oreno/store';
import type { MetricName } from './domain/metric.ts';
import type { Point } from './domain/point.ts';
import { groupPoints } from './domain/point.ts';
import { hours, metrics } from './records.ts';

const hour = 3_600_000;

/** A point of a metric; the dimensions are sorted by name. */
export interface Entry {
  readonly metric: MetricName;
  readonly unit: cloudwatch.StandardUnit;
  readonly point: Point;
}

/** Stands for a metric in keys: namespace, name and dimensions (sorted by name). */
export const metricIdOf = ({ namespace, metricName, dimensions }: MetricName): string =>
  createHash('sha256')
    .update(JSON.stringify([namespace, metricName, dimensions.map(({ Name, Value }) => [Name, Value])]))
    .digest('base64url')
    .slice(0, 22);

const hourOf = (at: number): number => Math.floor(at / hour) * hour;

const noteMetric = async (
  transaction: WriteTransaction,
  metric: MetricName,
  metricId: string,
  unit: cloudwatch.StandardUnit,
  activeAt: number,
): Promise<void> => {
  const { account, region, namespace, metricName, dimensions } = metric;
  const row = await transaction.get(metrics, { account, region, namespace, metricName, metricId });
  if (row !== undefined && row.record.activeAt >= activeAt && row.record.units.includes(unit)) return;
  await transaction.put(metrics, {
    account,
    region,
    namespace,
    metricName,
    metricId,
    dimensions,
    units: [...new Set([...(row?.record.units ?? []), unit])],
    activeAt: Math.max(row?.record.activeAt ?? 0, activeAt),
  });
};

const addToHour = async (transaction: WriteTransaction, entries: readonly [Entry, ...Entry[]]): Promise<void> => {
  const [{ metric, unit, point }] = entries;
  const { account, region } = metric;
  const metricId = metricIdOf(metric);
  const start = hourOf(point.at);
  await noteMetric(transaction, metric, metricId, unit, start);
  const row = await transaction.get(hours, { account, region, metricId, unit, hour: start });
  const resolution = row?.record.resolution ?? 60;
  const points = groupPoints(
    [...(row?.record.points ?? []), ...entries.map((entry) => entry.point)],
    resolution * 1_000,
  );
  await transaction.put(hours, { account, region, metricId, unit, hour: start, resolution, points });
};

/** Writes points, all or none; durable when it resolves. */
export const writeEntries = async (store: Store, entries: readonly Entry[]): Promise<void> => {
  const groups = Map.groupBy(entries, ({ metric, unit, point }) =>
    [metric.account, metric.region, metricIdOf(metric), unit, hourOf(point.at)].join('/'),
  );
  if (groups.size === 0) return;
  await store.update(async (transaction) => {
    for (const [first, ...rest] of groups.values()) {
      if (first !== undefined) await addToHour(transaction, [first, ...rest]);
    }
  });
};

/** A metric's points in one unit. */
export interface Series {
  readonly unit: cloudwatch.StandardUnit;
  readonly points: readonly Point[];
}

/**
 * The points of a metric from `start` (inclusive) to `end` (exclusive), for each unit that it has data in or for
 * the one asked for; empty when there is no such metric.
 */
export const readSeries = async (
  transaction: ReadTransaction,
  metric: MetricName,
  start: number,
  end: number,
  unit?: cloudwatch.StandardUnit,
): Promise<readonly Series[]> => {
  const { account, region, namespace, metricName } = metric;
  const metricId = metricIdOf(metric);
  const row = await transaction.get(metrics, { account, region, namespace, metricName, metricId });
  const units = (row?.record.units ?? []).filter((known) => unit === undefined || known === unit);
  const series: Series[] = [];
  for (const known of units) {
    const rows = await transaction.list(hours, {
      where: { account, region, metricId, unit: known },
      from: hourOf(start),
      below: end,
    });
    const points = rows.flatMap(({ record }) => record.points).filter(({ at }) => at >= start && at < end);
    series.push({ unit: known, points });
  }
  return series;
};
