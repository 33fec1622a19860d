/** Signature Version 4 from the client's side: used by the agent, the command line and tests. */
import type { KeyObject } from 'node:crypto';
import { algorithm, canonicalRequest, scopeText, signature } from './canonical.ts';
import type { Scope } from './canonical.ts';
import { amzDate, emptyHash, sha256Hex, uriEncode } from './encoding.ts';
import { createSigningKeys } from './signing-keys.ts';

const signingKeys = createSigningKeys();

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

export interface SignInput {
  readonly method: string;
  /** The whole address; its path and query are signed as they stand. */
  readonly url: string | URL;
  /** Headers to send and sign; `host` is added. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: string | Uint8Array | undefined;
  readonly region: string;
  readonly service: string;
  readonly credentials: Credentials;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export interface PresignInput extends Omit<SignInput, 'body' | 'headers'> {
  /** Seconds; 900 when not given. */
  readonly expiresIn?: number | undefined;
}

const partsOf = (url: string | URL): { readonly host: string; readonly path: string; readonly query: string } => {
  const { host, pathname, search } = new URL(url);
  return { host, path: pathname, query: search.slice(1) };
};

const keyOf = ({ accessKeyId, secretAccessKey }: Credentials, scope: Scope): KeyObject =>
  signingKeys(accessKeyId, secretAccessKey, scope);

/** Headers to send: those given, `host`, `x-amz-date`, the session token and `authorization`. Names are lower-case. */
export const sign = (input: SignInput): Readonly<Record<string, string>> => {
  const { host, path, query } = partsOf(input.url);
  const time = amzDate(input.now);
  const headers: Record<string, string> = { host, 'x-amz-date': time };
  for (const [name, value] of Object.entries(input.headers ?? {})) headers[name.toLowerCase()] = value;
  if (input.credentials.sessionToken !== undefined) headers['x-amz-security-token'] = input.credentials.sessionToken;
  const scope = { date: time.slice(0, 8), region: input.region, service: input.service };
  const signedHeaders = Object.keys(headers).toSorted();
  const request = canonicalRequest({
    method: input.method,
    path,
    query,
    signedHeaders,
    header: (name) => headers[name] ?? '',
    payloadHash: input.body === undefined ? emptyHash : sha256Hex(input.body),
  });
  const signed = signature(keyOf(input.credentials, scope), time, scope, request);
  const credential = `${input.credentials.accessKeyId}/${scopeText(scope)}`;
  headers['authorization'] =
    `${algorithm} Credential=${credential}, SignedHeaders=${signedHeaders.join(';')}, Signature=${signed}`;
  return headers;
};

/** The address with the signature in its query, good for `expiresIn` seconds; nothing but `host` is signed with it. */
export const presign = (input: PresignInput): string => {
  const url = new URL(input.url);
  const time = amzDate(input.now);
  const scope = { date: time.slice(0, 8), region: input.region, service: input.service };
  const added: readonly (readonly [string, string | undefined])[] = [
    ['X-Amz-Algorithm', algorithm],
    ['X-Amz-Credential', `${input.credentials.accessKeyId}/${scopeText(scope)}`],
    ['X-Amz-Date', time],
    ['X-Amz-Expires', String(input.expiresIn ?? 900)],
    ['X-Amz-Security-Token', input.credentials.sessionToken],
    ['X-Amz-SignedHeaders', 'host'],
  ];
  const pieces = added.flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${uriEncode(value)}`]));
  const query = [url.search.slice(1), ...pieces].filter((piece) => piece !== '').join('&');
  const request = canonicalRequest({
    method: input.method,
    path: url.pathname,
    query,
    signedHeaders: ['host'],
    header: () => url.host,
    payloadHash: emptyHash,
  });
  const signed = signature(keyOf(input.credentials, scope), time, scope, request);
  return `${url.origin}${url.pathname}?${query}&X-Amz-Signature=${signed}`;
};
