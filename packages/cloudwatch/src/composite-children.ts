/** Which alarms a composite alarm hangs on, and which hang on an alarm. */
import type { ReadTransaction } from '@oreno/store';
import { alarms } from './alarm-records.ts';
import type { AlarmRecord } from './alarm-records.ts';
import { findAlarm } from './alarm-store.ts';
import { alarmNameOfArn } from './domain/alarm/alarm-arn.ts';
import type { AlarmScope } from './domain/alarm/alarm-arn.ts';
import { alarmsOf, parseAlarmRule } from './domain/alarm/alarm-rule.ts';
import type { NamedChild } from './domain/alarm/decide-composite.ts';

/** The name of an alarm as a rule of this account and region names it. */
const nameIn = (named: string, scope: AlarmScope): string => alarmNameOfArn(named, scope) ?? named;

/** The names of the alarms that an alarm's rule names; none for a metric alarm. */
export const childNames = (alarm: AlarmRecord): readonly string[] =>
  alarm.composite === undefined
    ? []
    : alarmsOf(parseAlarmRule(alarm.composite.alarmRule)).map((named) => nameIn(named, alarm));

/** The alarms that a rule names and that are there. */
export const readChildren = async (
  transaction: ReadTransaction,
  scope: AlarmScope,
  named: readonly string[],
): Promise<readonly NamedChild[]> => {
  const found: NamedChild[] = [];
  for (const each of named) {
    const alarm = await findAlarm(transaction, scope, nameIn(each, scope));
    if (alarm !== undefined) found.push({ named: each, alarm });
  }
  return found;
};

/** The composite alarms whose rules name this one. */
export const parentsOf = async (
  transaction: ReadTransaction,
  { account, region }: AlarmScope,
  alarmName: string,
): Promise<readonly AlarmRecord[]> => {
  const rows = await transaction.list(alarms, { where: { account, region } });
  return rows.map(({ record }) => record).filter((alarm) => childNames(alarm).includes(alarmName));
};

/** Everything below an alarm, the alarm itself where it hangs on itself. */
export const descendantsOf = async (
  transaction: ReadTransaction,
  alarm: AlarmRecord,
): Promise<ReadonlyMap<string, AlarmRecord>> => {
  const found = new Map<string, AlarmRecord>();
  const waiting = [...childNames(alarm)];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const child = found.has(name) ? undefined : await findAlarm(transaction, alarm, name);
    if (child === undefined) continue;
    found.set(name, child);
    waiting.push(...childNames(child));
  }
  return found;
};
