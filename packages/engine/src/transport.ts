/**
 * HTTP to the engine: one keep-alive agent over a Unix socket or TCP, the API version settled with the engine,
 * errors made into EngineError, time limits and aborts. A call answers when its headers came; whoever reads the body
 * reads it to the end or destroys it, so that the connection is free again.
 */
import * as http from 'node:http';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { EngineError } from './engine-error.ts';
import type { CallOptions } from './engine.ts';
import { parseAddress } from './address.ts';
import { apiVersionFor, wantedApiVersion } from './api-version.ts';

type QueryValue = string | number | boolean | undefined;

export interface TransportCall extends CallOptions {
  readonly method: 'GET' | 'POST' | 'DELETE' | 'PUT' | 'HEAD';
  /** Without the version: `/containers/json`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, QueryValue | readonly string[]>> | undefined;
  readonly json?: unknown;
  readonly body?: Readable | Uint8Array | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly unversioned?: boolean | undefined;
  /** In words, for errors: `create container`. */
  readonly operation: string;
  readonly subject?: string | undefined;
}

export interface Transport {
  readonly address: string;
  /** The answer once its headers are there; any status from 400 on is thrown. */
  open(call: TransportCall): Promise<http.IncomingMessage>;
  json<T>(call: TransportCall): Promise<T>;
  /** For calls whose answer has no body that matters. */
  empty(call: TransportCall): Promise<void>;
  close(): void;
}

const MAX_JSON_BYTES = 64 * 1024 * 1024;

/** Opens the way to one engine; nothing is connected until the first call. */
export function openTransport(options: { socket: string; timeoutMs?: number | undefined }): Transport {
  const address = parseAddress(options.socket);
  const agent = new http.Agent({ keepAlive: true, maxSockets: Infinity, maxFreeSockets: 16 });
  const defaultTimeout = options.timeoutMs ?? 60_000;
  let version: Promise<string> | undefined;

  const send = (call: TransportCall, path: string, timeoutMs: number) =>
    sendRequest({ agent, target: address.target, call, path, timeoutMs });

  const settleVersion = (): Promise<string> => {
    version ??= send({ method: 'GET', path: '/version', operation: 'version' }, '/version', defaultTimeout)
      .then((response) => readJson<{ ApiVersion: string; MinAPIVersion?: string }>(response, 'version', undefined))
      .then((answer) => apiVersionFor(wantedApiVersion, answer.ApiVersion, answer.MinAPIVersion))
      .catch((error: unknown) => {
        version = undefined;
        throw error;
      });
    return version;
  };

  const open = async (call: TransportCall): Promise<http.IncomingMessage> => {
    call.signal?.throwIfAborted();
    const prefix = call.unversioned ? '' : `/v${await settleVersion()}`;
    const path = `${prefix}${call.path}${queryText(call.query)}`;
    try {
      const response = await send(call, path, call.timeoutMs ?? defaultTimeout);
      return (response.statusCode ?? 0) < 400 ? response : await refuse(response, call);
    } catch (error) {
      // The engine may come back as another version after a break.
      if (error instanceof EngineError && error.kind === 'connection') version = undefined;
      throw error;
    }
  };

  return {
    address: address.text,
    open,
    async json<T>(call: TransportCall) {
      return withDeadline(call, call.timeoutMs ?? defaultTimeout, async (bounded) =>
        readJson<T>(await open(bounded), call.operation, call.subject),
      );
    },
    async empty(call) {
      await withDeadline(call, call.timeoutMs ?? defaultTimeout, async (bounded) =>
        readText(await open(bounded), call.operation, call.subject),
      );
    },
    close: () => agent.destroy(),
  };
}

interface Sending {
  readonly agent: http.Agent;
  readonly target: { socketPath: string } | { host: string; port: number };
  readonly call: TransportCall;
  readonly path: string;
  readonly timeoutMs: number;
}

