/**
 * `GET /oreno/events?after=<cursor>&wait=<seconds>`: the events of ECS and ECR, for the command line. AWS has no operation
 * for it; EventBridge delivers them there. Signed like any call (service `ecs`); the account's root alone may read.
 * Answers `{"events":[…],"after":<cursor>}`; without `after`, the cursor behind the newest event and no events.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { AwsError, type Dispatcher } from '@oreno/aws-wire';
import type { EventList, EventPage } from '@oreno/events';
import { answerOwn, queryOf } from './own-endpoint.ts';

export type EventFeedPage = EventPage;

export interface EventFeed {
  readonly authenticate: Dispatcher['authenticate'];
  readonly events: EventList;
}

interface Question {
  /** Absent: from now on. */
  readonly after: number | undefined;
  /** Milliseconds. */
  readonly wait: number;
}

const longestWait = 60;
const batchesOnPage = 50;

const wholeNumber = (query: URLSearchParams, name: string, most: number): number | undefined => {
  const text = query.get(name);
  if (text === null) return undefined;
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value <= most)) throw new AwsError('ValidationException', `${name} must be a whole number up to ${most}.`);
  return value;
};

const questionOf = (request: IncomingMessage): Question => {
  const searchParams = queryOf(request, '/oreno/events');
  const after = wholeNumber(searchParams, 'after', Number.MAX_SAFE_INTEGER - 1);
  return { after, wait: (wholeNumber(searchParams, 'wait', longestWait) ?? 0) * 1_000 };
};

const answerOf = async (
  request: IncomingMessage,
  { authenticate, events }: EventFeed,
  signal: AbortSignal,
): Promise<EventPage> => {
  const caller = await authenticate(request);
  if (caller.type !== 'root') throw new AwsError('AccessDeniedException', 'Only the root of the account reads events.');
  const { after, wait } = questionOf(request);
  if (after === undefined) return { events: [], after: await events.newest(caller) };
  return events.next(caller, after, batchesOnPage, { wait, signal });
};

/** Answers one request under `/oreno/events`. Rejects only for failures of the store. */
export const serveEvents = (request: IncomingMessage, response: ServerResponse, feed: EventFeed): Promise<void> =>
  answerOwn(response, (signal) => answerOf(request, feed, signal));
