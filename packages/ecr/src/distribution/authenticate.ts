/**
 * Who asks: Basic credentials only, as ECR has it. The password is that of GetAuthorizationToken under the user
 * `AWS`, or the secret of an access key under its id. The registry is the one that the host name spells
 * (`<account>.dkr.ecr.<region>.…`), else the one that the token was made for.
 */
import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { AwsError, callFactsOf } from '@oreno/aws-wire';
import type { Principal } from '@oreno/aws-wire';
import type { Caller } from '../caller.ts';
import type { EcrParts } from '../context.ts';
import { registryError } from './registry-error.ts';

/** No credentials, or none that are known: the answer is 401 with the challenge. */
export class NotAuthenticated extends Error {}

const hostShape = /^(\d{12})\.dkr[.-]ecr(?:-fips)?\.([a-z0-9-]+)\.[a-z0-9.-]+(?::\d+)?$/i;

/** The account and region that a registry's host name spells; undefined for any other host. */
const registryOfHost = (
  host: string | undefined,
): { readonly account: string; readonly region: string } | undefined => {
  const match = hostShape.exec(host ?? '');
  return match?.[1] === undefined || match[2] === undefined
    ? undefined
    : { account: match[1], region: match[2].toLowerCase() };
};

const basicCredentials = (
  header: string | undefined,
): { readonly user: string; readonly password: string } | undefined => {
  const encoded = /^basic\s+([A-Za-z0-9+/=_-]+)\s*$/i.exec(header ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) };
};

const sameText = (left: string, right: string): boolean => {
  const a = Buffer.from(left);
  const b = Buffer.from(right);
  return a.byteLength === b.byteLength && timingSafeEqual(a, b);
};

const byAccessKey = async ({ iam }: EcrParts, accessKeyId: string, secret: string): Promise<Principal> => {
  const found = await iam.credentials.lookup(accessKeyId, undefined).catch((error: unknown) => {
    if (error instanceof AwsError) return undefined;
    throw error;
  });
  if (typeof found !== 'object' || !sameText(found.secretAccessKey, secret)) throw new NotAuthenticated();
  return found.principal;
};

const callerOf = async (parts: EcrParts, request: IncomingMessage): Promise<Caller> => {
  const given = basicCredentials(request.headers.authorization);
  if (!given) throw new NotAuthenticated();
  const host = registryOfHost(request.headers.host);
  if (given.user !== 'AWS') {
    const principal = await byAccessKey(parts, given.user, given.password);
    return { principal, account: host?.account ?? principal.account, region: host?.region ?? parts.region };
  }
  const opened = parts.openPassword(given.password, parts.now());
  if (opened === 'unknown') throw new NotAuthenticated();
  if (opened === 'expired') {
    throw registryError('DENIED', 'Your authorization token has expired. Reauthenticate and try again.');
  }
  if (host && host.region !== opened.region) {
    throw registryError(
      'DENIED',
      `The authorization token is of the region ${opened.region} and is not valid in ${host.region}.`,
    );
  }
  return { principal: opened.principal, account: host?.account ?? opened.account, region: opened.region };
};

/** The caller of a request. Throws {@link NotAuthenticated}, and DENIED for a token that has expired or is of another region. */
export const authenticate = async (parts: EcrParts, request: IncomingMessage): Promise<Caller> => ({
  ...(await callerOf(parts, request)),
  call: callFactsOf(request, parts.now()),
});
