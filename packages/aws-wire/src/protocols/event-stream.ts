/**
 * Event streams, `application/vnd.amazon.eventstream`: frames of total length, length of the headers, their CRC,
 * the headers, a JSON payload, and a CRC of all before it. Smithy, "Amazon Event Stream Specification".
 */
import { crc32 } from 'node:zlib';
import type { AwsError } from '../aws-error.ts';
import type { ModelTable } from '../model.ts';
import { encodersOf } from '../shapes/encode.ts';
import { detailed, shapeOf } from '../shapes/table.ts';
import { jsonOutput } from './json-scalars.ts';
import { errorFactsOf, errorMembers } from './protocol.ts';

export const eventStreamType = 'application/vnd.amazon.eventstream';

/** Header values are of type 7: text with its length in two bytes. */
const header = (name: string, value: string): Buffer => {
  const [nameBytes, valueBytes] = [Buffer.from(name, 'utf8'), Buffer.from(value, 'utf8')];
  const length = Buffer.alloc(2);
  length.writeUInt16BE(valueBytes.length);
  return Buffer.concat([Buffer.from([nameBytes.length]), nameBytes, Buffer.from([7]), length, valueBytes]);
};

/** One frame with text headers. */
const eventFrame = (headers: Readonly<Record<string, string>>, payload: Uint8Array): Buffer => {
  const headerBytes = Buffer.concat(Object.entries(headers).map(([name, value]) => header(name, value)));
  const frame = Buffer.alloc(12 + headerBytes.length + payload.length + 4);
  frame.writeUInt32BE(frame.length, 0);
  frame.writeUInt32BE(headerBytes.length, 4);
  frame.writeUInt32BE(crc32(frame.subarray(0, 8)), 8);
  headerBytes.copy(frame, 12);
  frame.set(payload, 12 + headerBytes.length);
  frame.writeUInt32BE(crc32(frame.subarray(0, -4)), frame.length - 4);
  return frame;
};

export interface EventStreamWriter {
  /** The member of the output that is the stream. */
  readonly member: string;
  /** The first frame, with the output's other members. */
  readonly initial: (output: Readonly<Record<string, unknown>>) => Buffer;
  /** The frame of an event, `{ sessionUpdate: {…} }`. */
  readonly event: (event: object) => Buffer;
  /** The frame that ends a stream with an error. */
  readonly failure: (error: AwsError) => Buffer;
}

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value), 'utf8');

/** How an operation's output is streamed, or undefined when it has no event stream. */
export const eventStreamOf = (table: ModelTable, operation: string): EventStreamWriter | undefined => {
  const output = table.operations[operation]?.output;
  if (output === undefined) return undefined;
  const found = Object.entries(shapeOf(table, output).members ?? {}).find(
    ([, use]) => shapeOf(table, detailed(use).shape).eventstream === true,
  );
  if (found === undefined) return undefined;
  const [member, use] = found;
  const encode = encodersOf(table, jsonOutput);
  const facts = errorFactsOf(table);
  const headers = (type: string, name: string): Readonly<Record<string, string>> => ({
    [`:${type}-type`]: name,
    ':content-type': 'application/json',
    ':message-type': type,
  });
  return {
    member,
    initial: (value) =>
      eventFrame(headers('event', 'initial-response'), json(encode(output)({ ...value, [member]: undefined }))),
    event: (event) => {
      const [[name, content] = ['', {}]] = Object.entries(encode(detailed(use).shape)(event) as object);
      return eventFrame(headers('event', name), json(content));
    },
    failure: (error) => {
      const fact = facts(error.code);
      return eventFrame(headers('exception', fact.name), json(errorMembers(error, fact)));
    },
  };
};
