import type { Handler, logs } from '@oreno/aws-wire';
import type { LogsContext } from '../context.ts';
import { noSuchGroup, noSuchStream } from '../domain/names.ts';
import { logGroups, logStreams } from '../records.ts';

/** Removes a stream with its events. AWS: DeleteLogStream. */
export const DeleteLogStream: Handler<logs.Operations, 'DeleteLogStream', LogsContext> = async (input, context) => {
  const { account, region } = context;
  const { logGroupName, logStreamName } = input;
  const stream = await context.store.read(async (transaction) => {
    if ((await transaction.get(logGroups, { account, region, logGroupName })) === undefined) throw noSuchGroup();
    return transaction.get(logStreams, { account, region, logGroupName, logStreamName });
  });
  if (stream === undefined || !(await context.removeStream(stream.record))) throw noSuchStream();
};
