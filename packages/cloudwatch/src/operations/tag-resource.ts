import { validateTags } from '@oreno/aws-wire';
import type { cloudwatch, Handler } from '@oreno/aws-wire';
import { alarms } from '../alarm-records.ts';
import type { CloudWatchContext } from '../context.ts';
import { requireTagged } from './tagged-alarm.ts';

/** Adds tags to an alarm, or changes them. */
export const TagResource: Handler<cloudwatch.Operations, 'TagResource', CloudWatchContext> = async (
  { ResourceARN, Tags },
  context,
) => {
  validateTags(Tags, { code: 'InvalidParameterValueException' });
  await context.store.update(async (transaction) => {
    const alarm = await requireTagged(transaction, context, ResourceARN);
    const names = new Set(Tags.map(({ Key }) => Key));
    const tags = [...alarm.tags.filter(({ Key }) => !names.has(Key)), ...Tags];
    validateTags(tags, { code: 'InvalidParameterValueException' });
    await transaction.put(alarms, { ...alarm, tags });
  });
  return {};
};
