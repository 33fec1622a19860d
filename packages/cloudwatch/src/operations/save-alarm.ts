import type { cloudwatch } from '@oreno/aws-wire';
import type { WriteTransaction } from '@oreno/store';
import { alarms } from '../alarm-records.ts';
import type { AlarmRecord } from '../alarm-records.ts';
import { appendHistory, findAlarm } from '../alarm-store.ts';
import type { CloudWatchContext } from '../context.ts';
import { alarmArn } from '../domain/alarm/alarm-arn.ts';
import { checkActions, checkAlarmName } from '../domain/alarm/check-alarm.ts';
import { validationError } from '../domain/errors.ts';
import { alarmCreated, alarmUpdated } from '../domain/alarm/history.ts';

type CommonInput = Pick<
  cloudwatch.PutMetricAlarmInput,
  | 'ActionsEnabled'
  | 'AlarmActions'
  | 'AlarmDescription'
  | 'AlarmName'
  | 'InsufficientDataActions'
  | 'OKActions'
  | 'Tags'
>;

/**
 * Writes an alarm as PutMetricAlarm and PutCompositeAlarm do: a new one begins in INSUFFICIENT_DATA; a changed one keeps
 * its state until it is evaluated, its tags, and its kind.
 */
export const saveAlarm = async (
  transaction: WriteTransaction,
  { account, region, now }: CloudWatchContext,
  input: CommonInput,
  settings: Pick<AlarmRecord, 'composite' | 'metric'>,
): Promise<void> => {
  checkAlarmName(input.AlarmName);
  const at = now();
  const before = await findAlarm(transaction, { account, region }, input.AlarmName);
  if (before !== undefined && (before.composite === undefined) !== (settings.composite === undefined)) {
    throw validationError(`An alarm of another type exists under the name ${input.AlarmName}.`);
  }
  const alarm: AlarmRecord = {
    account,
    region,
    alarmName: input.AlarmName,
    alarmArn: alarmArn({ account, region }, input.AlarmName),
    description: input.AlarmDescription,
    actionsEnabled: input.ActionsEnabled ?? true,
    okActions: checkActions(input.OKActions, region),
    alarmActions: checkActions(input.AlarmActions, region),
    insufficientDataActions: checkActions(input.InsufficientDataActions, region),
    configuredAt: Math.max(at, (before?.configuredAt ?? 0) + 1),
    tags: before?.tags ?? input.Tags ?? [],
    ...settings,
    state: before?.state ?? {
      value: 'INSUFFICIENT_DATA',
      reason: 'Unchecked: Initial alarm creation',
      updatedAt: at,
      transitionedAt: at,
    },
  };
  await transaction.put(alarms, alarm);
  await appendHistory(transaction, alarm, [before === undefined ? alarmCreated(alarm) : alarmUpdated(alarm)], at);
};
