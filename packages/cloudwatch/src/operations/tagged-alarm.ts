import { AwsError } from '@oreno/aws-wire';
import type { ReadTransaction } from '@oreno/store';
import type { AlarmRecord } from '../alarm-records.ts';
import { findAlarm } from '../alarm-store.ts';
import { alarmNameOfArn } from '../domain/alarm/alarm-arn.ts';
import type { AlarmScope } from '../domain/alarm/alarm-arn.ts';

/** The alarm that carries tags under this ARN; nothing else of CloudWatch does here. ResourceNotFoundException. */
export const requireTagged = async (
  transaction: ReadTransaction,
  scope: AlarmScope,
  resourceArn: string,
): Promise<AlarmRecord> => {
  const name = alarmNameOfArn(resourceArn, scope);
  const alarm = name === undefined ? undefined : await findAlarm(transaction, scope, name);
  if (alarm === undefined) {
    throw new AwsError('ResourceNotFoundException', `Unknown resource ${resourceArn}`, {
      ResourceType: 'alarm',
      ResourceId: resourceArn,
    });
  }
  return alarm;
};
