/** HTTP and websockets to one server, over its unix socket or over TLS. Knows nothing of what is asked for. */
import {
  Agent as HttpAgent,
  type AgentOptions,
  request as httpRequest,
  type ClientRequest,
  type IncomingMessage,
  type OutgoingHttpHeaders,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Duplex, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ConnectionOptions } from 'node:tls';
import { WebSocket } from 'ws';
import { ConnectionError, type LxdErrorDetails } from './errors.ts';
import { defaultConnectTimeout, limitHandshake } from './handshake-limit.ts';
import { forgetClosed, isRepeatable, watchKept } from './kept-connections.ts';

/** Where a server is. */
export type Address =
  | { readonly socket: string }
  | {
      /** `https://host:8443` */
      readonly url: string;
      readonly tls: ConnectionOptions;
      /** Milliseconds until a connection must be ready. */
      readonly connectTimeout?: number | undefined;
    };

export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With its query. */
  readonly path: string;
  readonly headers?: OutgoingHttpHeaders | undefined;
  readonly body?: string | Uint8Array | Readable | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Not to be asked again where its connection is closed. */
  readonly once?: boolean | undefined;
  /** What it is about, for errors. */
  readonly subject?: string | undefined;
}

export interface Transport {
  /**
   * The answer, its body unread. Throws a ConnectionError when there is none. Where a connection that was kept is closed
   * before any answer, what does the same twice is asked once more, over a new one.
   */
  request(request: HttpRequest): Promise<IncomingMessage>;
  /** A websocket. Whoever opens it must listen at once: what arrives before is lost. */
  websocket(path: string): WebSocket;
  /** A websocket of an operation, by the secret that the server gave for it. */
  operationSocket(operation: string, secret: string, scope: Readonly<Record<string, string>>): WebSocket;
  /** A connection that goes on in another protocol; undefined where the server does not speak it. */
  upgrade(path: string, protocol: string, subject: string): Promise<Duplex | undefined>;
  readonly address: Address;
  close(): void;
}

const hints: Readonly<Record<string, string>> = {
  ENOENT: 'Is LXD installed and running? On Debian: apt-get install lxd lxd-client',
  ECONNREFUSED: 'Is the server running?',
  EACCES: 'Only root and the members of the group "lxd" may use this socket.',
  EPERM: 'Only root and the members of the group "lxd" may use this socket.',
  ENOTFOUND: 'There is no host of this name.',
  ETIMEDOUT: 'Is this the address of an LXD server, and does a firewall let this machine through?',
  ECONNRESET: 'The connection was cut. Does the server still run? Whether it was done is not known.',
  EPIPE: 'The connection was cut. Does the server still run? Whether it was done is not known.',
  ERR_OSSL_X509_KEY_VALUES_MISMATCH: "The client's key is not that of its certificate: give the two of one pair.",
  ERR_OSSL_PEM_NO_START_LINE: 'A certificate or a key is not in PEM form.',
};

const hintOf = (code: string, message: string): string => {
  if (/wrong version number/i.test(message)) return 'What listens there does not speak TLS. Is this its address?';
  return hints[code] ?? (/certificate/i.test(message) ? 'The certificate of the server is not the one trusted.' : '');
};

const preconditionFailed = 412;

/** Instead of an answer: a kept connection was closed before any came. */
class Closed {
  /** What to tell where it is not asked again. */
  readonly error: unknown;

  constructor(error: unknown) {
    this.error = error;
  }
}

/** The name of an address in messages. */
export const addressText = (address: Address): string => ('socket' in address ? address.socket : address.url);

/** A ConnectionError that tells where, why, and the remedy. */
export const connectionError = (address: Address, error: unknown, details: LxdErrorDetails = {}): ConnectionError => {
  const message = error instanceof Error ? error.message : String(error);
  const code = (error as Partial<NodeJS.ErrnoException>).code ?? '';
  const text = `${addressText(address)}: ${message.trim()}`;
  return new ConnectionError(text, { ...details, cause: error }, hintOf(code, message));
};

