/**
 * A small typed client of AWS services that speak JSON, for the agent, the command line and tests. One call is one
 * signed request over a kept connection; retrying is the caller's decision.
 */
import { request as httpRequest } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { AwsError } from './aws-error.ts';
import type { OperationsShape } from './handlers.ts';
import type { ModelTable, ServiceModel } from './model.ts';
import { jsonInput, jsonOutput } from './protocols/json-scalars.ts';
import { decodersOf } from './shapes/decode.ts';
import { encodersOf } from './shapes/encode.ts';
import { sign } from './sigv4/sign.ts';
import type { Credentials } from './sigv4/sign.ts';

export interface CallOptions<Ops extends OperationsShape<Ops>, Name extends keyof Ops & string> {
  /** Scheme, host and port, for example `http://127.0.0.1:4566`. */
  readonly origin: string;
  readonly model: ServiceModel<Ops>;
  readonly operation: Name;
  readonly input: Ops[Name]['input'];
  readonly region: string;
  readonly credentials: Credentials;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds until the call is given up; 30,000 when not given. */
  readonly timeoutMs?: number | undefined;
  /** Milliseconds since the epoch; the system clock when not given. */
  readonly now?: (() => number) | undefined;
}

interface Codec {
  readonly write: (operation: string, input: unknown) => string;
  readonly read: (operation: string, text: string) => unknown;
}

const codecs = new WeakMap<ModelTable, Codec>();

const codecOf = (table: ModelTable): Codec => {
  const found = codecs.get(table);
  if (found !== undefined) return found;
  const [encoder, decoder] = [encodersOf(table, jsonOutput), decodersOf(table, jsonInput)];
  const codec: Codec = {
    write: (operation, input) => {
      const shape = table.operations[operation]?.input;
      return shape === undefined ? '{}' : JSON.stringify(encoder(shape)(input ?? {}));
    },
    read: (operation, text) => {
      const shape = table.operations[operation]?.output;
      return shape === undefined || text === '' ? undefined : decoder(shape)(JSON.parse(text), 0);
    },
  };
  codecs.set(table, codec);
  return codec;
};

interface Sent {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal: AbortSignal;
}

const textOf = async (response: IncomingMessage): Promise<string> => {
  const pieces: Buffer[] = [];
  for await (const piece of response) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString('utf8');
};

const send = ({ url, headers, body, signal }: Sent): Promise<{ readonly status: number; readonly text: string }> =>
  new Promise((resolve, reject) => {
    const start = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const request = start(url, { method: 'POST', headers, signal }, (response) => {
      textOf(response).then((text) => resolve({ status: response.statusCode ?? 0, text }), reject);
    });
    request.on('error', (error: NodeJS.ErrnoException) => {
      // The server closed a kept connection at the moment it was used again: the request was never read.
      if (request.reusedSocket && error.code === 'ECONNRESET') resolve(send({ url, headers, body, signal }));
      else reject(error);
    });
    request.end(body);
  });

const errorOf = (status: number, text: string): AwsError => {
  let fields: Readonly<Record<string, unknown>> = {};
  try {
    fields = JSON.parse(text) as Readonly<Record<string, unknown>>;
  } catch {
    // Not an AWS error body (a proxy's page, say): the status says all there is.
  }
  const { __type: type, message: small, Message: large, ...members } = fields;
  const message = [small, large].find((each) => typeof each === 'string') ?? text.slice(0, 512);
  const code = typeof type === 'string' ? type.slice(type.lastIndexOf('#') + 1) : `HTTP ${status}`;
  return new AwsError(code, message, members);
};

/**
 * Makes one signed call and returns its output. Throws {@link AwsError} for what the service refuses, and the
 * connection's own error (or the signal's reason) when there is no answer.
 */
export const callAws = async <Ops extends OperationsShape<Ops>, Name extends keyof Ops & string>(
  options: CallOptions<Ops, Name>,
): Promise<Ops[Name]['output']> => {
  const { model, operation, region, credentials } = options;
  const { table } = model;
  const codec = codecOf(table);
  const body = codec.write(operation, options.input);
  const url = new URL('/', options.origin);
  const headers = sign({
    method: 'POST',
    url,
    headers: {
      'content-type': `application/x-amz-json-${table.jsonVersion ?? '1.1'}`,
      'x-amz-target': `${table.targetPrefix ?? ''}.${operation}`,
    },
    body,
    region,
    service: table.signingName,
    credentials,
    now: (options.now ?? Date.now)(),
  });
  const timeout = AbortSignal.timeout(options.timeoutMs ?? 30_000);
  const signal = options.signal === undefined ? timeout : AbortSignal.any([timeout, options.signal]);
  const { status, text } = await send({
    url,
    headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) },
    body,
    signal,
  });
  if (status < 200 || status > 299) throw errorOf(status, text);
  return codec.read(operation, text);
};
