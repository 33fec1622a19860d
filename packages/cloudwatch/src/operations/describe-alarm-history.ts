import { decodeToken, encodeToken } from '@oreno/aws-wire';
import type { cloudwatch, Handler } from '@oreno/aws-wire';
import { alarmHistory } from '../alarm-records.ts';
import type { AlarmHistoryRecord } from '../alarm-records.ts';
import type { CloudWatchContext } from '../context.ts';
import { invalidToken } from '../domain/errors.ts';

const usualPage = 100;
/** Rows read at once on the way to a page of those that are wanted. */
const batch = 200;

type After = Pick<AlarmHistoryRecord, 'at' | 'alarmName' | 'sequence'>;

const isAfter = (value: unknown): value is After =>
  typeof value === 'object' && value !== null && 'at' in value && 'alarmName' in value && 'sequence' in value;

const afterOf = (token: string | undefined): After | undefined => {
  if (token === undefined) return undefined;
  const after = decodeToken(token);
  if (!isAfter(after)) throw invalidToken();
  return after;
};

const isWanted = (input: cloudwatch.DescribeAlarmHistoryInput, item: AlarmHistoryRecord): boolean =>
  (input.AlarmTypes ?? ['MetricAlarm']).includes(item.alarmType) &&
  (input.HistoryItemType === undefined || item.itemType === input.HistoryItemType);

const itemView = (item: AlarmHistoryRecord): cloudwatch.AlarmHistoryItem => ({
  AlarmName: item.alarmName,
  AlarmType: item.alarmType,
  Timestamp: item.at,
  HistoryItemType: item.itemType,
  HistorySummary: item.summary,
  HistoryData: item.data,
});

/** What happened to alarms in the last thirty days, deleted ones included; newest first unless asked otherwise. */
export const DescribeAlarmHistory: Handler<cloudwatch.Operations, 'DescribeAlarmHistory', CloudWatchContext> = async (
  input,
  { store, account, region },
) => {
  const { AlarmName: alarmName, MaxRecords: limit = usualPage, StartDate: from, EndDate: end } = input;
  const found: AlarmHistoryRecord[] = [];
  let after = afterOf(input.NextToken);
  let isMore = false;
  await store.read(async (transaction) => {
    for (;;) {
      const rows = await transaction.list(alarmHistory, {
        ...(alarmName === undefined ? { index: 'byTime' } : {}),
        where: alarmName === undefined ? { account, region } : { account, region, alarmName },
        from,
        below: end === undefined ? undefined : end + 1,
        after: after && { account, region, ...after },
        reverse: input.ScanBy !== 'TimestampAscending',
        limit: batch,
      });
      for (const { record } of rows) {
        if (!isWanted(input, record)) continue;
        if (found.length === limit) {
          isMore = true;
          return;
        }
        found.push(record);
      }
      const last = rows.at(-1)?.record;
      if (last === undefined || rows.length < batch) return;
      after = { at: last.at, alarmName: last.alarmName, sequence: last.sequence };
    }
  });
  const last = found.at(-1);
  const token = last && { at: last.at, alarmName: last.alarmName, sequence: last.sequence };
  return {
    AlarmHistoryItems: found.map(itemView),
    ...(isMore ? { NextToken: encodeToken(token) } : {}),
  };
};
