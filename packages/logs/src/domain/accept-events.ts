/**
 * Which events of a PutLogEvents call are taken: the limits of the whole batch, which refuse it, and the ages of
 * single events, which skip them. See "PutLogEvents" in the CloudWatch Logs API reference.
 */
import type { logs } from '@oreno/aws-wire';

const hour = 3_600_000;
const day = 24 * hour;

/** Bytes that every event counts besides its message. */
export const eventOverhead = 26;
const maxBatchBytes = 1_048_576;
const maxEventBytes = 1_048_576;

/** The accepted events, a stretch of the batch, and what to tell of the others; or why the batch is refused. */
export type Acceptance =
  | { readonly refused: string }
  | {
      /** Index in the batch of the first accepted event. */
      readonly first: number;
      readonly events: readonly logs.InputLogEvent[];
      readonly rejected: logs.RejectedLogEventsInfo | undefined;
    };

/** Decides on a batch at the time `now`, for a group that keeps events `retentionInDays` (absent: for ever). */
export const acceptEvents = (
  events: readonly logs.InputLogEvent[],
  now: number,
  retentionInDays: number | undefined,
): Acceptance => {
  const refused = batchProblem(events);
  if (refused !== undefined) return { refused };
  const expiredBefore = retentionInDays === undefined ? Number.NEGATIVE_INFINITY : now - retentionInDays * day;
  const tooOldBefore = now - 14 * day;
  const oldestTaken = Math.max(expiredBefore, tooOldBefore);
  const countBelow = (limit: number): number => {
    const found = events.findIndex((event) => event.timestamp >= limit);
    return found === -1 ? events.length : found;
  };
  const first = countBelow(oldestTaken);
  const tooNewFrom = countBelow(now + 2 * hour + 1);
  const expired = countBelow(expiredBefore);
  const tooOld = countBelow(tooOldBefore);
  const accepted = events.slice(first, Math.max(first, tooNewFrom));
  const span = (accepted.at(-1)?.timestamp ?? 0) - (accepted[0]?.timestamp ?? 0);
  if (span > day) {
    return { refused: 'The batch of log events in a single PutLogEvents request cannot span more than 24 hours.' };
  }
  const rejected: logs.RejectedLogEventsInfo = {
    ...(tooNewFrom < events.length && { tooNewLogEventStartIndex: tooNewFrom }),
    ...(tooOld > 0 && { tooOldLogEventEndIndex: tooOld }),
    ...(expired > 0 && { expiredLogEventEndIndex: expired }),
  };
  return { first, events: accepted, rejected: Object.keys(rejected).length > 0 ? rejected : undefined };
};

const batchProblem = (events: readonly logs.InputLogEvent[]): string | undefined => {
  let bytes = 0;
  let before = Number.NEGATIVE_INFINITY;
  for (const event of events) {
    const size = Buffer.byteLength(event.message) + eventOverhead;
    if (size > maxEventBytes) return `Log event too large: ${size} bytes exceeds limit of ${maxEventBytes}`;
    bytes += size;
    if (event.timestamp < before) {
      return 'Log events in a single PutLogEvents request must be in chronological order.';
    }
    before = event.timestamp;
  }
  return bytes > maxBatchBytes ? `Upload too large: ${bytes} bytes exceeds limit of ${maxBatchBytes}` : undefined;
};
