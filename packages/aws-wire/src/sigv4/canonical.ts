/**
 * The canonical request and the string to sign of AWS Signature Version 4 (IAM user guide, "Create a signed AWS
 * API request"), used alike to sign and to verify. Paths are encoded once more than on the wire and
 * normalised, as every service but S3 wants it.
 */
import type { KeyObject } from 'node:crypto';
import { hmac, sha256Hex, uriDecode, uriEncode } from './encoding.ts';

export interface CanonicalInput {
  readonly method: string;
  /** The path as on the wire, without the query. */
  readonly path: string;
  /** The query as on the wire, without `?`. */
  readonly query: string;
  /** Lower-case names in the order they are signed. */
  readonly signedHeaders: readonly string[];
  /** The value of a header; several of one name joined by commas. */
  readonly header: (name: string) => string;
  readonly payloadHash: string;
}

export interface Scope {
  /** `YYYYMMDD`. */
  readonly date: string;
  readonly region: string;
  readonly service: string;
}

export const algorithm = 'AWS4-HMAC-SHA256';

export const scopeText = ({ date, region, service }: Scope): string => `${date}/${region}/${service}/aws4_request`;

/** RFC 3986 dot segments taken out and double slashes folded; a trailing slash stays. */
const normalisedPath = (path: string): string => {
  const kept: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') kept.pop();
    else if (segment !== '' && segment !== '.') kept.push(segment);
  }
  if (kept.length === 0) return '/';
  return `/${kept.join('/')}${path.endsWith('/') ? '/' : ''}`;
};

const canonicalPath = (path: string): string =>
  path === '/' ? path : normalisedPath(path).split('/').map(uriEncode).join('/');

const byText = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

/** Name and value of each query parameter, decoded, in the order of the wire. */
export const queryPairs = (query: string): readonly (readonly [string, string])[] =>
  query === ''
    ? []
    : query
        .split('&')
        .filter((piece) => piece !== '')
        .map((piece) => {
          const at = piece.indexOf('=');
          return at < 0
            ? ([uriDecode(piece), ''] as const)
            : ([uriDecode(piece.slice(0, at)), uriDecode(piece.slice(at + 1))] as const);
        });

const canonicalQuery = (query: string): string =>
  query === ''
    ? ''
    : queryPairs(query)
        .filter(([name]) => name !== 'X-Amz-Signature')
        .map(([name, value]) => [uriEncode(name), uriEncode(value)] as const)
        .toSorted((a, b) => byText(a[0], b[0]) || byText(a[1], b[1]))
        .map(([name, value]) => `${name}=${value}`)
        .join('&');

const folded = (value: string): string => {
  const trimmed = value.trim();
  return trimmed.includes('  ') ? trimmed.replaceAll(/ +/g, ' ') : trimmed;
};

export const canonicalRequest = (input: CanonicalInput): string => {
  let headers = '';
  for (const name of input.signedHeaders) headers += `${name}:${folded(input.header(name))}\n`;
  const query = canonicalQuery(input.query);
  return `${input.method}\n${canonicalPath(input.path)}\n${query}\n${headers}\n${input.signedHeaders.join(';')}\n${input.payloadHash}`;
};

/** The signature of a canonical request, 64 hex digits. `time` is the request's x-amz-date. */
export const signature = (key: KeyObject, time: string, scope: Scope, request: string): string =>
  hmac(key, `${algorithm}\n${time}\n${scopeText(scope)}\n${sha256Hex(request)}`).toString('hex');

/** Derives the signing key of one day, region and service. */
export const signingKey = (secretAccessKey: string, { date, region, service }: Scope): Buffer =>
  hmac(hmac(hmac(hmac(`AWS4${secretAccessKey}`, date), region), service), 'aws4_request');