function sendRequest({ agent, target, call, path, timeoutMs }: Sending): Promise<http.IncomingMessage> {
  const payload = call.json === undefined ? undefined : Buffer.from(JSON.stringify(call.json));
  const bytes = payload ?? (call.body instanceof Uint8Array ? call.body : undefined);
  const stream = bytes === undefined && call.body !== undefined ? (call.body as Readable) : undefined;
  const headers: Record<string, string> = { host: 'docker', ...call.headers };
  if (payload) headers['content-type'] = 'application/json';
  if (bytes) headers['content-length'] = String(bytes.byteLength);
  else if (call.method === 'POST' && !stream) headers['content-length'] = '0';

  return new Promise((resolve, reject) => {
    const request = http.request({ agent, ...target, method: call.method, path, headers, signal: call.signal });
    const timer = setTimeout(() => {
      request.destroy(timeoutError(call, timeoutMs));
    }, timeoutMs);
    request.on('response', (response) => {
      clearTimeout(timer);
      resolve(response);
    });
    request.on('error', (error) => {
      clearTimeout(timer);
      if (stream && !stream.destroyed) stream.destroy();
      reject(asEngineError(error, call));
    });
    // An answer may come before the body was taken whole (a refusal): then the answer counts, not the broken pipe.
    if (stream) pipeline(stream, request).catch((error: unknown) => request.destroy(error as Error));
    else request.end(bytes);
  });
}

/** Makes whatever a request threw an EngineError; an abort stays the signal's reason. */
function asEngineError(error: unknown, call: Pick<TransportCall, 'operation' | 'subject' | 'signal'>): unknown {
  if (error instanceof EngineError) return error;
  if (call.signal?.aborted) return call.signal.reason;
  const message = error instanceof Error ? error.message : String(error);
  return new EngineError('connection', 0, `cannot reach the Docker Engine: ${message}`, call.operation, call.subject, {
    cause: error,
  });
}

const timeoutError = (call: Pick<TransportCall, 'operation' | 'subject'>, timeoutMs: number) =>
  new EngineError('timeout', 0, `no answer to ${call.operation} within ${timeoutMs} ms`, call.operation, call.subject);

/** Bounds headers and body together: `work` gets the call with a signal that also fires at the limit. */
async function withDeadline<T>(
  call: TransportCall,
  timeoutMs: number,
  work: (call: TransportCall) => Promise<T>,
): Promise<T> {
  const limit = new AbortController();
  const onAbort = () => limit.abort(call.signal?.reason);
  if (call.signal?.aborted) onAbort();
  call.signal?.addEventListener('abort', onAbort, { once: true });
  const timer = setTimeout(() => limit.abort(timeoutError(call, timeoutMs)), timeoutMs);
  try {
    return await work({ ...call, signal: limit.signal, timeoutMs: timeoutMs + 1_000 });
  } catch (error) {
    throw limit.signal.aborted ? limit.signal.reason : error;
  } finally {
    clearTimeout(timer);
    call.signal?.removeEventListener('abort', onAbort);
  }
}

async function refuse(response: http.IncomingMessage, call: TransportCall): Promise<never> {
  const text = await readText(response, call.operation, call.subject);
  throw new EngineError('response', response.statusCode ?? 500, errorMessage(text), call.operation, call.subject);
}

function errorMessage(text: string): string {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null && 'message' in parsed && typeof parsed.message === 'string')
      return parsed.message;
  } catch {
    // Proxies and very old engines answer plain text.
  }
  return text.trim() || 'the engine gave no reason';
}

async function readText(
  response: http.IncomingMessage,
  operation: string,
  subject: string | undefined,
): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > MAX_JSON_BYTES) throw new Error('the answer is too large');
      chunks.push(chunk);
    }
  } catch (error) {
    throw asEngineError(error, { operation, subject });
  }
  return Buffer.concat(chunks).toString('utf8');
}

async function readJson<T>(response: http.IncomingMessage, operation: string, subject: string | undefined): Promise<T> {
  const text = await readText(response, operation, subject);
  try {
    return JSON.parse(text) as T;
  } catch (error) {
    throw new EngineError('response', response.statusCode ?? 500, 'the engine answered no JSON', operation, subject, {
      cause: error,
    });
  }
}

function queryText(query: TransportCall['query']): string {
  if (!query) return '';
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    if (Array.isArray(value)) for (const item of value as readonly string[]) search.append(name, item);
    else search.append(name, String(value));
  }
  const text = search.toString();
  return text === '' ? '' : `?${text}`;
}
