import type { LogEvent, SpoolRecordHeader } from './spool-record.ts';

/**
 * How waiting entries of one stream become PutLogEvents calls: as few as the API's limits allow, in order. Pure.
 */

/** The limits of one PutLogEvents call (CloudWatch Logs API reference, PutLogEvents). */
export const BATCH_LIMITS = { events: 10_000, bytes: 1_048_576, spanMilliseconds: 24 * 60 * 60 * 1000 } as const;

/**
 * How many of the leading entries go into the next call: at least one; entries of events are joined while the
 * limits hold, any other kind goes alone.
 */
export const decideBatch = (headers: readonly SpoolRecordHeader[]): number => {
  const first = headers[0];
  if (first === undefined) return 0;
  if (first.kind !== 'events') return 1;
  let { count, bytes, from, to } = first;
  let taken = 1;
  for (const header of headers.slice(1)) {
    if (header.kind !== 'events') break;
    count += header.count;
    bytes += header.bytes;
    from = Math.min(from, header.from);
    to = Math.max(to, header.to);
    if (count > BATCH_LIMITS.events || bytes > BATCH_LIMITS.bytes || to - from > BATCH_LIMITS.spanMilliseconds) break;
    taken += 1;
  }
  return taken;
};

/** The events of several entries as one list in the order PutLogEvents wants: by time, then as they came. */
export const joinEvents = (lists: readonly (readonly LogEvent[])[]): LogEvent[] => {
  if (lists.length === 1 && lists[0] !== undefined) return [...lists[0]];
  return lists.flat().toSorted((a, b) => a.timestamp - b.timestamp);
};
