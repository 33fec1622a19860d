/**
 * What a request says about its signature, from the Authorization header or, when presigned, from its query.
 * Reading it proves nothing; verify.ts does. Errors carry the names of the JSON protocols.
 */
import { AwsError } from '../aws-error.ts';
import { algorithm, queryPairs } from './canonical.ts';
import type { Scope } from './canonical.ts';
import { parseAmzDate } from './encoding.ts';

/** The parts of an HTTP request that the signature is about. */
export interface SignedMessage {
  readonly method: string;
  /** As on the wire, without the query. */
  readonly path: string;
  /** As on the wire, without `?`. */
  readonly query: string;
  /** The value of a header by its lower-case name; undefined when it was not sent. */
  readonly header: (name: string) => string | undefined;
}

export interface ClaimedSignature {
  readonly accessKeyId: string;
  readonly scope: Scope;
  /** The x-amz-date as sent, and the same in milliseconds since the epoch. */
  readonly time: string;
  readonly timeMs: number;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  readonly sessionToken: string | undefined;
  /** Seconds the signature is good for when presigned; undefined for a signature in the header. */
  readonly expiresIn: number | undefined;
}

const incomplete = (message: string): AwsError => new AwsError('IncompleteSignatureException', message);

const scopeOf = (credential: string): { readonly accessKeyId: string; readonly scope: Scope } => {
  const parts = credential.split('/');
  const [service, terminator] = parts.slice(-2);
  const [date, region] = parts.slice(-4, -2);
  const accessKeyId = parts.slice(0, -4).join('/');
  const whole = date && region && service && accessKeyId;
  if (!whole || terminator !== 'aws4_request' || !/^\d{8}$/.test(date)) {
    throw incomplete(
      `Credential must have at least 5 slash-delimited elements, and end in aws4_request: '${credential}'`,
    );
  }
  return { accessKeyId, scope: { date, region, service } };
};

const timeOf = (time: string, scope: Scope): number => {
  const timeMs = parseAmzDate(time);
  if (timeMs === undefined) {
    throw incomplete(
      `Date must be in ISO-8601 'basic format'. Got '${time}'. See http://en.wikipedia.org/wiki/ISO_8601`,
    );
  }
  if (time.slice(0, 8) !== scope.date) {
    throw new AwsError(
      'InvalidSignatureException',
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${scope.date}' != '${time.slice(0, 8)}', from '${time}'.`,
    );
  }
  return timeMs;
};

const signedHeadersOf = (text: string): readonly string[] => {
  const names = text.split(';');
  if (!names.includes('host')) {
    throw new AwsError(
      'InvalidSignatureException',
      "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
    );
  }
  return names;
};

const fromHeader = (authorization: string, message: SignedMessage): ClaimedSignature => {
  const fields = new Map(
    authorization
      .slice(algorithm.length)
      .split(',')
      .map((piece): readonly [string, string] => {
        const at = piece.indexOf('=');
        return [piece.slice(0, Math.max(at, 0)).trim(), piece.slice(at + 1).trim()];
      }),
  );
  const [credential, signature, headers] = ['Credential', 'Signature', 'SignedHeaders'].map((name) => fields.get(name));
  const time = message.header('x-amz-date') ?? message.header('date');
  if (!credential || !signature || !headers || time === undefined) {
    const missing = ['Credential', 'Signature', 'SignedHeaders'].filter((name) => !fields.get(name));
    const sentences = missing.map((name) => `Authorization header requires '${name}' parameter.`);
    if (time === undefined) {
      sentences.push("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.");
    }
    throw incomplete(`${sentences.join(' ')} Authorization=${algorithm}`);
  }
  const { accessKeyId, scope } = scopeOf(credential);
  const timeMs = timeOf(time, scope);
  const sessionToken = message.header('x-amz-security-token');
  const signedHeaders = signedHeadersOf(headers);
  return { accessKeyId, scope, time, timeMs, signedHeaders, signature, sessionToken, expiresIn: undefined };
};

/** aws4 leaves X-Amz-Expires out for every service but S3: five minutes then, the skew of a header signature. */
const defaultExpiry = 300;
const longestExpiry = 604_800;

const fromQuery = (message: SignedMessage): ClaimedSignature | undefined => {
  if (!message.query.includes('X-Amz-')) return undefined;
  const fields = new Map(queryPairs(message.query));
  if (!fields.has('X-Amz-Algorithm') && !fields.has('X-Amz-Signature')) return undefined;
  const names = ['X-Amz-Algorithm', 'X-Amz-Credential', 'X-Amz-Date', 'X-Amz-SignedHeaders', 'X-Amz-Signature'];
  const missing = names.filter((name) => !fields.get(name));
  if (missing.length > 0 || fields.get('X-Amz-Algorithm') !== algorithm) {
    throw incomplete(`AWS query-string parameters must include ${names.map((name) => `'${name}'`).join(', ')}.`);
  }
  const { accessKeyId, scope } = scopeOf(fields.get('X-Amz-Credential') ?? '');
  const time = fields.get('X-Amz-Date') ?? '';
  const expires = Number(fields.get('X-Amz-Expires') ?? defaultExpiry);
  if (!Number.isInteger(expires) || expires < 1 || expires > longestExpiry) {
    throw new AwsError('InvalidSignatureException', `X-Amz-Expires must be between 1 and ${longestExpiry} seconds.`);
  }
  return {
    accessKeyId,
    scope,
    time,
    timeMs: timeOf(time, scope),
    signedHeaders: signedHeadersOf(fields.get('X-Amz-SignedHeaders') ?? ''),
    signature: fields.get('X-Amz-Signature') ?? '',
    sessionToken: fields.get('X-Amz-Security-Token') ?? message.header('x-amz-security-token'),
    expiresIn: expires,
  };
};

/** Reads the signature a request claims; throws {@link AwsError} when there is none or a part is missing. */
export const claimedSignature = (message: SignedMessage): ClaimedSignature => {
  const authorization = message.header('authorization');
  if (authorization?.startsWith(`${algorithm} `) === true) return fromHeader(authorization, message);
  const presigned = fromQuery(message);
  if (presigned !== undefined) return presigned;
  if (authorization !== undefined && authorization !== '') {
    throw incomplete(`Unsupported authorization: the header must start with ${algorithm}.`);
  }
  throw new AwsError('MissingAuthenticationTokenException', 'Request is missing Authentication Token');
};