/** Opens a transport; connections are made when they are needed, and kept. */
export const openTransport = (address: Address): Transport => {
  const local = 'socket' in address ? { socketPath: address.socket } : undefined;
  const base = 'socket' in address ? 'http://lxd' : address.url;
  const patience = 'socket' in address ? undefined : (address.connectTimeout ?? defaultConnectTimeout);
  const agentOf = (options: AgentOptions): HttpAgent =>
    'socket' in address ? new HttpAgent(options) : new HttpsAgent({ ...options, ...address.tls });
  const kept = agentOf({ keepAlive: true, maxFreeSockets: 16 });
  /** Makes a connection for each request. */
  const fresh = agentOf({ keepAlive: false });

  /**
   * Begins a request. `failed` is called with its error, also with one that is told at once, as of a certificate, and
   * with whether a kept connection was closed before any answer came.
   */
  const begin = (
    { method, path, headers, signal, subject }: Omit<HttpRequest, 'body'>,
    agent: HttpAgent,
    failed: (error: unknown, wasClosed: boolean) => void,
  ): ClientRequest | undefined => {
    const make = local === undefined ? httpsRequest : httpRequest;
    const options = { method, agent, ...local, ...(headers && { headers }), ...(signal && { signal }) };
    const fail = (error: unknown, wasClosed = false): void => {
      const details = { operation: `${method} ${path.split('?')[0] ?? ''}`, subject };
      failed(signal?.aborted === true ? error : connectionError(address, error, details), wasClosed);
    };
    try {
      const request = make(new URL(path, base), options);
      const isOfKept = watchKept(request);
      request.once('error', (error) => fail(error, isOfKept(error)));
      return patience === undefined ? request : limitHandshake(request, patience);
    } catch (error) {
      fail(error);
      return undefined;
    }
  };

  const ask = ({ body, ...head }: HttpRequest, agent: HttpAgent): Promise<IncomingMessage | Closed> =>
    new Promise((resolve, reject) => {
      const failed = (error: unknown, wasClosed: boolean): void =>
        wasClosed ? resolve(new Closed(error)) : reject(error);
      const request = begin(head, agent, failed)?.once('response', resolve);
      if (request === undefined) return;
      if (body === undefined || typeof body === 'string' || body instanceof Uint8Array) request.end(body);
      // The body's own failure ends the request, whose error is the one to tell.
      else pipeline(body, request).catch((error: unknown) => request.destroy(error as Error));
    });

  const send = async (request: HttpRequest): Promise<IncomingMessage> => {
    const again = isRepeatable(request);
    if (!again) await forgetClosed(kept);
    const first = await ask(request, kept);
    if (!(first instanceof Closed)) return first;
    if (!again) throw first.error;
    const second = await ask(request, fresh);
    if (second instanceof Closed) throw second.error;
    if (second.statusCode !== preconditionFailed) return second;
    // It may be the first one that has changed it.
    second.resume();
    throw first.error;
  };

  const upgrade: Transport['upgrade'] = (path, protocol, subject) =>
    new Promise((resolve, reject) => {
      const headers = { connection: 'Upgrade', upgrade: protocol };
      begin({ method: 'GET', path, headers, subject }, fresh, reject)
        ?.once('upgrade', (_, stream) => resolve(stream))
        .once('response', (response) => {
          response.destroy();
          resolve(undefined);
        })
        .end();
    });

  const websocket = (path: string, options: { readonly autoPong?: boolean } = {}): WebSocket => {
    const url = 'socket' in address ? `ws+unix:${address.socket}:${path}` : new URL(path, base.replace('http', 'ws'));
    const tls = 'socket' in address ? {} : { handshakeTimeout: patience, ...address.tls };
    return new WebSocket(url, { ...tls, perMessageDeflate: false, ...options });
  };
  return {
    address,
    request: send,
    upgrade,
    websocket: (path) => websocket(path),
    operationSocket: (operation, secret, scope) => {
      const query = new URLSearchParams({ ...scope, secret });
      // The server pings and asks for no answer. One that is written when a short command has ended and the server has
      // closed breaks this end of the connection, and with it is lost what was received and not yet read.
      return websocket(`/1.0/operations/${operation}/websocket?${query.toString()}`, { autoPong: false });
    },
    close: () => {
      kept.destroy();
      fresh.destroy();
    },
  };
};
