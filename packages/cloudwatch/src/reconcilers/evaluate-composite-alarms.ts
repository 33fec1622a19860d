/** Evaluates composite alarms: at every change of one, and of an alarm that its rule names. */
import type { Decision, Reconciler } from '@oreno/reconcile';
import type { ReadTransaction } from '@oreno/store';
import { alarms } from '../alarm-records.ts';
import type { AlarmRecord } from '../alarm-records.ts';
import { changeState, findAlarm } from '../alarm-store.ts';
import { childNames, descendantsOf, readChildren } from '../composite-children.ts';
import { alarmsOf, parseAlarmRule } from '../domain/alarm/alarm-rule.ts';
import type { AlarmRule } from '../domain/alarm/alarm-rule.ts';
import { decideComposite } from '../domain/alarm/decide-composite.ts';
import type { CompositeState, NamedChild } from '../domain/alarm/decide-composite.ts';
import type { EvaluationOptions } from './evaluate-alarms.ts';

interface CompositeSnapshot {
  readonly alarm: AlarmRecord;
  readonly rule: AlarmRule;
  readonly children: readonly NamedChild[];
  /** Its rule leads back to itself: it is not evaluated, as on AWS. */
  readonly isCircular: boolean;
}

interface ChangeCompositeState {
  readonly kind: 'changeState';
  readonly alarm: AlarmRecord;
  readonly to: CompositeState;
}

const decide = (
  { alarm, rule, children, isCircular }: CompositeSnapshot,
  now: number,
): Decision<ChangeCompositeState> => {
  const { heldUntil } = alarm.state;
  if (isCircular) return { steps: [], waitingOn: ['its rule leads back to itself'] };
  if (heldUntil !== undefined && now < heldUntil) return { steps: [], wakeAt: heldUntil };
  const to = decideComposite(alarm, rule, children);
  return { steps: to === undefined ? [] : [{ kind: 'changeState', alarm, to }] };
};

const keyOf = ({ account, region }: AlarmRecord, alarmName: string): string =>
  JSON.stringify([account, region, alarmName]);

/** For each alarm the composite alarms that were seen to name it: a change of it concerns them. */
const followParents = () => {
  const parents = new Map<string, Set<string>>();
  return {
    learn: (alarm: AlarmRecord): void => {
      const own = keyOf(alarm, alarm.alarmName);
      for (const name of childNames(alarm)) {
        const child = keyOf(alarm, name);
        parents.set(child, (parents.get(child) ?? new Set()).add(own));
      }
    },
    of: (key: string): readonly string[] => [...(parents.get(key) ?? [])],
  };
};

export const evaluateCompositeAlarms = ({
  store,
  now,
}: EvaluationOptions): Reconciler<CompositeSnapshot, ChangeCompositeState> => {
  const parents = followParents();
  const read = async (transaction: ReadTransaction, key: string): Promise<CompositeSnapshot | undefined> => {
    const [account = '', region = '', alarmName = ''] = JSON.parse(key) as string[];
    const alarm = await findAlarm(transaction, { account, region }, alarmName);
    if (alarm?.composite === undefined) return undefined;
    parents.learn(alarm);
    const rule = parseAlarmRule(alarm.composite.alarmRule);
    const children = await readChildren(transaction, alarm, alarmsOf(rule));
    const isCircular = (await descendantsOf(transaction, alarm)).has(alarmName);
    return { alarm, rule, children, isCircular };
  };
  return {
    name: 'cloudwatch-evaluate-composite-alarms',
    keysOf: ({ table, key }) => {
      if (table !== alarms.name) return [];
      const own = JSON.stringify(key);
      return [own, ...parents.of(own)];
    },
    keys: async (transaction) => {
      const rows = await transaction.list(alarms);
      return rows
        .filter(({ record }) => record.composite !== undefined)
        .map(({ record }) => keyOf(record, record.alarmName));
    },
    read,
    decide,
    perform: {
      changeState: ({ alarm, to }) =>
        store.update(async (transaction) => {
          const current = await findAlarm(transaction, alarm, alarm.alarmName);
          if (current?.configuredAt !== alarm.configuredAt || current.state.updatedAt !== alarm.state.updatedAt) return;
          await changeState(transaction, current, to, now());
        }),
    },
  };
};
