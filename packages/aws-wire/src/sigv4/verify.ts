/**
 * Proves that a request was signed with a key's secret, lately, and arrived as it was sent: the server's half of
 * Signature Version 4. Signing keys are kept for the day they are good for; comparison takes constant time.
 */
import { timingSafeEqual } from 'node:crypto';
import { AwsError } from '../aws-error.ts';
import type { CredentialProblem, CredentialSource } from '../ports.ts';
import type { Principal } from '../request-context.ts';
import type { ClaimedSignature, SignedMessage } from './authorization.ts';
import { canonicalRequest, signature } from './canonical.ts';
import { amzDate, emptyHash, sha256Hex } from './encoding.ts';
import type { SigningKeys } from './signing-keys.ts';

const allowedSkew = 5 * 60_000;

const late = (claim: ClaimedSignature, limit: number, now: number): AwsError =>
  new AwsError(
    'InvalidSignatureException',
    `Signature expired: ${claim.time} is now earlier than ${amzDate(limit)} (${amzDate(now)} - 5 min.)`,
  );

const checkTime = (claim: ClaimedSignature, now: number): void => {
  if (claim.timeMs > now + allowedSkew) {
    throw new AwsError(
      'InvalidSignatureException',
      `Signature not yet current: ${claim.time} is still later than ${amzDate(now + allowedSkew)} (${amzDate(now)} + 5 min.)`,
    );
  }
  const life = claim.expiresIn === undefined ? allowedSkew : claim.expiresIn * 1000;
  if (claim.timeMs + life < now) throw late(claim, now - life, now);
};

const mismatch = (): AwsError =>
  new AwsError(
    'InvalidSignatureException',
    'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
  );

/** The hash that was signed: what x-amz-content-sha256 says, if it is the body's, or the body's own. */
const payloadHash = (claim: ClaimedSignature, message: SignedMessage, body: Uint8Array): string => {
  const stated = message.header('x-amz-content-sha256');
  if (stated === undefined) return body.length === 0 ? emptyHash : sha256Hex(body);
  // A streaming or unsigned payload is S3's alone: elsewhere the body would go unproven.
  if (sha256Hex(body) !== stated) throw mismatch();
  return stated;
};

const sameSignature = (calculated: string, claimed: string): boolean =>
  /^[0-9a-f]{64}$/.test(claimed) && timingSafeEqual(Buffer.from(calculated, 'hex'), Buffer.from(claimed, 'hex'));

/** Headers that change what a request means: when sent, they must be among the signed ones. */
const mustBeSigned = ['x-amz-target', 'x-amz-security-token', 'x-amz-date'];

const checkSignedHeaders = (claim: ClaimedSignature, message: SignedMessage): void => {
  if (claim.expiresIn !== undefined) return;
  for (const name of mustBeSigned) {
    if (message.header(name) !== undefined && !claim.signedHeaders.includes(name)) {
      throw new AwsError('InvalidSignatureException', `'${name}' must be a 'SignedHeader' in the AWS Authorization.`);
    }
  }
};

export interface Verification {
  readonly credentials: CredentialSource;
  readonly signingKeys: SigningKeys;
  readonly now: () => number;
}

const refusals: Readonly<Record<CredentialProblem, AwsError>> = {
  UnrecognizedClientException: new AwsError(
    'UnrecognizedClientException',
    'The security token included in the request is invalid.',
  ),
  // By its query code: STS has a modelled ExpiredTokenException of its own, which is about other tokens.
  ExpiredTokenException: new AwsError('ExpiredToken', 'The security token included in the request is expired'),
};

/**
 * The principal that signed the message with these bytes as its body (as received, before any decoding). Throws
 * {@link AwsError} under the JSON protocols' names.
 */
export const verify = async (
  claim: ClaimedSignature,
  message: SignedMessage,
  body: Uint8Array,
  { credentials, signingKeys, now }: Verification,
): Promise<Principal> => {
  checkTime(claim, now());
  checkSignedHeaders(claim, message);
  const found = await credentials.lookup(claim.accessKeyId, claim.sessionToken);
  if (typeof found === 'string') throw refusals[found];
  const request = canonicalRequest({
    method: message.method,
    path: message.path,
    query: message.query,
    signedHeaders: claim.signedHeaders,
    header: (name) => message.header(name) ?? '',
    payloadHash: payloadHash(claim, message, body),
  });
  const key = signingKeys(claim.accessKeyId, found.secretAccessKey, claim.scope);
  if (!sameSignature(signature(key, claim.time, claim.scope, request), claim.signature)) throw mismatch();
  return found.principal;
};
