/** What deployments need of CloudWatch: how the alarms stand that they are to be watched by. */
import type { Change, ReadTransaction } from '@oreno/store';
import type { AlarmStanding } from './domain/deployment/snapshot.ts';
import type { Scope } from './records.ts';

export interface AlarmSource {
  /** Those alarms of these names that there are. */
  readonly standingOf: (
    transaction: ReadTransaction,
    scope: Scope,
    alarmNames: readonly string[],
  ) => Promise<readonly AlarmStanding[]>;
  /** The alarm that a change is about; undefined where it is about none. */
  readonly alarmOf: (change: Change) => (Scope & { readonly alarmName: string }) | undefined;
}

/** Where there is no CloudWatch. */
export const noAlarms: AlarmSource = { standingOf: () => Promise.resolve([]), alarmOf: () => undefined };
