import type { cloudwatch, Handler } from '@oreno/aws-wire';
import { alarms } from '../alarm-records.ts';
import { appendHistory, findAlarm } from '../alarm-store.ts';
import { parentsOf } from '../composite-children.ts';
import type { CloudWatchContext } from '../context.ts';
import { validationError } from '../domain/errors.ts';
import { alarmDeleted } from '../domain/alarm/history.ts';

/**
 * Deletes alarms; names of none are passed over (CloudWatch API reference, "DeleteAlarms"). Any other fault of a request
 * leaves all of its alarms. Their histories stay.
 */
export const DeleteAlarms: Handler<cloudwatch.Operations, 'DeleteAlarms', CloudWatchContext> = async (
  { AlarmNames },
  { store, account, region, now },
) => {
  await store.update(async (transaction) => {
    const doomed = new Set(AlarmNames);
    let composites = 0;
    for (const alarmName of doomed) {
      const alarm = await findAlarm(transaction, { account, region }, alarmName);
      if (alarm === undefined) continue;
      composites += alarm.composite === undefined ? 0 : 1;
      if (composites > 1) throw validationError('Only one composite alarm can be deleted at a time.');
      const [parent] = await parentsOf(transaction, { account, region }, alarmName);
      if (parent !== undefined) {
        throw validationError(
          `Cannot delete ${alarmName} as there are composite alarm(s) depending on it: ${parent.alarmName}`,
        );
      }
      await transaction.delete(alarms, { account, region, alarmName });
      await appendHistory(transaction, alarm, [alarmDeleted(alarm)], now());
    }
  });
};
