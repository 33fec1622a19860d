/**
 * Evaluates metric alarms: once at every change of one, and then once a minute. The rule is domain/alarm/decide-state.
 */
import type { Decision, Reconciler } from '@oreno/reconcile';
import type { ReadTransaction, Store } from '@oreno/store';
import { alarms } from '../alarm-records.ts';
import type { AlarmRecord } from '../alarm-records.ts';
import { changeState, findAlarm } from '../alarm-store.ts';
import { decideState } from '../domain/alarm/decide-state.ts';
import { stateReason, stateReasonData } from '../domain/alarm/state-reason.ts';
import { nextEvaluation, windowAt } from '../domain/alarm/window.ts';
import type { Slot } from '../domain/alarm/window.ts';
import { readSlots } from '../read-slots.ts';

export interface AlarmSnapshot {
  readonly alarm: AlarmRecord;
  /** Seconds. */
  readonly period: number;
  /** The evaluation range, oldest first. */
  readonly slots: readonly Slot[];
  readonly queriedAt: number;
}

export interface ChangeAlarmState {
  readonly kind: 'changeState';
  readonly alarm: AlarmRecord;
  readonly value: AlarmRecord['state']['value'];
  readonly reason: string;
  readonly reasonData: string;
}

/** The state that an alarm's points mean, where it is another one, and when to look again. */
export const decideEvaluation = (
  { alarm, period, slots, queriedAt }: AlarmSnapshot,
  now: number,
): Decision<ChangeAlarmState> => {
  const { metric, state } = alarm;
  if (metric === undefined) return { steps: [] };
  if (state.heldUntil !== undefined && now < state.heldUntil) return { steps: [], wakeAt: state.heldUntil };
  const wakeAt = nextEvaluation(period, now);
  const judgement = decideState(metric, slots);
  if (judgement === undefined || judgement.state === state.value) return { steps: [], wakeAt };
  const step: ChangeAlarmState = {
    kind: 'changeState',
    alarm,
    value: judgement.state,
    reason: stateReason(metric, judgement),
    reasonData: stateReasonData(metric, judgement, { slots, period, queriedAt }),
  };
  return { steps: [step], wakeAt };
};

const readSnapshot = async (
  transaction: ReadTransaction,
  key: string,
  queriedAt: number,
): Promise<AlarmSnapshot | undefined> => {
  const [account = '', region = '', alarmName = ''] = JSON.parse(key) as string[];
  const alarm = await findAlarm(transaction, { account, region }, alarmName);
  if (alarm?.metric === undefined) return undefined;
  const { metric } = alarm;
  const period = metric.period ?? 60;
  const slots = await readSlots(transaction, alarm, metric, windowAt(period, metric.evaluationPeriods, queriedAt));
  return { alarm, period, slots, queriedAt };
};

export interface EvaluationOptions {
  readonly store: Store;
  /** The clock, in milliseconds since the epoch. */
  readonly now: () => number;
}

export const evaluateAlarms = ({ store, now }: EvaluationOptions): Reconciler<AlarmSnapshot, ChangeAlarmState> => ({
  name: 'cloudwatch-evaluate-alarms',
  keysOf: ({ table, key, kind }) => (table === alarms.name && kind === 'put' ? [JSON.stringify(key)] : []),
  keys: async (transaction) => {
    const rows = await transaction.list(alarms);
    return rows.map(({ record: { account, region, alarmName } }) => JSON.stringify([account, region, alarmName]));
  },
  read: (transaction, key) => readSnapshot(transaction, key, now()),
  decide: decideEvaluation,
  perform: {
    changeState: ({ alarm, value, reason, reasonData }) =>
      store.update(async (transaction) => {
        const current = await findAlarm(transaction, alarm, alarm.alarmName);
        // Decided on another configuration or state: the change that made it so is an activation of its own.
        if (current?.configuredAt !== alarm.configuredAt || current.state.updatedAt !== alarm.state.updatedAt) return;
        await changeState(transaction, current, { value, reason, reasonData }, now());
      }),
  },
});
