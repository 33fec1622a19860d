import type { LogsContext } from '../context.ts';
import { noSuchGroup } from '../domain/names.ts';
import { logGroups, type LogGroupRecord } from '../records.ts';

/** Writes a changed group; throws ResourceNotFoundException when it is not there. */
export const changeGroup = (
  context: LogsContext,
  logGroupName: string,
  change: (group: LogGroupRecord) => LogGroupRecord,
): Promise<void> =>
  context.store.update(async (transaction) => {
    const { account, region } = context;
    const row = await transaction.get(logGroups, { account, region, logGroupName });
    if (row === undefined) throw noSuchGroup();
    await transaction.put(logGroups, change(row.record));
  });
