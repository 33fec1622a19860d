/** Reading alarms and writing their states and histories, in the caller's transaction. */
import type { cloudwatch } from '@oreno/aws-wire';
import type { ReadTransaction, WriteTransaction } from '@oreno/store';
import { alarmHistory, alarms } from './alarm-records.ts';
import type { AlarmRecord, AlarmState } from './alarm-records.ts';
import type { AlarmScope } from './domain/alarm/alarm-arn.ts';
import { actionFailed, actionsFor, stateUpdated } from './domain/alarm/history.ts';
import type { HistoryItem } from './domain/alarm/history.ts';

export const findAlarm = async (
  transaction: ReadTransaction,
  { account, region }: AlarmScope,
  alarmName: string,
): Promise<AlarmRecord | undefined> => (await transaction.get(alarms, { account, region, alarmName }))?.record;

export const alarmTypeOf = ({ composite }: AlarmRecord): cloudwatch.AlarmType =>
  composite === undefined ? 'MetricAlarm' : 'CompositeAlarm';

/** Adds to an alarm's history, the first item oldest. @param at milliseconds since the epoch */
export const appendHistory = async (
  transaction: WriteTransaction,
  alarm: AlarmRecord,
  items: readonly HistoryItem[],
  at: number,
): Promise<void> => {
  const { account, region, alarmName } = alarm;
  let sequence = await transaction.count(alarmHistory, { where: { account, region, alarmName, at } });
  for (const item of items) {
    const key = { account, region, alarmName, at, sequence };
    await transaction.put(alarmHistory, { ...key, alarmType: alarmTypeOf(alarm), ...item });
    sequence += 1;
  }
};

/** Gives an alarm a state: its history says so, and what became of the actions that the new state asks for. */
export const changeState = async (
  transaction: WriteTransaction,
  alarm: AlarmRecord,
  to: Pick<AlarmState, 'value' | 'reason' | 'reasonData' | 'heldUntil'>,
  at: number,
): Promise<void> => {
  const isTransition = to.value !== alarm.state.value;
  const state: AlarmState = {
    ...to,
    updatedAt: at,
    transitionedAt: isTransition ? at : alarm.state.transitionedAt,
  };
  await transaction.put(alarms, { ...alarm, state });
  const actions = isTransition ? actionsFor(alarm, to.value).map((action) => actionFailed(action, at)) : [];
  await appendHistory(transaction, alarm, [stateUpdated(alarm.state, state), ...actions], at);
};
