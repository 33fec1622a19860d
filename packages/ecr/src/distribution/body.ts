/** Request bodies: streams with a limit to how long they may stand still, and small ones read whole. */
import type { IncomingMessage } from 'node:http';
import { registryError } from './registry-error.ts';

/** A client that sends nothing for this long is taken for gone, in milliseconds. */
export const longestSilence = 120_000;

/** How much of an unwanted body is read so that its sender gets to see the answer, in bytes. */
const drainedAtMost = 256 * 1024 * 1024;

/** The bytes of a request as they come. Fails when the connection ends or stands still before the body does. */
export async function* bodyOf(request: IncomingMessage): AsyncGenerator<Uint8Array> {
  request.socket.setTimeout(longestSilence);
  try {
    // Leaving early must not destroy the socket: the answer is still to be sent.
    yield* request.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>;
  } finally {
    request.socket.setTimeout(0);
  }
}

/**
 * The same for bytes that only pass, each chunk of which is freed when the next one is asked for: left to the garbage
 * collector, the chunks of a large layer keep it running all the time.
 */
export async function* passingBodyOf(request: IncomingMessage): AsyncGenerator<Uint8Array> {
  const queue: Buffer[] = [];
  let state: 'flowing' | 'ended' | 'broken' = 'flowing';
  let wake = (): void => undefined;
  const onData = (chunk: Buffer): void => {
    queue.push(chunk);
    if (queue.length >= chunksAhead) request.pause();
    wake();
  };
  const onEnd = (): void => {
    state = 'ended';
    wake();
  };
  const onBroken = (): void => {
    if (state === 'flowing') state = 'broken';
    wake();
  };
  const broken = () => Object.assign(new Error('the connection ended before the body did'), { code: 'ECONNRESET' });
  if (request.readableEnded) return;
  if (request.destroyed) throw broken();
  request.socket.setTimeout(longestSilence);
  request.on('data', onData).once('end', onEnd).on('error', onBroken).once('close', onBroken);
  try {
    for (;;) {
      const chunk = queue.shift();
      if (chunk !== undefined) {
        yield chunk;
        free(chunk);
        if (queue.length === 0) request.resume();
        continue;
      }
      const now = state as 'flowing' | 'ended' | 'broken';
      if (now === 'ended') return;
      if (now === 'broken') throw broken();
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  } finally {
    request.off('data', onData).off('end', onEnd).off('error', onBroken).off('close', onBroken);
    request.socket.setTimeout(0);
  }
}

/** How many chunks are taken from the socket before they are asked for. */
const chunksAhead = 4;

/** Frees the memory of a chunk that is alone in it. */
const free = ({ buffer, byteLength }: Buffer): void => {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
};

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
