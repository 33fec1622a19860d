/** Writes answers and event streams to a response. A client that goes away in the middle is no error. */
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { AwsError } from '../aws-error.ts';
import type { Answer } from '../protocols/protocol.ts';
import { eventStreamType } from '../protocols/event-stream.ts';
import type { EventStreamWriter } from '../protocols/event-stream.ts';

/** Sends a complete answer; returns the bytes of its body, none when the client is gone. */
export const sendAnswer = (response: ServerResponse, { status, headers, body }: Answer): number => {
  // What began as a stream cannot be taken back: its client learns by the broken connection.
  if (response.headersSent) response.destroy();
  if (response.destroyed) return 0;
  const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
  response.writeHead(status, { ...headers, 'content-length': length });
  response.end(body);
  return length;
};

/**
 * Answers a request whose body was not read to its end, and ends the connection: what follows could not be told
 * from a next request. The client is let finish sending first, for at most `lingerMs`, so that it reads the answer
 * instead of a broken connection.
 */
export const refuseBody = (
  request: IncomingMessage,
  response: ServerResponse,
  answer: Answer,
  lingerMs: number,
): number => {
  const body = Buffer.from(answer.body);
  if (response.destroyed || response.headersSent) return 0;
  response.writeHead(answer.status, { ...answer.headers, 'content-length': body.length, connection: 'close' });
  // Ending the response would close the socket under a client that still writes.
  response.write(body);
  const finish = (): void => {
    clearTimeout(timer);
    response.end();
  };
  const timer = setTimeout(finish, lingerMs);
  timer.unref();
  request.once('end', finish).once('close', finish).resume();
  return body.length;
};

/** What the writing of an event stream needs to know of its call. */
export interface StreamedCall {
  readonly writer: EventStreamWriter;
  readonly requestId: string;
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal;
  /** Words an unexpected failure of the handler's stream as the service's own error. */
  readonly failure: (error: unknown) => AwsError;
}

/**
 * Sends an output as an event stream until its events end or the client goes away, in step with the client's
 * reading; returns the bytes written. The handler's iterator is always closed.
 */
export const sendEventStream = async (
  response: ServerResponse,
  output: Readonly<Record<string, unknown>>,
  { writer, requestId, signal, failure }: StreamedCall,
): Promise<number> => {
  let sent = 0;
  const write = async (frame: Buffer): Promise<void> => {
    sent += frame.length;
    if (!response.write(frame)) await once(response, 'drain', { signal });
  };
  response.writeHead(200, { 'content-type': eventStreamType, 'x-amzn-requestid': requestId });
  const events = (output[writer.member] as AsyncIterable<object>)[Symbol.asyncIterator]();
  const gone = new Promise<{ readonly done: true; readonly value: undefined }>((resolve) => {
    signal.addEventListener('abort', () => resolve({ done: true, value: undefined }), { once: true });
  });
  try {
    await write(writer.initial(output));
    for (;;) {
      const next = await Promise.race([events.next(), gone]);
      if (next.done === true || signal.aborted) break;
      await write(writer.event(next.value));
    }
  } catch (error) {
    if (!signal.aborted) await write(writer.failure(error instanceof AwsError ? error : failure(error)));
  } finally {
    // A generator that still waits for its next event settles this only then: nobody waits for it.
    events.return?.().catch(() => undefined);
    response.end();
  }
  return sent;
};
