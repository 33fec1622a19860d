/**
 * Connections that are kept for the next request may be closed by the server, or cut, just as it is sent. What may be
 * asked again then (RFC 9110, 9.2.2: what has the same effect once and twice), and what can be known before.
 */
import type { Agent, ClientRequest } from 'node:http';
import { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import type { HttpRequest } from './transport.ts';

const closings: ReadonlySet<unknown> = new Set(['ECONNRESET', 'EPIPE']);

const hasCondition = ({ headers = {} }: HttpRequest): boolean =>
  Object.keys(headers).some((name) => name.toLowerCase() === 'if-match');

/**
 * Whether a request does the same when it is done twice: what reads and deletes, and what changes only what is as it
 * was. A PUT without a condition is not enough here: that of an instance's state may start it anew a second time.
 */
export const isRepeatable = (request: HttpRequest): boolean => {
  const { method, body, once = false } = request;
  if (once || body instanceof Readable) return false;
  return ['GET', 'HEAD', 'DELETE'].includes(method) || (method === 'PUT' && hasCondition(request));
};

/** Watches a request: the function tells of its error whether a kept connection was closed before any answer came. */
export const watchKept = (request: ClientRequest): ((error: unknown) => boolean) => {
  let before = 0;
  request.once('socket', ({ bytesRead }) => (before = bytesRead));
  return (error) =>
    request.reusedSocket &&
    request.socket?.bytesRead === before &&
    closings.has((error as Partial<NodeJS.ErrnoException>).code);
};

/** Lets go of the kept connections whose end has arrived and was not looked at yet. */
export const forgetClosed = async (agent: Agent): Promise<void> => {
  if (Object.keys(agent.freeSockets).length === 0) return;
  // What has arrived is looked at once in a turn of the event loop, and this one's may be over.
  await turn();
  await turn();
};
