import { AwsError, encodeToken, type Handler, type logs } from '@oreno/aws-wire';
import type { LogsContext } from '../context.ts';
import { parseFilterPattern } from '../domain/filter-pattern.ts';
import { groupNameOf, noSuchGroup, noSuchStream } from '../domain/names.ts';
import { oldestShown, pageBytes } from '../domain/page.ts';
import { readToken } from '../domain/page-token.ts';
import { formatPosition, parsePosition } from '../domain/position.ts';
import { logGroups, logStreams, type LogGroupRecord } from '../records.ts';

// Bytes of blocks looked at for one page; an empty page with a token is legal, and keeps one call short.
const scanBytes = 64 * 1024 * 1024;

/** Searches a group over all or some of its streams, in the order of time. AWS: FilterLogEvents. */
export const FilterLogEvents: Handler<logs.Operations, 'FilterLogEvents', LogsContext> = async (input, context) => {
  const logGroupName = groupNameOf(input, context);
  const { startTime = 0, endTime = Number.POSITIVE_INFINITY, limit = 10_000, filterPattern = '' } = input;
  if (input.logStreamNames !== undefined && input.logStreamNamePrefix !== undefined) {
    throw new AwsError('InvalidParameterException', 'Specify either logStreamNames or logStreamNamePrefix, not both.');
  }
  const pattern = parseFilterPattern(filterPattern);
  if ('problem' in pattern) {
    throw new AwsError('InvalidParameterException', `Invalid filter pattern: ${pattern.problem}.`);
  }
  const { group, streams } = await findStreams(input, logGroupName, context);
  const page = await context.events.read(
    { account: context.account, region: context.region, logGroupName, streams },
    {
      from: Math.max(startTime, oldestShown(group, context.now())),
      to: endTime,
      reverse: input.startFromHead === false,
      after: readToken(input.nextToken, ({ after }) => (typeof after === 'string' ? parsePosition(after) : undefined)),
      matches: (event) => pattern.matches(event.message),
      limit,
      pageBytes,
      scanBytes,
    },
  );
  return {
    events: page.events.map((event) => ({
      logStreamName: event.logStreamName,
      timestamp: event.timestamp,
      message: event.message,
      ingestionTime: event.ingestedAt,
      eventId: formatPosition(event),
    })),
    searchedLogStreams: [],
    nextToken: page.next === undefined ? undefined : encodeToken({ after: formatPosition(page.next) }),
  };
};

const findStreams = async (
  input: logs.FilterLogEventsRequest,
  logGroupName: string,
  context: LogsContext,
): Promise<{ readonly group: LogGroupRecord; readonly streams: readonly string[] | undefined }> => {
  const scope = { account: context.account, region: context.region, logGroupName };
  return context.store.read(async (transaction) => {
    const group = await transaction.get(logGroups, scope);
    if (group === undefined) throw noSuchGroup();
    if (input.logStreamNamePrefix !== undefined) {
      const rows = await transaction.list(logStreams, { where: scope, prefix: input.logStreamNamePrefix });
      return { group: group.record, streams: rows.map((row) => row.record.logStreamName) };
    }
    for (const logStreamName of input.logStreamNames ?? []) {
      if ((await transaction.get(logStreams, { ...scope, logStreamName })) === undefined) throw noSuchStream();
    }
    return { group: group.record, streams: input.logStreamNames };
  });
};
