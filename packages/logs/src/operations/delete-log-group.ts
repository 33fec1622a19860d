import { AwsError, type Handler, type logs } from '@oreno/aws-wire';
import type { LogsContext } from '../context.ts';
import { noSuchGroup } from '../domain/names.ts';
import { logGroups } from '../records.ts';

/** Removes a group with its streams and events. AWS: DeleteLogGroup. */
export const DeleteLogGroup: Handler<logs.Operations, 'DeleteLogGroup', LogsContext> = async (input, context) => {
  const { account, region } = context;
  const { logGroupName } = input;
  const group = await context.store.read((transaction) =>
    transaction.get(logGroups, { account, region, logGroupName }),
  );
  if (group === undefined) throw noSuchGroup();
  if (group.record.deletionProtectionEnabled) {
    throw new AwsError(
      'ValidationException',
      'The log group has deletion protection enabled. Disable it before deleting the log group.',
    );
  }
  if (!(await context.removeGroup(group.record))) throw noSuchGroup();
};
