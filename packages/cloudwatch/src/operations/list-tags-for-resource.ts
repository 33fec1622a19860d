import type { cloudwatch, Handler } from '@oreno/aws-wire';
import type { CloudWatchContext } from '../context.ts';
import { findTagged } from './tagged-alarm.ts';

/** An alarm's tags; CloudWatch says of a resource that it does not know that it has none. */
export const ListTagsForResource: Handler<cloudwatch.Operations, 'ListTagsForResource', CloudWatchContext> = async (
  { ResourceARN },
  context,
) => {
  const alarm = await context.store.read((transaction) => findTagged(transaction, context, ResourceARN));
  return { Tags: alarm?.tags ?? [] };
};
