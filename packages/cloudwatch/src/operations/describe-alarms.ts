import { decodeToken, encodeToken } from '@oreno/aws-wire';
import type { cloudwatch, Handler } from '@oreno/aws-wire';
import type { ReadTransaction } from '@oreno/store';
import { alarms } from '../alarm-records.ts';
import type { AlarmRecord } from '../alarm-records.ts';
import { alarmTypeOf, findAlarm } from '../alarm-store.ts';
import type { CloudWatchContext } from '../context.ts';
import type { AlarmScope } from '../domain/alarm/alarm-arn.ts';
import { validationError } from '../domain/alarm/check-alarm.ts';
import { metricAlarmView } from '../domain/alarm/view.ts';
import { invalidToken } from '../domain/errors.ts';

const usualPage = 50;

const isWanted = (input: cloudwatch.DescribeAlarmsInput, alarm: AlarmRecord): boolean => {
  const { AlarmTypes: types = [], StateValue: state, ActionPrefix: prefix } = input;
  // Only metric alarms are shown to who does not ask for others.
  if (!(types.length === 0 ? ['MetricAlarm'] : types).includes(alarmTypeOf(alarm))) return false;
  if (state !== undefined && alarm.state.value !== state) return false;
  const actions = [...alarm.alarmActions, ...alarm.okActions, ...alarm.insufficientDataActions];
  return prefix === undefined || actions.some((action) => action.startsWith(prefix));
};

const afterOf = (token: string | undefined): string | undefined => {
  if (token === undefined) return undefined;
  const after = decodeToken(token);
  if (typeof after !== 'string') throw invalidToken();
  return after;
};

const namedAlarms = async (
  transaction: ReadTransaction,
  scope: AlarmScope,
  names: readonly string[],
): Promise<readonly AlarmRecord[]> => {
  const found: AlarmRecord[] = [];
  for (const name of new Set(names)) {
    const alarm = await findAlarm(transaction, scope, name);
    if (alarm !== undefined) found.push(alarm);
  }
  return found.toSorted((left, right) => (left.alarmName < right.alarmName ? -1 : 1));
};

/** Alarms by name, prefix, state or action, in the order of their names. */
export const DescribeAlarms: Handler<cloudwatch.Operations, 'DescribeAlarms', CloudWatchContext> = async (
  input,
  { store, account, region },
) => {
  const { AlarmNames: names = [], AlarmNamePrefix: prefix, MaxRecords: limit = usualPage } = input;
  if (input.ChildrenOfAlarmName !== undefined || input.ParentsOfAlarmName !== undefined) {
    throw validationError('Composite alarms, their children and parents are not available here.');
  }
  if (names.length > 0 && prefix !== undefined) {
    throw validationError('AlarmNamePrefix and AlarmNames are mutually exclusive.');
  }
  const after = afterOf(input.NextToken);
  const matching = await store.read(async (transaction) => {
    if (names.length > 0) return namedAlarms(transaction, { account, region }, names);
    const rows = await transaction.list(alarms, { where: { account, region }, prefix });
    return rows.map(({ record }) => record);
  });
  const wanted = matching
    .filter((alarm) => isWanted(input, alarm))
    .filter(({ alarmName }) => after === undefined || alarmName > after);
  const page = wanted.slice(0, limit);
  const last = page.at(-1);
  return {
    CompositeAlarms: [],
    MetricAlarms: page.flatMap((alarm) => metricAlarmView(alarm) ?? []),
    ...(last === undefined || wanted.length <= limit ? {} : { NextToken: encodeToken(last.alarmName) }),
  };
};
