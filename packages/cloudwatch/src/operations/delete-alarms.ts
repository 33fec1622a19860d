import { AwsError } from '@oreno/aws-wire';
import type { cloudwatch, Handler } from '@oreno/aws-wire';
import { alarms } from '../alarm-records.ts';
import { appendHistory, findAlarm } from '../alarm-store.ts';
import type { CloudWatchContext } from '../context.ts';
import { alarmDeleted } from '../domain/alarm/history.ts';

/** Deletes alarms, all of a request or none. Their histories stay. */
export const DeleteAlarms: Handler<cloudwatch.Operations, 'DeleteAlarms', CloudWatchContext> = async (
  { AlarmNames },
  { store, account, region, now },
) => {
  await store.update(async (transaction) => {
    for (const alarmName of new Set(AlarmNames)) {
      const alarm = await findAlarm(transaction, { account, region }, alarmName);
      if (alarm === undefined) throw new AwsError('ResourceNotFound', `Alarm ${alarmName} does not exist`);
      await transaction.delete(alarms, { account, region, alarmName });
      await appendHistory(transaction, alarm, [alarmDeleted(alarm)], now());
    }
  });
};
