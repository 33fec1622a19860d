/**
 * Reads the body of a call, bounded in size and in patience. A body that is too large is refused by its stated
 * length before a byte is read, and never held; a client that stalls is given up; one that goes away is told
 * apart from one that errs, because nobody is left to answer.
 */
import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { AwsError } from '../aws-error.ts';

/** The client closed the connection in the middle of its request. */
export class ClientGone extends Error {
  constructor() {
    super('the client went away before its request was complete');
    this.name = 'ClientGone';
  }
}

export interface BodyLimits {
  readonly maxBytes: number;
  /** Milliseconds between two pieces of a body after which it is given up. */
  readonly idleMs: number;
}

/** Longest time, in milliseconds, that a body may take in all, however steadily it drips. */
const longestMs = 300_000;

const tooLarge = (maxBytes: number): AwsError =>
  new AwsError('RequestEntityTooLargeException', `The request body is larger than ${maxBytes} bytes.`);

const readPieces = (request: IncomingMessage, { maxBytes, idleMs }: BodyLimits): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    let size = 0;
    const settle = (act: () => void): void => {
      clearTimeout(timer);
      clearTimeout(end);
      request.off('data', onData).off('end', onEnd).off('close', onClose).off('error', onClose);
      // Errors of the connection after this are the dispatcher's to see on the response.
      request.on('error', () => undefined);
      act();
    };
    const onData = (piece: Buffer): void => {
      size += piece.length;
      if (size > maxBytes) return settle(() => reject(tooLarge(maxBytes)));
      pieces.push(piece);
      timer.refresh();
    };
    const onEnd = (): void =>
      settle(() => resolve(pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces, size)));
    const onClose = (): void => settle(() => reject(new ClientGone()));
    const onLate = (): void =>
      settle(() => reject(new AwsError('RequestTimeoutException', 'The request body did not arrive in time.')));
    const timer = setTimeout(onLate, idleMs);
    const end = setTimeout(onLate, longestMs);
    request.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onClose);
  });

const nothing = Buffer.alloc(0);

/** The body as received. Throws {@link AwsError} when it is too large or too slow, {@link ClientGone} when cut off. */
export const readBody = async (request: IncomingMessage, limits: BodyLimits): Promise<Buffer> => {
  const { 'content-length': length, 'transfer-encoding': chunked } = request.headers;
  if (Number(length ?? 0) > limits.maxBytes) throw tooLarge(limits.maxBytes);
  if (chunked === undefined && (length === undefined || length === '0')) {
    request.resume();
    return nothing;
  }
  return readPieces(request, limits);
};

const unzip = promisify(gunzip);

/** The body after its content-encoding. Throws {@link AwsError} for what is not gzip, or unpacks to too much. */
export const decodedBody = async (body: Buffer, encoding: string | undefined, maxBytes: number): Promise<Buffer> => {
  if (encoding === undefined || encoding === 'identity') return body;
  if (encoding !== 'gzip')
    throw new AwsError('SerializationException', `The content encoding ${encoding} is not supported.`);
  try {
    return await unzip(body, { maxOutputLength: maxBytes });
  } catch (error) {
    if (error instanceof RangeError) throw tooLarge(maxBytes);
    throw new AwsError('SerializationException', 'The request body is not valid gzip data.');
  }
};
