import { decodeToken, encodeToken } from '@oreno/aws-wire';
import type { cloudwatch, Handler } from '@oreno/aws-wire';
import type { ReadTransaction } from '@oreno/store';
import { alarms } from '../alarm-records.ts';
import type { AlarmRecord } from '../alarm-records.ts';
import { alarmTypeOf, findAlarm } from '../alarm-store.ts';
import { childNames, parentsOf } from '../composite-children.ts';
import type { CloudWatchContext } from '../context.ts';
import type { AlarmScope } from '../domain/alarm/alarm-arn.ts';
import { invalidToken, validationError } from '../domain/errors.ts';
import { compositeAlarmView, metricAlarmView } from '../domain/alarm/view.ts';

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

const isOfFamily = (input: cloudwatch.DescribeAlarmsInput): boolean =>
  input.ChildrenOfAlarmName !== undefined || input.ParentsOfAlarmName !== undefined;

/** The children or parents of an alarm, where these are asked for. */
const familyOf = async (
  transaction: ReadTransaction,
  scope: AlarmScope,
  input: cloudwatch.DescribeAlarmsInput,
): Promise<readonly AlarmRecord[] | undefined> => {
  const { ChildrenOfAlarmName: parent, ParentsOfAlarmName: child, MaxRecords: _, NextToken: __, ...others } = input;
  if (!isOfFamily(input)) return undefined;
  if ((parent !== undefined && child !== undefined) || Object.values(others).some((value) => value !== undefined)) {
    throw validationError('ChildrenOfAlarmName and ParentsOfAlarmName cannot be combined with other parameters.');
  }
  const found =
    parent === undefined
      ? await parentsOf(transaction, scope, child ?? '')
      : await childrenOf(transaction, scope, parent);
  return found.toSorted((left, right) => (left.alarmName < right.alarmName ? -1 : 1));
};

const childrenOf = async (
  transaction: ReadTransaction,
  scope: AlarmScope,
  parentName: string,
): Promise<readonly AlarmRecord[]> => {
  const parent = await findAlarm(transaction, scope, parentName);
  return parent === undefined ? [] : namedAlarms(transaction, scope, childNames(parent));
};

/** Alarms by name, prefix, state or action, in the order of their names. */
export const DescribeAlarms: Handler<cloudwatch.Operations, 'DescribeAlarms', CloudWatchContext> = async (
  input,
  { store, account, region },
) => {
  const { AlarmNames: names = [], AlarmNamePrefix: prefix, MaxRecords: limit = usualPage } = input;
  if (names.length > 0 && prefix !== undefined) {
    throw validationError('AlarmNamePrefix and AlarmNames are mutually exclusive.');
  }
  const after = afterOf(input.NextToken);
  const matching = await store.read(async (transaction) => {
    const family = await familyOf(transaction, { account, region }, input);
    if (family !== undefined) return family;
    if (names.length > 0) return namedAlarms(transaction, { account, region }, names);
    const rows = await transaction.list(alarms, { where: { account, region }, prefix });
    return rows.map(({ record }) => record);
  });
  const wanted = matching
    .filter((alarm) => isOfFamily(input) || isWanted(input, alarm))
    .filter(({ alarmName }) => after === undefined || alarmName > after);
  const page = wanted.slice(0, limit);
  const last = page.at(-1);
  return {
    CompositeAlarms: page.flatMap((alarm) => compositeAlarmView(alarm) ?? []),
    MetricAlarms: page.flatMap((alarm) => metricAlarmView(alarm) ?? []),
    ...(last === undefined || wanted.length <= limit ? {} : { NextToken: encodeToken(last.alarmName) }),
  };
};
