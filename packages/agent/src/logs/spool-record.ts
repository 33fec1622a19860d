import { crc32 } from 'node:zlib';

/**
 * What one entry of the log spool looks like on disk. A frame is: 4 bytes length of the payload, 4 bytes CRC-32
 * of the payload, both little endian, then the payload: 2 bytes length of the header, the header as JSON, the body.
 * The header alone tells where an entry goes, so that a restart indexes a full spool without parsing its events.
 */

/** What the control plane must be asked: events to put, or a group or stream to create first. */
export type SpoolRecordKind = 'events' | 'create-group' | 'create-stream';

export interface SpoolRecordHeader {
  readonly kind: SpoolRecordKind;
  readonly region: string;
  readonly group: string;
  /** Empty for `create-group`. */
  readonly stream: string;
  /** `awslogs-create-group` was asked for: what is missing is created instead of given up. */
  readonly createGroup: boolean;
  /** For events: how many, their size as PutLogEvents counts it, and the first and last time in milliseconds. */
  readonly count: number;
  readonly bytes: number;
  readonly from: number;
  readonly to: number;
}

export interface LogEvent {
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly message: string;
}

/** What PutLogEvents adds to each event's UTF-8 length when it counts a batch (API reference, PutLogEvents). */
const EVENT_OVERHEAD = 26;

const FRAME_HEAD = 8;

/** The header of a batch of events. */
export const eventsHeader = (
  target: Pick<SpoolRecordHeader, 'region' | 'group' | 'stream' | 'createGroup'>,
  events: readonly LogEvent[],
): SpoolRecordHeader => {
  let bytes = 0;
  let from = Number.POSITIVE_INFINITY;
  let to = 0;
  for (const event of events) {
    bytes += Buffer.byteLength(event.message) + EVENT_OVERHEAD;
    from = Math.min(from, event.timestamp);
    to = Math.max(to, event.timestamp);
  }
  return { ...target, kind: 'events', count: events.length, bytes, from: events.length === 0 ? 0 : from, to };
};

/** One frame, ready to be appended. */
export const encodeFrame = (header: SpoolRecordHeader, body: Uint8Array): Buffer => {
  const head = Buffer.from(JSON.stringify(header));
  const frame = Buffer.allocUnsafe(FRAME_HEAD + 2 + head.length + body.length);
  frame.writeUInt16LE(head.length, FRAME_HEAD);
  head.copy(frame, FRAME_HEAD + 2);
  frame.set(body, FRAME_HEAD + 2 + head.length);
  const payload = frame.subarray(FRAME_HEAD);
  frame.writeUInt32LE(payload.length, 0);
  frame.writeUInt32LE(crc32(payload), 4);
  return frame;
};

/** The body of a frame, or undefined when the frame is damaged. */
export const decodeFrame = (frame: Buffer): { header: SpoolRecordHeader; body: Buffer } | undefined => {
  if (frame.length < FRAME_HEAD + 2 || frame.readUInt32LE(0) !== frame.length - FRAME_HEAD) return undefined;
  const payload = frame.subarray(FRAME_HEAD);
  if (crc32(payload) !== frame.readUInt32LE(4)) return undefined;
  const bodyAt = 2 + payload.readUInt16LE(0);
  if (bodyAt > payload.length) return undefined;
  // The checksum vouches that this is what was written.
  const header = JSON.parse(payload.toString('utf8', 2, bodyAt)) as SpoolRecordHeader;
  return { header, body: payload.subarray(bodyAt) };
};

/** Where one frame lies in a segment. */
export interface FramePlace {
  readonly offset: number;
  readonly length: number;
  readonly header: SpoolRecordHeader;
}

/**
 * Every whole frame from the start of a segment up to the first damaged one: what a crash tore off was never
 * acknowledged to the driver.
 */
export const scanFrames = (segment: Buffer): { places: FramePlace[]; goodBytes: number } => {
  const places: FramePlace[] = [];
  let offset = 0;
  while (offset + FRAME_HEAD <= segment.length) {
    const length = FRAME_HEAD + segment.readUInt32LE(offset);
    if (offset + length > segment.length) break;
    const frame = decodeFrame(segment.subarray(offset, offset + length));
    if (frame === undefined) break;
    places.push({ offset, length, header: frame.header });
    offset += length;
  }
  return { places, goodBytes: offset };
};
