import type { cloudwatch, Handler } from '@oreno/aws-wire';
import { alarms } from '../alarm-records.ts';
import type { CloudWatchContext } from '../context.ts';
import { requireTagged } from './tagged-alarm.ts';

/** Takes tags off an alarm; keys that it does not have are passed over. */
export const UntagResource: Handler<cloudwatch.Operations, 'UntagResource', CloudWatchContext> = async (
  { ResourceARN, TagKeys },
  context,
) => {
  await context.store.update(async (transaction) => {
    const alarm = await requireTagged(transaction, context, ResourceARN);
    const gone = new Set(TagKeys);
    await transaction.put(alarms, { ...alarm, tags: alarm.tags.filter(({ Key }) => !gone.has(Key)) });
  });
  return {};
};
