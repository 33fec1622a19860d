import { type Handler, type logs } from '@oreno/aws-wire';
import type { LogsContext } from '../context.ts';
import { groupNameOf, noSuchGroup, noSuchStream } from '../domain/names.ts';
import { comparePositions, firstPosition, formatPosition, parsePosition, type Position } from '../domain/position.ts';
import { logGroups, logStreams } from '../records.ts';
import { invalidToken } from '../domain/page-token.ts';
import { oldestShown, pageBytes } from '../domain/page.ts';

interface Token {
  readonly direction: 'f' | 'b';
  readonly position: Position;
}

// Bytes of blocks looked at for one page; a page may come back short, and the caller goes on.
const scanBytes = 32 * 1024 * 1024;

/**
 * Reads a stream page by page in either direction. Both tokens are always there; at an end the token that was passed
 * comes back. AWS: GetLogEvents.
 */
export const GetLogEvents: Handler<logs.Operations, 'GetLogEvents', LogsContext> = async (input, context) => {
  const { account, region } = context;
  const logGroupName = groupNameOf(input, context);
  const { logStreamName, startTime = 0, endTime = Number.POSITIVE_INFINITY, limit = 10_000 } = input;
  const token = readToken(input.nextToken);
  const group = await context.store.read(async (transaction) => {
    const found = await transaction.get(logGroups, { account, region, logGroupName });
    if (found === undefined) throw noSuchGroup();
    if ((await transaction.get(logStreams, { account, region, logGroupName, logStreamName })) === undefined)
      throw noSuchStream();
    return found.record;
  });
  const reverse = token === undefined ? input.startFromHead !== true : token.direction === 'b';
  const page = await context.events.read(
    { account, region, logGroupName, streams: [logStreamName] },
    {
      from: Math.max(startTime, oldestShown(group, context.now())),
      // The end is exclusive here, and inclusive in FilterLogEvents.
      to: endTime - 1,
      reverse,
      after: token?.position,
      matches: () => true,
      limit,
      pageBytes,
      scanBytes,
    },
  );
  const events = page.events.toSorted(comparePositions);
  const first = events[0];
  const last = events.at(-1);
  return {
    events: events.map(({ timestamp, message, ingestedAt }) => ({ timestamp, message, ingestionTime: ingestedAt })),
    nextForwardToken: `f/${formatPosition(last ?? forwardEnd(token, page.next))}/s`,
    nextBackwardToken: `b/${formatPosition(first ?? backwardEnd(token, page.next))}/s`,
  };
};

// Without events the page's ends are where the token stood, or where the scan stopped looking.
const forwardEnd = (token: Token | undefined, stopped: Position | undefined): Position =>
  token?.direction === 'b' ? before(token.position) : (stopped ?? token?.position ?? firstPosition);

const backwardEnd = (token: Token | undefined, stopped: Position | undefined): Position =>
  token?.direction === 'f' ? behind(token.position) : (stopped ?? token?.position ?? firstPosition);

// Tokens exclude the event they name: turning round at one, the event itself must come back.
const behind = (position: Position): Position => ({ ...position, index: position.index + 1 });
const before = (position: Position): Position =>
  position.index > 0 ? { ...position, index: position.index - 1 } : { ...position, batchId: '0'.repeat(20), index: 0 };

const readToken = (text: string | undefined): Token | undefined => {
  if (text === undefined) return undefined;
  const match = /^([fb])\/(\d{56})\/s$/.exec(text);
  const position = parsePosition(match?.[2] ?? '');
  if (match === null || position === undefined) {
    throw invalidToken();
  }
  return { direction: match[1] === 'f' ? 'f' : 'b', position };
};
