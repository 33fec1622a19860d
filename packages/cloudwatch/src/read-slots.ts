/** Reads the points that an alarm is judged by. */
import type { ReadTransaction } from '@oreno/store';
import type { MetricAlarmSettings } from './alarm-records.ts';
import type { AlarmScope } from './domain/alarm/alarm-arn.ts';
import { mathAlarm } from './domain/alarm/math-alarm.ts';
import { slotsOf } from './domain/alarm/window.ts';
import type { Slot, Window } from './domain/alarm/window.ts';
import { evaluate } from './domain/math/evaluate.ts';
import { isSeries } from './domain/math/series.ts';
import { groupPoints } from './domain/point.ts';
import { statisticOf } from './domain/statistic.ts';
import { readSeries } from './metric-store.ts';
import { readMath } from './read-math.ts';

type Slots = ReadonlyMap<number, Slot>;

/** A metric of several units is judged by the first. */
const metricPoints = async (
  transaction: ReadTransaction,
  { account, region }: AlarmScope,
  { namespace = '', metricName = '', dimensions, statistic, extendedStatistic, unit }: MetricAlarmSettings,
  window: Window,
): Promise<Slots> => {
  const metric = { account, region, namespace, metricName, dimensions };
  const [series] = await readSeries(transaction, metric, window.start, window.end, unit);
  const valueOf = statisticOf(statistic ?? extendedStatistic ?? '');
  const points = groupPoints(series?.points ?? [], window.period, window.start);
  return new Map(
    points.map((point) => [point.at, { at: point.at, value: valueOf?.(point), sampleCount: point.count }]),
  );
};

const mathPoints = async (
  transaction: ReadTransaction,
  scope: AlarmScope,
  metrics: NonNullable<MetricAlarmSettings['metrics']>,
  window: Window,
): Promise<Slots> => {
  const { queries, id } = mathAlarm(metrics);
  const value = evaluate(id, await readMath(transaction, scope, queries, window));
  return new Map(isSeries(value) ? [...value.points].map(([at, each]) => [at, { at, value: each }]) : []);
};

/** The periods of a window with the alarm's statistic or what its expression makes of it. */
export const readSlots = async (
  transaction: ReadTransaction,
  scope: AlarmScope,
  settings: MetricAlarmSettings,
  window: Window,
): Promise<readonly Slot[]> =>
  slotsOf(
    window,
    settings.metrics === undefined
      ? await metricPoints(transaction, scope, settings, window)
      : await mathPoints(transaction, scope, settings.metrics, window),
  );
