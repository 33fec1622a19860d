/**
 * Reading events in order from sources that may overlap in time: a merge that opens a source only when the order
 * has come to it. A page ends at its limits, or when it has looked at enough bytes; it then says where to go on.
 */
import { comparePositions, type Position } from '../domain/position.ts';
import type { StoredEvent } from '../domain/event-block.ts';

/** Somewhere that a stream's events of a span of time can be read from. */
export interface Source {
  readonly logStreamName: string;
  readonly minTimestamp: number;
  readonly maxTimestamp: number;
  /** Uncompressed size: what opening it costs. */
  readonly rawBytes: number;
  /** The events in the order of their positions. */
  readonly load: () => Promise<readonly StoredEvent[]>;
}

export interface ScanRequest {
  readonly sources: readonly Source[];
  /** First timestamp wanted, inclusive. */
  readonly from: number;
  /** Last timestamp wanted, inclusive. */
  readonly to: number;
  readonly reverse: boolean;
  /** Go on behind this event, in the scan's direction. */
  readonly after?: Position | undefined;
  readonly matches: (event: StoredEvent) => boolean;
  /** Most events in the page. */
  readonly limit: number;
  /** Most bytes of messages in the page; one event always fits. */
  readonly pageBytes: number;
  /** Bytes of sources to open before the page ends even if it is empty. */
  readonly scanBytes: number;
}

export interface FoundEvent extends StoredEvent {
  readonly logStreamName: string;
}

export interface ScanPage {
  /** In the scan's direction. */
  readonly events: readonly FoundEvent[];
  /** Behind which event to go on; undefined when everything was looked at. */
  readonly next: Position | undefined;
}

interface Cursor {
  readonly source: Source;
  readonly events: readonly StoredEvent[];
  at: number;
}

/** Reads one page. */
export const scan = async (request: ScanRequest): Promise<ScanPage> => {
  const sign = request.reverse ? -1 : 1;
  const edge = (source: Source): number => (request.reverse ? source.maxTimestamp : source.minTimestamp);
  const waiting = request.sources
    .filter((source) => source.maxTimestamp >= request.from && source.minTimestamp <= request.to)
    .toSorted((a, b) => sign * (edge(a) - edge(b)));
  const open: Cursor[] = [];
  const found: FoundEvent[] = [];
  let looked: Position | undefined;
  let scanned = 0;
  let bytes = 0;
  let nextSource = 0;
  for (;;) {
    const head = firstOf(open, sign);
    const candidate = waiting[nextSource];
    const headEvent = head?.events[head.at];
    if (candidate !== undefined && (headEvent === undefined || sign * (edge(candidate) - headEvent.timestamp) <= 0)) {
      if (scanned >= request.scanBytes && looked !== undefined) return { events: found, next: looked };
      nextSource += 1;
      scanned += candidate.rawBytes;
      open.push(await openCursor(candidate, request));
      continue;
    }
    if (head === undefined || headEvent === undefined) return { events: found, next: undefined };
    head.at += sign;
    if (request.matches(headEvent)) {
      const size = headEvent.message.length;
      if (found.length > 0 && bytes + size > request.pageBytes) return { events: found, next: looked };
      bytes += size;
      found.push({ ...headEvent, logStreamName: head.source.logStreamName });
    }
    looked = headEvent;
    if (found.length >= request.limit) return { events: found, next: looked };
  }
};

const firstOf = (open: Cursor[], sign: number): Cursor | undefined => {
  let first: Cursor | undefined;
  for (let place = open.length - 1; place >= 0; place -= 1) {
    const cursor = open[place];
    const event = cursor?.events[cursor.at];
    if (cursor === undefined || event === undefined) {
      open.splice(place, 1);
      continue;
    }
    const best = first?.events[first.at];
    if (best === undefined || sign * comparePositions(event, best) < 0) first = cursor;
  }
  return first;
};

// Cuts the source to the wanted times and behind `after` once, so that the merge only ever walks wanted events.
const openCursor = async (source: Source, request: ScanRequest): Promise<Cursor> => {
  const { from, to, after, reverse } = request;
  const events = (await source.load()).filter(
    (event) =>
      event.timestamp >= from &&
      event.timestamp <= to &&
      (after === undefined || (reverse ? comparePositions(event, after) < 0 : comparePositions(event, after) > 0)),
  );
  return { source, events, at: reverse ? events.length - 1 : 0 };
};
