import type { cloudwatch, Handler } from '@oreno/aws-wire';
import type { CloudWatchContext } from '../context.ts';
import { requireTagged } from './tagged-alarm.ts';

/** An alarm's tags. */
export const ListTagsForResource: Handler<cloudwatch.Operations, 'ListTagsForResource', CloudWatchContext> = async (
  { ResourceARN },
  context,
) => {
  const alarm = await context.store.read((transaction) => requireTagged(transaction, context, ResourceARN));
  return { Tags: alarm.tags };
};
