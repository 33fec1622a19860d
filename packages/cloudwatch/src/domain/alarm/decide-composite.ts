/** The state of a composite alarm, from the states of the alarms that its rule names, in CloudWatch's words. Pure. */
import type { cloudwatch } from '@oreno/aws-wire';
import type { AlarmRecord } from '../../alarm-records.ts';
import type { AlarmRule } from './alarm-rule.ts';
import { holds } from './alarm-rule.ts';
import { timeText } from './number-text.ts';

/** An alarm that the rule names, under the name that it has there. */
export interface NamedChild {
  readonly named: string;
  readonly alarm: AlarmRecord;
}

export interface CompositeState {
  readonly value: cloudwatch.StateValue;
  readonly reason: string;
  readonly reasonData: string;
}

/** `Friday 22 July, 2022 15:57:45 UTC`. */
const longTimeText = (at: number): string => {
  const date = new Date(at);
  const part = (options: Intl.DateTimeFormatOptions): string =>
    new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', ...options }).format(date);
  const day = part({ day: '2-digit' });
  const time = date.toISOString().slice(11, 19);
  return `${part({ weekday: 'long' })} ${day} ${part({ month: 'long' })}, ${part({ year: 'numeric' })} ${time} UTC`;
};

const triggering = (children: readonly NamedChild[]): string =>
  JSON.stringify({
    triggeringAlarms: children.map(({ alarm: { alarmArn, state } }) => ({
      arn: alarmArn,
      state: { value: state.value, timestamp: timeText(state.transitionedAt) },
    })),
  });

/** The state that the rule means, with the alarm that brought it about; undefined where it is the one it has. */
export const decideComposite = (
  { alarmArn, configuredAt, state }: AlarmRecord,
  rule: AlarmRule,
  children: readonly NamedChild[],
): CompositeState | undefined => {
  const states = new Map(children.map(({ named, alarm }) => [named, alarm.state.value]));
  const value = holds(rule, (alarm) => states.get(alarm)) ? 'ALARM' : 'OK';
  if (value === state.value) return undefined;
  const [newest] = children.toSorted(
    (left, right) => right.alarm.state.transitionedAt - left.alarm.state.transitionedAt,
  );
  const moved = newest !== undefined && newest.alarm.state.transitionedAt > configuredAt ? newest : undefined;
  const made = state.value === 'INSUFFICIENT_DATA' ? 'created' : 'updated';
  const reason =
    moved === undefined
      ? `${alarmArn} was ${made} and its alarm rule evaluates to ${value}`
      : `${moved.alarm.alarmArn} transitioned to ${moved.alarm.state.value} at ${longTimeText(moved.alarm.state.transitionedAt)}`;
  return { value, reason, reasonData: triggering(moved === undefined ? children : [moved]) };
};
