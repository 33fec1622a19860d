/** Reads the points that an alarm is judged by. */
import type { ReadTransaction } from '@oreno/store';
import type { MetricAlarmSettings } from './alarm-records.ts';
import type { AlarmScope } from './domain/alarm/alarm-arn.ts';
import { slotsOf } from './domain/alarm/window.ts';
import type { Slot, Window } from './domain/alarm/window.ts';
import { groupPoints } from './domain/point.ts';
import { statisticOf } from './domain/statistic.ts';
import { readSeries } from './metric-store.ts';

/** The periods of a window with the alarm's statistic. A metric of several units is judged by the first. */
export const readSlots = async (
  transaction: ReadTransaction,
  { account, region }: AlarmScope,
  { namespace = '', metricName = '', dimensions, statistic, extendedStatistic, unit }: MetricAlarmSettings,
  window: Window,
): Promise<readonly Slot[]> => {
  const metric = { account, region, namespace, metricName, dimensions };
  const [series] = await readSeries(transaction, metric, window.start, window.end, unit);
  const valueOf = statisticOf(statistic ?? extendedStatistic ?? '');
  const points = groupPoints(series?.points ?? [], window.period, window.start);
  return slotsOf(
    window,
    new Map(points.map((point) => [point.at, { at: point.at, value: valueOf?.(point), sampleCount: point.count }])),
  );
};
