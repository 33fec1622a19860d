/**
 * Calls of the REST API: paths, queries, JSON, and the envelope that every answer comes in
 * (LXD documentation, "REST API": sync, async and error responses).
 */
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { PassThrough, type Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { Server } from './api/types.ts';
import { ConnectionError, errorOf, NotSupportedError, type LxdErrorDetails } from './errors.ts';
import type { HttpRequest, Transport } from './transport.ts';

type QueryValue = string | number | boolean | undefined;

export interface Call {
  readonly method: HttpRequest['method'];
  /** Below `/1.0`, for example `/instances/web`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, QueryValue>> | undefined;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is. */
  readonly body?: string | Uint8Array | Readable | undefined;
  readonly headers?: OutgoingHttpHeaders | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Not to be asked again where its connection is closed. */
  readonly once?: boolean | undefined;
  /** What it is about, for errors. */
  readonly subject?: string | undefined;
  /** The API extension that the server must have. */
  readonly needs?: string | undefined;
}

/** The JSON around every answer that is not bytes. */
export interface Envelope {
  readonly type: 'sync' | 'async' | 'error';
  readonly status_code?: number;
  readonly error?: string;
  readonly error_code?: number;
  /** The path of the operation behind an `async` answer. */
  readonly operation?: string;
  readonly metadata?: unknown;
}

export interface Answer {
  readonly envelope: Envelope;
  readonly headers: IncomingMessage['headers'];
  /** What `If-Match` wants. */
  readonly etag: string | undefined;
}

/** A server, or a project or a member of it. */
export interface Client {
  /** Throws the error that the server tells. */
  call(call: Call): Promise<Answer>;
  /** The same for an answer whose `metadata` is all that matters. */
  read<T>(path: string, call?: Omit<Call, 'method' | 'path'>): Promise<T>;
  /** The same for a list; a server may tell an empty one as null. */
  list<T>(path: string, call?: Omit<Call, 'method' | 'path'>): Promise<readonly T[]>;
  /** An answer that is bytes, its body unread. */
  bytes(call: Call): Promise<IncomingMessage>;
  /** The body of such an answer; one that breaks off ends with a ConnectionError. */
  stream(call: Call): Promise<Readable>;
  readonly transport: Transport;
  /** Sent with every call: `project`, `target`. */
  readonly scope: Readonly<Record<string, string>>;
  /** The server as it was when the connection was made; undefined while it is being made. */
  readonly server: Server | undefined;
  /** The same server with more, or other, scope. */
  within(scope: Client['scope']): Client;
  /** Throws a NotSupportedError that names the extension and the server. */
  need(extension: string): void;
}

/** A path with its query; undefined values are left out. */
export const pathOf = (path: string, query: Readonly<Record<string, QueryValue>> = {}): string => {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value));
  return `/1.0${path}${search.size === 0 ? '' : `?${search.toString()}`}`;
};

/** Throws a ConnectionError for an answer that breaks off. */
const envelopeOf = async (response: IncomingMessage, details: LxdErrorDetails): Promise<Envelope> => {
  const bytes = await buffer(response).catch((error: unknown) => {
    const hint = 'Whether it was done is not known: look before it is done again.';
    throw new ConnectionError('the answer broke off', { ...details, cause: error }, hint);
  });
  const text = bytes.toString();
  try {
    return JSON.parse(text) as Envelope;
  } catch {
    const code = response.statusCode ?? 0;
    const isFailure = code >= 400;
    const said = text.trim().slice(0, 200) || `HTTP status ${code}`;
    return { type: 'error', error: isFailure ? said : `this is not an answer of LXD: ${said}`, error_code: code };
  }
};

/** The body of an answer; its error is a ConnectionError that names what was asked for. */
const bodyOf = (response: IncomingMessage, details: LxdErrorDetails): Readable => {
  const body = new PassThrough({ highWaterMark: 1 << 18 });
  response.once('error', (error) => {
    body.destroy(
      new ConnectionError('the connection was cut in the middle', { ...details, cause: error }, 'Read it again.'),
    );
  });
  body.once('close', () => response.destroy());
  return response.pipe(body);
};

export const createClient = (transport: Transport, scope: Client['scope'] = {}, server?: Server): Client => {
  const need = (extension: string, details: LxdErrorDetails = {}): void => {
    if (server === undefined || server.api_extensions.includes(extension)) return;
    const { server: name, server_version: version } = server.environment;
    const hint = 'Use a newer server, or another kind of it.';
    throw new NotSupportedError(`${name} ${version} has no API extension ${extension}`, details, hint);
  };
  const send = async (call: Call): Promise<IncomingMessage> => {
    const { method, path, query, json, body, headers, signal, once, needs, subject } = call;
    if (needs !== undefined) need(needs, detailsOf(call));
    return transport.request({
      method,
      path: pathOf(path, { ...scope, ...query }),
      headers: { ...(json !== undefined && { 'content-type': 'application/json' }), ...headers },
      body: json === undefined ? body : JSON.stringify(json),
      signal,
      once,
      subject,
    });
  };
  const detailsOf = ({ method, path, subject }: Call): LxdErrorDetails => ({
    operation: `${method} /1.0${path}`,
    subject,
  });
  const failure = (call: Call, { error = '', error_code: code }: Envelope) =>
    errorOf(error, { code, ...detailsOf(call) });

  const client: Client = {
    transport,
    scope,
    server,
    within: (more) => createClient(transport, { ...scope, ...more }, server),
    need,
    call: async (call) => {
      const response = await send(call);
      const envelope = await envelopeOf(response, detailsOf(call));
      if (envelope.type === 'error') throw failure(call, envelope);
      return { envelope, headers: response.headers, etag: response.headers.etag };
    },
    read: async <T>(path: string, call: Omit<Call, 'method' | 'path'> = {}) =>
      (await client.call({ method: 'GET', path, ...call })).envelope.metadata as T,
    list: async <T>(path: string, call?: Omit<Call, 'method' | 'path'>) =>
      (await client.read<readonly T[] | null>(path, call)) ?? [],
    bytes: async (call) => {
      const response = await send(call);
      if ((response.statusCode ?? 500) < 400) return response;
      throw failure(call, await envelopeOf(response, detailsOf(call)));
    },
    stream: async (call) => bodyOf(await client.bytes(call), detailsOf(call)),
  };
  return client;
};

/** A name as a part of a path. */
export const part = (name: string): string => encodeURIComponent(name);
