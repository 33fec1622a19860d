import { AwsError } from '@oreno/aws-wire';
import type { ReadTransaction } from '@oreno/store';
import type { AlarmRecord } from '../alarm-records.ts';
import { findAlarm } from '../alarm-store.ts';
import { alarmNameOfArn } from '../domain/alarm/alarm-arn.ts';
import type { AlarmScope } from '../domain/alarm/alarm-arn.ts';

/** The alarm that carries tags under this ARN; nothing else of CloudWatch does here. */
export const findTagged = async (
  transaction: ReadTransaction,
  scope: AlarmScope,
  resourceArn: string,
): Promise<AlarmRecord | undefined> => {
  const name = alarmNameOfArn(resourceArn, scope);
  return name === undefined ? undefined : findAlarm(transaction, scope, name);
};

/** The same, to change its tags. Throws ResourceNotFoundException. */
export const requireTagged = async (
  transaction: ReadTransaction,
  scope: AlarmScope,
  resourceArn: string,
): Promise<AlarmRecord> => {
  const alarm = await findTagged(transaction, scope, resourceArn);
  if (alarm === undefined) {
    throw new AwsError('ResourceNotFoundException', `Unknown resource ${resourceArn}`, {
      ResourceType: 'alarm',
      ResourceId: resourceArn,
    });
  }
  return alarm;
};
