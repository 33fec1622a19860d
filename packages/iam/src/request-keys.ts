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
const dateText = (milliseconds: number): string => new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z');

const principalKeys = (principal: Principal): Readonly<Record<string, string | undefined>> => ({
  'aws:principalaccount': principal.account,
  // Of a session it is the role's, whatever the session is called.
  'aws:principalarn': roleArnOf(principal) ?? principal.arn,
  'aws:principalisawsservice': 'false',
  'aws:principaltype': types[principal.type],
  'aws:userid': principal.userId,
  'aws:username': principal.type === 'user' ? principal.arn.slice(principal.arn.lastIndexOf('/') + 1) : undefined,
  // Only temporary credentials tell of MFA, and there is none here.
  'aws:multifactorauthpresent': principal.accessKeyId.startsWith('ASIA') ? 'false' : undefined,
  'aws:tokenissuetime': principal.issuedAt === undefined ? undefined : dateText(principal.issuedAt),
});

const callKeys = ({ call }: AuthorizationRequest): Readonly<Record<string, string | undefined>> =>
  call === undefined
    ? {}
    : {
        'aws:currenttime': dateText(call.time),
        'aws:epochtime': String(Math.floor(call.time / 1000)),
        'aws:securetransport': String(call.isSecure),
        'aws:sourceip': call.sourceIp,
        'aws:useragent': call.userAgent === '' ? undefined : call.userAgent,
      };

/** What the policies that decide on one resource of a request may ask for. */
export const contextOf = (request: AuthorizationRequest, resource: string): ConditionContext => {
  const account = parseArn(resource)?.account;
  const keys = {
    ...principalKeys(request.principal),
    ...callKeys(request),
    'aws:requestedregion': request.region,
    'aws:resourceaccount': account === '' ? undefined : account,
    'aws:viaawsservice': 'false',
  };
  return new Map(Object.entries(keys).filter((entry): entry is [string, string] => entry[1] !== undefined));
};
