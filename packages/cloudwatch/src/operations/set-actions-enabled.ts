import { alarms } from '../alarm-records.ts';
import { appendHistory, findAlarm } from '../alarm-store.ts';
import type { CloudWatchContext } from '../context.ts';
import { alarmUpdated } from '../domain/alarm/history.ts';

/** What EnableAlarmActions and DisableAlarmActions do. */
export const setActionsEnabled = (
  { store, account, region, now }: CloudWatchContext,
  alarmNames: readonly string[],
  actionsEnabled: boolean,
): Promise<void> =>
  store.update(async (transaction) => {
    for (const alarmName of new Set(alarmNames)) {
      const alarm = await findAlarm(transaction, { account, region }, alarmName);
      if (alarm === undefined || alarm.actionsEnabled === actionsEnabled) continue;
      const at = now();
      const next = { ...alarm, actionsEnabled, configuredAt: Math.max(at, alarm.configuredAt + 1) };
      await transaction.put(alarms, next);
      await appendHistory(transaction, next, [alarmUpdated(next)], at);
    }
  });
