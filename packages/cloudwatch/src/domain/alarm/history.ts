/** What an alarm's history says of a change (user guide, DescribeAlarmHistory's examples). Pure. */
import type { cloudwatch } from '@oreno/aws-wire';
import type { AlarmRecord, AlarmState } from '../../alarm-records.ts';
import { timeText } from './number-text.ts';
import { compositeAlarmView, metricAlarmView } from './view.ts';

export interface HistoryItem {
  readonly itemType: cloudwatch.HistoryItemType;
  readonly summary: string;
  /** JSON. */
  readonly data: string;
}

const lowerFirst = (name: string): string =>
  name === 'OKActions' ? 'okactions' : name[0]?.toLowerCase() + name.slice(1);

/** An alarm as its history writes it: members begin with a small letter, times are texts. */
const plain = (value: unknown, key = ''): unknown => {
  if (typeof value === 'number' && key.endsWith('Timestamp')) return timeText(value);
  if (Array.isArray(value)) return value.map((each) => plain(each));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [lowerFirst(name), plain(member, name)]));
};

const shown = (alarm: AlarmRecord): unknown => plain(metricAlarmView(alarm) ?? compositeAlarmView(alarm) ?? {});

export const alarmCreated = (alarm: AlarmRecord): HistoryItem => ({
  itemType: 'ConfigurationUpdate',
  summary: `Alarm "${alarm.alarmName}" created`,
  data: JSON.stringify({ version: '1.0', type: 'Create', createdAlarm: shown(alarm) }),
});

export const alarmUpdated = (alarm: AlarmRecord): HistoryItem => ({
  itemType: 'ConfigurationUpdate',
  summary: `Alarm "${alarm.alarmName}" updated`,
  data: JSON.stringify({ version: '1.0', type: 'Update', updatedAlarm: shown(alarm) }),
});

export const alarmDeleted = (alarm: AlarmRecord): HistoryItem => ({
  itemType: 'ConfigurationUpdate',
  summary: `Alarm "${alarm.alarmName}" deleted`,
  data: JSON.stringify({ version: '1.0', type: 'Delete', deletedAlarm: shown(alarm) }),
});

/** Reason data is JSON of ours, or of whoever set the state by hand and was checked: it goes in as it is. */
const stateData = ({ value, reason, reasonData }: AlarmState): string =>
  `{"stateValue":"${value}","stateReason":${JSON.stringify(reason)}${reasonData === undefined ? '' : `,"stateReasonData":${reasonData}`}}`;

export const stateUpdated = (from: AlarmState, to: AlarmState): HistoryItem => ({
  itemType: 'StateUpdate',
  summary: `Alarm updated from ${from.value} to ${to.value}`,
  data: `{"version":"1.0","oldState":${stateData(from)},"newState":${stateData(to)}}`,
});

const noActions = 'Alarm actions are not available here: there is no service that could carry them out.';

/** Which of an alarm's actions a new state asks for. */
export const actionsFor = (alarm: AlarmRecord, state: cloudwatch.StateValue): readonly string[] => {
  if (!alarm.actionsEnabled) return [];
  if (state === 'OK') return alarm.okActions;
  return state === 'ALARM' ? alarm.alarmActions : alarm.insufficientDataActions;
};

/** An action that would be due. No service here carries actions out: that is said as AWS says that one failed. */
export const actionFailed = (action: string, stateUpdatedAt: number): HistoryItem => ({
  itemType: 'Action',
  summary: `Failed to execute action ${action}. Received error: "${noActions}"`,
  data: JSON.stringify({
    actionState: 'Failed',
    stateUpdateTimestamp: stateUpdatedAt,
    notificationResource: action,
    publishedMessage: null,
    error: noActions,
  }),
});
