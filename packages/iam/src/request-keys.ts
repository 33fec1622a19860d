/** The condition keys that a request has: who asks, how, when and for what. */
import { parseArn } from '@oreno/aws-wire';
import type { AuthorizationRequest, Principal } from '@oreno/aws-wire';
import type { ConditionContext } from './domain/condition-context.ts';
import { roleArnOf } from './domain/principals.ts';

const types: Readonly<Record<Principal['type'], string>> = {
  'assumed-role': 'AssumedRole',
  root: 'Account',
  user: 'User',
};

/** As dates of IAM are written: whole seconds. */
const dateText = (milliseconds: number | undefined): string | undefined =>
  milliseconds === undefined ? undefined : new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z');

const textOf = (value: boolean | number | undefined): string | undefined =>
  value === undefined ? undefined : String(value);

const orNothing = (text: string | undefined): string | undefined => (text === '' ? undefined : text);

/** Worked out when a policy asks: most requests are decided without any. */
const keys: Readonly<Record<string, (request: AuthorizationRequest, resource: string) => string | undefined>> = {
  'aws:currenttime': ({ call }) => dateText(call?.time),
  'aws:epochtime': ({ call }) => textOf(call && Math.floor(call.time / 1000)),
  // Only temporary credentials tell of MFA, and there is none here.
  'aws:multifactorauthpresent': ({ principal }) => (principal.accessKeyId.startsWith('ASIA') ? 'false' : undefined),
  'aws:principalaccount': ({ principal }) => principal.account,
  // Of a session it is the role's, whatever the session is called.
  'aws:principalarn': ({ principal }) => roleArnOf(principal) ?? principal.arn,
  'aws:principalisawsservice': () => 'false',
  'aws:principaltype': ({ principal }) => types[principal.type],
  'aws:requestedregion': ({ region }) => region,
  'aws:resourceaccount': (_, resource) => orNothing(parseArn(resource)?.account),
  'aws:securetransport': ({ call }) => textOf(call?.isSecure),
  'aws:sourceip': ({ call }) => call?.sourceIp,
  'aws:tokenissuetime': ({ principal }) => dateText(principal.issuedAt),
  'aws:useragent': ({ call }) => orNothing(call?.userAgent),
  'aws:userid': ({ principal }) => principal.userId,
  'aws:username': ({ principal: { type, arn } }) => (type === 'user' ? arn.slice(arn.lastIndexOf('/') + 1) : undefined),
  'aws:viaawsservice': () => 'false',
};

/** What the policies that decide on one resource of a request may ask for. */
export const contextOf = (request: AuthorizationRequest, resource: string): ConditionContext => ({
  get: (key) => (Object.hasOwn(keys, key) ? keys[key]?.(request, resource) : undefined),
});
