import { AwsError, type Handler, type logs } from '@oreno/aws-wire';
import type { LogsContext } from '../context.ts';
import { checkStreamName, noSuchGroup } from '../domain/names.ts';
import { logGroups, logStreams } from '../records.ts';

/** Makes a stream in a group. AWS: CreateLogStream. */
export const CreateLogStream: Handler<logs.Operations, 'CreateLogStream', LogsContext> = async (input, context) => {
  const { logGroupName, logStreamName } = input;
  checkStreamName(logStreamName);
  const { account, region } = context;
  const result = await context.store.update(async (transaction) => {
    if ((await transaction.get(logGroups, { account, region, logGroupName })) === undefined) throw noSuchGroup();
    return transaction.insert(logStreams, { account, region, logGroupName, logStreamName, createdAt: context.now() });
  });
  if (result === 'exists') {
    throw new AwsError('ResourceAlreadyExistsException', 'The specified log stream already exists');
  }
};
