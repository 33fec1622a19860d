/**
 * The place of an event in the order of its group: by timestamp, then by the batch it came in, then by its place
 * in that batch. The order never changes, so positions serve as event ids and as paging tokens.
 */

export interface Position {
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  /** Twenty digits; see {@link batchIds}. */
  readonly batchId: string;
  /** The event's index in its batch; a batch has at most 10,000 events. */
  readonly index: number;
}

/** Before every event. */
export const firstPosition: Position = { timestamp: 0, batchId: '0'.repeat(20), index: 0 };

/** Negative when `a` comes before `b`, 0 when they are the same event. */
export const comparePositions = (a: Position, b: Position): number =>
  a.timestamp - b.timestamp || (a.batchId < b.batchId ? -1 : a.batchId > b.batchId ? 1 : a.index - b.index);

/** An event id as CloudWatch Logs has them: 56 digits, stable, unique in the group, in the order of events. */
export const formatPosition = (position: Position): string =>
  String(position.timestamp).padStart(20, '0') + position.batchId + String(position.index).padStart(16, '0');

/** Reads {@link formatPosition} back; undefined for any other text. */
export const parsePosition = (text: string): Position | undefined =>
  /^\d{56}$/.test(text)
    ? { timestamp: Number(text.slice(0, 20)), batchId: text.slice(20, 40), index: Number(text.slice(40)) }
    : undefined;

/**
 * Makes batch ids that grow: sixteen digits of microseconds, never the same twice, and four that tell servers
 * apart. `node` is a number from 0 to 9,999.
 */
export const batchIds = (now: () => number, node: number): (() => string) => {
  let last = 0;
  const suffix = String(node % 10_000).padStart(4, '0');
  return () => {
    last = Math.max(last + 1, Math.floor(now() * 1000));
    return String(last).padStart(16, '0') + suffix;
  };
};
