/**
 * Reads the frames that agents send, on ACS and on TCS. Agents are not trusted to be right: whatever is no
 * envelope comes back as a problem to log, and every member is looked at before it is believed.
 */
import type { RawData } from 'ws';
import type { Envelope } from './acs/messages.ts';

export type Members = Readonly<Record<string, unknown>>;

/** A frame's envelope, or what is wrong with it. */
export type Frame = { readonly kind: 'envelope'; readonly type: string; readonly message: Members } | FrameProblem;

interface FrameProblem {
  readonly kind: 'problem';
  readonly problem: string;
}

export const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A member that is text, or undefined. */
export const text = (message: Members, name: string): string | undefined => {
  const value = message[name];
  return typeof value === 'string' ? value : undefined;
};

/** A member that is a finite number, or undefined. */
export const number = (message: Members, name: string): number | undefined => {
  const value = message[name];
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
};

/** The objects in a member that is a list; empty when it is none. */
export const list = (message: Members, name: string): readonly Members[] => {
  const value = message[name];
  return Array.isArray(value) ? value.filter(isMembers) : [];
};

const bytesOf = (data: RawData): Buffer => {
  if (Array.isArray(data)) return Buffer.concat(data);
  return Buffer.isBuffer(data) ? data : Buffer.from(data);
};

/**
 * The text of a frame without the signed header block that agents put before each telemetry message: lines
 * as in an HTTP request, an empty line, then the JSON. The handshake was verified; the block adds nothing to it.
 */
const withoutPreamble = (frame: string): string => {
  if (frame.startsWith('{')) return frame;
  const end = frame.indexOf('\r\n\r\n');
  return end < 0 ? frame : frame.slice(end + 4);
};

/** Reads one frame as an envelope. Never throws. */
export const readFrame = (data: RawData, isBinary: boolean): Frame => {
  if (isBinary) return { kind: 'problem', problem: 'a binary frame' };
  let parsed: unknown;
  try {
    parsed = JSON.parse(withoutPreamble(bytesOf(data).toString('utf8')));
  } catch {
    return { kind: 'problem', problem: 'a frame that is not JSON' };
  }
  if (!isMembers(parsed) || typeof parsed['type'] !== 'string') {
    return { kind: 'problem', problem: 'a frame without a type' };
  }
  const message = parsed['message'] ?? {};
  return isMembers(message)
    ? { kind: 'envelope', type: parsed['type'], message }
    : { kind: 'problem', problem: `a ${parsed['type']} whose message is no object` };
};

/** The text of a frame to an agent. */
export const writeFrame = (type: string, message: object): string =>
  JSON.stringify({ type, message } satisfies Envelope);
