/**
 * Rolling up and forgetting: a minute's points are kept for 15 days, then as 5-minute points until 63 days, then
 * as hours until 455 days. A metric that is older than all of its data goes with it. What happened to alarms is kept
 * for 30 days. (CloudWatch user guide, "Metrics retention", "Common features of CloudWatch alarms".)
 */
import type { Store } from '@oreno/store';
import { alarmHistory } from './alarm-records.ts';
import { groupPoints } from './domain/point.ts';
import { hours, metrics } from './records.ts';

const day = 86_400_000;

/** From which resolution, after how long, to which; undefined means that the data goes. */
const stages = [
  { resolution: 60, after: 15 * day, next: 300 },
  { resolution: 300, after: 63 * day, next: 3_600 },
  { resolution: 3_600, after: 455 * day, next: undefined },
] as const;

/** Rows in one transaction: others wait for it. */
const batch = 200;

const advanceBatch = (store: Store, { resolution, after, next }: (typeof stages)[number], now: number) =>
  store.update(async (transaction) => {
    const rows = await transaction.list(hours, {
      index: 'byAge',
      where: { resolution },
      below: now - after,
      limit: batch,
    });
    for (const { record } of rows) {
      if (next === undefined) await transaction.delete(hours, record);
      else {
        const points = groupPoints(record.points, next * 1_000);
        await transaction.put(hours, { ...record, resolution: next, points });
      }
    }
    return rows.length;
  });

const forgetMetrics = (store: Store, now: number) =>
  store.update(async (transaction) => {
    const rows = await transaction.list(metrics, { index: 'byActivity', below: now - 455 * day, limit: batch });
    for (const { record } of rows) await transaction.delete(metrics, record);
    return rows.length;
  });

const forgetHistory = (store: Store, now: number) =>
  store.update(async (transaction) => {
    const rows = await transaction.list(alarmHistory, { index: 'byAge', below: now - 30 * day, limit: batch });
    for (const { record } of rows) await transaction.delete(alarmHistory, record);
    return rows.length;
  });

/** Brings everything to the resolution of its age. */
export const applyRetention = async (store: Store, now: number): Promise<void> => {
  for (const stage of stages) while ((await advanceBatch(store, stage, now)) === batch);
  while ((await forgetMetrics(store, now)) === batch);
  while ((await forgetHistory(store, now)) === batch);
};
