/**
 * Temporary credentials. A session token is sealed and carries all that is known of its session, its secret is
 * derived from the token, and so no table of sessions exists: any server proves any session's signatures.
 */
import { parseArn } from '@oreno/aws-wire';
import type { CredentialSource, FoundCredentials, Principal } from '@oreno/aws-wire';
import { newAccessKeyId, roleIdOf } from './domain/access-key.ts';
import type { RootAccessKey } from './domain/access-key.ts';
import type { ManagedPolicyName } from './domain/managed-policies.ts';
import type { Sealer } from './seal.ts';

export interface Session {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  /** Milliseconds since the epoch. */
  readonly expiration: number;
}

export interface SessionRequest {
  readonly roleArn: string;
  /** Becomes the last part of the session's ARN; characters that AWS does not allow there become `-`. */
  readonly sessionName: string;
  readonly durationSeconds: number;
  /** What the session may do; nothing but to ask who it is when empty. */
  readonly policies: readonly ManagedPolicyName[];
}

export interface Sessions {
  readonly issue: (request: SessionRequest) => Session;
  /** Temporary credentials of a principal that has lasting ones (STS GetSessionToken). */
  readonly renew: (principal: Principal, durationSeconds: number) => Session;
  readonly credentials: CredentialSource;
}

interface Payload {
  /** Milliseconds since the epoch. */
  readonly expiration: number;
  readonly principal: Principal;
}

const purpose = 'session';

/** An expired token is still known for one for this long, so that its user is told so, in milliseconds. */
const recognisedFor = 7 * 24 * 60 * 60 * 1000;
const cachedSessions = 8192;

const assumedRole = (request: SessionRequest, accessKeyId: string): Principal => {
  const arn = parseArn(request.roleArn);
  if (arn?.service !== 'iam' || !arn.resource.startsWith('role/')) {
    throw new Error(`${request.roleArn} is not the ARN of a role`);
  }
  const role = arn.resource.slice(arn.resource.lastIndexOf('/') + 1);
  const session = request.sessionName.replaceAll(/[^\w+=,.@-]/g, '-').slice(0, 64);
  return {
    type: 'assumed-role',
    arn: `arn:aws:sts::${arn.account}:assumed-role/${role}/${session}`,
    account: arn.account,
    accessKeyId,
    userId: `${roleIdOf(request.roleArn)}:${session}`,
    roleArn: request.roleArn,
    sessionPolicies: request.policies,
  };
};

const isPayload = (value: unknown): value is Payload =>
  typeof value === 'object' && value !== null && 'principal' in value && 'expiration' in value;

export const createSessions = (sealer: Sealer, root: RootAccessKey, account: string, now: () => number): Sessions => {
  const opened = new Map<string, Payload & FoundCredentials>();
  const rootFound: FoundCredentials = {
    secretAccessKey: root.secretAccessKey,
    principal: {
      type: 'root',
      arn: `arn:aws:iam::${account}:root`,
      account,
      accessKeyId: root.accessKeyId,
      userId: account,
    },
  };

  const secretOf = (token: string): string =>
    sealer.secretOf('session-secret', token).subarray(0, 30).toString('base64');

  const sessionOf = (principal: Principal, durationSeconds: number): Session => {
    // STS tells times in whole seconds.
    const issuedAt = Math.floor(now() / 1000) * 1000;
    const expiration = issuedAt + durationSeconds * 1000;
    const payload: Payload = { principal: { ...principal, issuedAt }, expiration };
    const sessionToken = sealer.seal(purpose, payload, expiration + recognisedFor);
    return { accessKeyId: principal.accessKeyId, secretAccessKey: secretOf(sessionToken), sessionToken, expiration };
  };

  const open = (token: string): (Payload & FoundCredentials) | undefined => {
    const found = opened.get(token);
    if (found !== undefined) return found;
    const payload = sealer.unseal(purpose, token, now());
    if (!isPayload(payload)) return undefined;
    const session = { ...payload, secretAccessKey: secretOf(token) };
    if (opened.size >= cachedSessions) opened.delete(opened.keys().next().value ?? '');
    opened.set(token, session);
    return session;
  };

  return {
    issue: (request) => sessionOf(assumedRole(request, newAccessKeyId('ASIA')), request.durationSeconds),
    renew: (principal, durationSeconds) =>
      sessionOf({ ...principal, accessKeyId: newAccessKeyId('ASIA') }, durationSeconds),
    credentials: {
      lookup: async (accessKeyId, sessionToken) => {
        if (sessionToken === undefined) {
          return accessKeyId === root.accessKeyId ? rootFound : 'UnrecognizedClientException';
        }
        const session = open(sessionToken);
        if (session === undefined || session.principal.accessKeyId !== accessKeyId)
          return 'UnrecognizedClientException';
        return session.expiration > now() ? session : 'ExpiredTokenException';
      },
    },
  };
};
