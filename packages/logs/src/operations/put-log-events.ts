import { AwsError, type Handler, type logs } from '@oreno/aws-wire';
import type { LogsContext } from '../context.ts';
import { acceptEvents } from '../domain/accept-events.ts';
import { noSuchGroup, noSuchStream } from '../domain/names.ts';
import { logGroups, logStreams } from '../records.ts';

/**
 * Takes a batch of events; they are durable when it answers. Sequence tokens are accepted and ignored, as AWS does
 * since 2023. An entity is refused beside the events, which are taken: nothing here lists entities. AWS: PutLogEvents.
 */
export const PutLogEvents: Handler<logs.Operations, 'PutLogEvents', LogsContext> = async (input, context) => {
  const { account, region } = context;
  const { logGroupName, logStreamName } = input;
  const { group, stream } = await context.store.read(async (transaction) => ({
    group: await transaction.get(logGroups, { account, region, logGroupName }),
    stream: await transaction.get(logStreams, { account, region, logGroupName, logStreamName }),
  }));
  if (group === undefined) throw noSuchGroup();
  if (stream === undefined) throw noSuchStream();
  const ingestedAt = context.now();
  const decision = acceptEvents(input.logEvents, ingestedAt, group.record.retentionInDays);
  if ('refused' in decision) throw new AwsError('InvalidParameterException', decision.refused);
  const batchId = context.newBatchId();
  if (decision.events.length > 0) {
    const events = decision.events.map(({ timestamp, message }, index) => ({
      timestamp,
      batchId,
      index,
      ingestedAt,
      message,
    }));
    if ((await context.events.append(stream.record, events)) === 'no stream') throw noSuchStream();
  }
  return {
    nextSequenceToken: batchId.padStart(56, '4'),
    rejectedLogEventsInfo: decision.rejected,
    rejectedEntityInfo: input.entity && { errorType: 'UnsupportedLogGroupType' },
  };
};
