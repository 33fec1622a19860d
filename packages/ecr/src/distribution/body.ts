/** Request bodies: how long they may stand still, small ones read whole, and what becomes of unwanted ones. */
import type { IncomingMessage } from 'node:http';
import { registryError } from './registry-error.ts';

/** A client that sends nothing for this long is taken for gone, in milliseconds. */
export const longestSilence = 120_000;

/** How much of an unwanted body is read so that its sender gets to see the answer, in bytes. */
const drainedAtMost = 256 * 1024 * 1024;

/** The bytes of a request as they come. Fails when the connection ends or stands still before the body does. */
async function* bodyOf(request: IncomingMessage): AsyncGenerator<Uint8Array> {
  request.socket.setTimeout(longestSilence);
  try {
    // Leaving early must not destroy the socket: the answer is still to be sent.
    yield* request.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>;
  } finally {
    request.socket.setTimeout(0);
  }
}

/** The announced length of a body in bytes; undefined when it comes in chunks of an unknown sum. */
export const announcedLength = (request: IncomingMessage): number | undefined => {
  const header = request.headers['content-length'];
  return header === undefined ? undefined : Number(header);
};

/** Whether the request has a body with anything in it, as far as its headers tell. */
export const hasBody = (request: IncomingMessage): boolean =>
  request.headers['transfer-encoding'] !== undefined || (announcedLength(request) ?? 0) > 0;

/** The whole body, of at most `limit` bytes; throws SIZE_INVALID with status 413 beyond. */
export const readWhole = async (request: IncomingMessage, limit: number): Promise<Buffer> => {
  const tooLarge = () => registryError('SIZE_INVALID', `The body is larger than ${limit} bytes`, { status: 413 });
  if ((announcedLength(request) ?? 0) > limit) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of bodyOf(request)) {
    size += chunk.byteLength;
    if (size > limit) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
};

/**
 * Before an answer that does not need the body: lets a body of a moderate size pass, so that the client reads the
 * answer rather than a reset connection, and ends the connection of one that goes on and on.
 */
export const giveUpBody = (request: IncomingMessage): void => {
  if (request.complete || !hasBody(request)) return;
  let drained = 0;
  request.on('data', (chunk: Uint8Array) => {
    drained += chunk.byteLength;
    if (drained > drainedAtMost) request.destroy();
  });
  request.on('error', () => undefined);
  // Whoever announces a body and then says nothing must not keep the connection for ever.
  request.setTimeout(longestSilence, () => request.destroy());
  request.once('end', () => request.setTimeout(0));
  request.resume();
};
