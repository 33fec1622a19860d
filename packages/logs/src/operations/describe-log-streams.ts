import { AwsError, encodeToken, formatArn, type Handler, type logs } from '@oreno/aws-wire';
import type { LogsContext } from '../context.ts';
import { groupNameOf, noSuchGroup } from '../domain/names.ts';
import { readToken } from '../domain/page-token.ts';
import { logGroups, logStreams, type LogStreamRecord } from '../records.ts';

/** Lists a group's streams by name or by their last event. AWS: DescribeLogStreams. */
export const DescribeLogStreams: Handler<logs.Operations, 'DescribeLogStreams', LogsContext> = async (
  input,
  context,
) => {
  const { limit = 50, orderBy = 'LogStreamName', descending = false, logStreamNamePrefix } = input;
  const logGroupName = groupNameOf(input, context);
  if (orderBy === 'LastEventTime' && logStreamNamePrefix !== undefined) {
    throw new AwsError('InvalidParameterException', 'Cannot order by LastEventTime with a logStreamNamePrefix.');
  }
  const where = { account: context.account, region: context.region, logGroupName };
  const after = readToken(input.nextToken, lastStream);
  const rows = await context.store.read(async (transaction) => {
    if ((await transaction.get(logGroups, where)) === undefined) throw noSuchGroup();
    return transaction.list(logStreams, {
      index: orderBy === 'LastEventTime' ? 'byLastEvent' : undefined,
      where,
      prefix: logStreamNamePrefix,
      after: after === undefined ? undefined : { ...where, ...after },
      reverse: descending,
      limit: limit + 1,
    });
  });
  const page = rows.slice(0, limit).map((row) => row.record);
  const last = page.at(-1);
  return {
    logStreams: page.map(describe),
    nextToken:
      rows.length > limit && last !== undefined
        ? encodeToken({ logStreamName: last.logStreamName, lastEventAt: last.lastEventAt })
        : undefined,
  };
};

const describe = (stream: LogStreamRecord): logs.LogStream => ({
  logStreamName: stream.logStreamName,
  creationTime: stream.createdAt,
  firstEventTimestamp: stream.firstEventAt,
  lastEventTimestamp: stream.lastEventAt,
  lastIngestionTime: stream.lastIngestedAt,
  ...(stream.lastIngestedAt === undefined
    ? {}
    : { uploadSequenceToken: String(stream.lastIngestedAt).padStart(56, '4') }),
  arn: formatArn({
    partition: 'aws',
    service: 'logs',
    region: stream.region,
    account: stream.account,
    resource: `log-group:${stream.logGroupName}:log-stream:${stream.logStreamName}`,
  }),
  storedBytes: 0,
});

// The last stream of the page before: its place in either order.
const lastStream = ({ logStreamName, lastEventAt }: Readonly<Record<string, unknown>>) =>
  typeof logStreamName === 'string'
    ? { logStreamName, lastEventAt: typeof lastEventAt === 'number' ? lastEventAt : undefined }
    : undefined;
