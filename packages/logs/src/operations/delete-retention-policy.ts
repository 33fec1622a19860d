import type { Handler, logs } from '@oreno/aws-wire';
import type { LogsContext } from '../context.ts';
import { changeGroup } from './change-group.ts';

/** Keeps a group's events for ever again. AWS: DeleteRetentionPolicy. */
export const DeleteRetentionPolicy: Handler<logs.Operations, 'DeleteRetentionPolicy', LogsContext> = async (
  input,
  context,
) => {
  await changeGroup(context, input.logGroupName, ({ retentionInDays: _, ...group }) => group);
};
