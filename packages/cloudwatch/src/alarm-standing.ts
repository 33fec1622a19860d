/** How alarms stand, for the rooms that act on them: deployments of services. */
import type { Change, ReadTransaction } from '@oreno/store';
import { alarms } from './alarm-records.ts';
import type { AlarmRecord } from './alarm-records.ts';
import { findAlarm } from './alarm-store.ts';
import { descendantsOf } from './composite-children.ts';
import type { AlarmScope } from './domain/alarm/alarm-arn.ts';
import { intervalOf } from './domain/alarm/window.ts';

export interface AlarmStanding {
  readonly alarmName: string;
  readonly isInAlarm: boolean;
  /** Milliseconds from something that happens until the alarm has judged it: its periods, and one evaluation. */
  readonly bakeTime: number;
}

const bakeTimeOf = ({ metric }: AlarmRecord): number => {
  if (metric === undefined) return 0;
  const { period = 60, evaluationPeriods } = metric;
  return period * evaluationPeriods * 1_000 + intervalOf(period);
};

/** Those alarms of these names that there are. */
export const standingOf = async (
  transaction: ReadTransaction,
  scope: AlarmScope,
  alarmNames: readonly string[],
): Promise<readonly AlarmStanding[]> => {
  const found: AlarmStanding[] = [];
  for (const alarmName of new Set(alarmNames)) {
    const alarm = await findAlarm(transaction, scope, alarmName);
    if (alarm === undefined) continue;
    // A composite alarm sees what the alarms below it see.
    const below = (await descendantsOf(transaction, alarm)).values();
    const bakeTime = Math.max(...[alarm, ...below].map(bakeTimeOf));
    found.push({ alarmName, isInAlarm: alarm.state.value === 'ALARM', bakeTime });
  }
  return found;
};

/** The alarm that a change is about; undefined where it is about none. */
export const alarmOf = ({ table, key }: Change): (AlarmScope & { readonly alarmName: string }) | undefined => {
  if (table !== alarms.name) return undefined;
  const [account = '', region = '', alarmName = ''] = key.map(String);
  return { account, region, alarmName };
};
