/** An HTTP request as SigV4 sees it, and the few facts about the connection that a context carries. */
import type { IncomingMessage } from 'node:http';
import type { CallFacts } from '../request-context.ts';
import type { SignedMessage } from '../sigv4/authorization.ts';

/** The parts of a request that a signature is about. */
export const signedMessage = (request: IncomingMessage): SignedMessage => {
  const url = request.url ?? '/';
  const at = url.indexOf('?');
  const { headers } = request;
  return {
    method: request.method ?? 'GET',
    path: at < 0 ? url : url.slice(0, at),
    query: at < 0 ? '' : url.slice(at + 1),
    header: (name) => {
      const value = headers[name];
      return Array.isArray(value) ? value.join(',') : value;
    },
  };
};

const isEncrypted = ({ socket }: IncomingMessage): boolean => 'encrypted' in socket && socket.encrypted === true;

/** Scheme, host and port under which the client reached this server. */
export const originOf = (request: IncomingMessage): string => {
  const scheme = isEncrypted(request) ? 'https' : 'http';
  return `${scheme}://${request.headers.host ?? `127.0.0.1:${request.socket.localPort ?? 0}`}`;
};

/** The client's address; IPv4 in its own form also on a socket for both. */
export const sourceIpOf = (request: IncomingMessage): string =>
  (request.socket.remoteAddress ?? '').replace(/^::ffff:/, '');

/** How a request came, for the authorizer; `time` in milliseconds since the epoch. */
export const callFactsOf = (request: IncomingMessage, time: number): CallFacts => ({
  sourceIp: sourceIpOf(request),
  userAgent: request.headers['user-agent'] ?? '',
  isSecure: isEncrypted(request),
  time,
});
