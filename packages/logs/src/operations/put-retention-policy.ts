import { AwsError, type Handler, type logs } from '@oreno/aws-wire';
import type { LogsContext } from '../context.ts';
import { changeGroup } from './change-group.ts';

const allowed = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

/** Sets after how many days a group's events go. AWS: PutRetentionPolicy. */
export const PutRetentionPolicy: Handler<logs.Operations, 'PutRetentionPolicy', LogsContext> = async (
  input,
  context,
) => {
  const { logGroupName, retentionInDays } = input;
  if (!allowed.includes(retentionInDays)) {
    throw new AwsError(
      'InvalidParameterException',
      `1 validation error detected: Value '${retentionInDays}' at 'retentionInDays' failed to satisfy constraint: Member must satisfy enum value set: [${allowed.join(', ')}]`,
    );
  }
  await changeGroup(context, logGroupName, (group) => ({ ...group, retentionInDays }));
};
