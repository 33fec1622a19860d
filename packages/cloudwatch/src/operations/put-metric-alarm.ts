import { validateTags } from '@oreno/aws-wire';
import type { cloudwatch, Handler } from '@oreno/aws-wire';
import { alarms } from '../alarm-records.ts';
import type { AlarmRecord } from '../alarm-records.ts';
import { appendHistory, findAlarm } from '../alarm-store.ts';
import type { CloudWatchContext } from '../context.ts';
import { alarmArn } from '../domain/alarm/alarm-arn.ts';
import { checkActions, checkAlarmName, metricAlarmSettings, validationError } from '../domain/alarm/check-alarm.ts';
import { alarmCreated, alarmUpdated } from '../domain/alarm/history.ts';

/**
 * Makes or wholly replaces a metric alarm. A new one begins in INSUFFICIENT_DATA; a changed one keeps its state until
 * it is evaluated, and its tags.
 */
export const PutMetricAlarm: Handler<cloudwatch.Operations, 'PutMetricAlarm', CloudWatchContext> = async (
  input,
  { store, account, region, now },
) => {
  checkAlarmName(input.AlarmName);
  validateTags(input.Tags, { code: 'ValidationError' });
  const metric = metricAlarmSettings(input);
  const actions = {
    okActions: checkActions(input.OKActions, region),
    alarmActions: checkActions(input.AlarmActions, region),
    insufficientDataActions: checkActions(input.InsufficientDataActions, region),
  };
  await store.update(async (transaction) => {
    const at = now();
    const before = await findAlarm(transaction, { account, region }, input.AlarmName);
    if (before?.composite !== undefined) {
      throw validationError(`A composite alarm of the name ${input.AlarmName} already exists.`);
    }
    const alarm: AlarmRecord = {
      account,
      region,
      alarmName: input.AlarmName,
      alarmArn: alarmArn({ account, region }, input.AlarmName),
      description: input.AlarmDescription,
      actionsEnabled: input.ActionsEnabled ?? true,
      ...actions,
      configuredAt: Math.max(at, (before?.configuredAt ?? 0) + 1),
      tags: before?.tags ?? input.Tags ?? [],
      metric,
      state: before?.state ?? {
        value: 'INSUFFICIENT_DATA',
        reason: 'Unchecked: Initial alarm creation',
        updatedAt: at,
        transitionedAt: at,
      },
    };
    await transaction.put(alarms, alarm);
    await appendHistory(transaction, alarm, [before === undefined ? alarmCreated(alarm) : alarmUpdated(alarm)], at);
  });
};
