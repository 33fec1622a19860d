/**
 * Says yes or no to an action: root may do everything in its account, a session of a role what its policies allow.
 * Where a resource has policies of its own they decide as well (IAM user guide, "Policy evaluation logic"): an explicit
 * deny wins; in one account either side's allow is enough, where the resource's names the principal and not only the
 * account; of another account's principal both have to. An action on several resources is allowed only when it is on
 * each of them.
 */
import { AwsError, parseArn } from '@oreno/aws-wire';
import type { AuthorizationRequest, Authorizer, Principal } from '@oreno/aws-wire';
import { managedPolicy } from './domain/managed-policies.ts';
import { decidePolicies, decideResourcePolicies } from './domain/policy.ts';
import type { PolicyDecision, PolicyDocument, PolicyRequest, ResourceDecision } from './domain/policy.ts';
import { contextOf } from './request-keys.ts';

/** Calls that every authenticated principal may make (STS API reference, GetCallerIdentity). */
const needsNoPermission = new Set(['sts:GetCallerIdentity', 'sts:GetSessionToken']);

type Denial = 'no-identity-policy' | 'no-resource-policy' | 'identity-deny' | 'resource-deny';

const reasons: Readonly<Record<Denial, (action: string) => string>> = {
  'no-identity-policy': (action) => `because no identity-based policy allows the ${action} action`,
  'no-resource-policy': (action) => `because no resource-based policy allows the ${action} action`,
  'identity-deny': () => 'with an explicit deny in an identity-based policy',
  'resource-deny': () => 'with an explicit deny in a resource-based policy',
};

const denied = ({ principal, action }: AuthorizationRequest, resource: string, denial: Denial): AwsError => {
  const where = resource === '*' ? '' : ` on resource: ${resource}`;
  return new AwsError(
    'AccessDeniedException',
    `User: ${principal.arn} is not authorized to perform: ${action}${where} ${reasons[denial](action)}`,
  );
};

/** Policies are checked before they are kept: a text that is no policy says nothing. */
const documentOf = (text: string): PolicyDocument => {
  const { Version, Statement } = JSON.parse(text) as PolicyDocument;
  return { Version, Statement: [Statement].flat() };
};

const identityDecision = (principal: Principal, request: PolicyRequest): PolicyDecision => {
  const { type, sessionPolicies = [] } = principal;
  if (type === 'root') return 'allowed';
  return decidePolicies(
    sessionPolicies.map((name) => managedPolicy(name, principal)).filter((policy) => policy !== undefined),
    request,
  );
};

/** Why it is refused; undefined when it is allowed. */
const denialOf = (
  identity: PolicyDecision,
  resource: ResourceDecision,
  isOtherAccount: boolean,
): Denial | undefined => {
  if (identity === 'explicit-deny') return 'identity-deny';
  if (resource === 'explicit-deny') return 'resource-deny';
  if (isOtherAccount && resource === 'implicit-deny') return 'no-resource-policy';
  if (identity === 'allowed' || (!isOtherAccount && resource === 'allowed')) return undefined;
  return 'no-identity-policy';
};

export const createAuthorizer = (): Authorizer => ({
  authorize: async (request) => {
    const { principal, action, resources, policiesOf } = request;
    if (needsNoPermission.has(action)) return;
    if (principal.type === 'root' && policiesOf === undefined) return;
    for (const resource of resources.length === 0 ? ['*'] : resources) {
      const asked = { action, resource, context: contextOf(request, resource) };
      const policies = ((await policiesOf?.(resource)) ?? []).map(documentOf);
      const owner = parseArn(resource)?.account;
      const isOtherAccount = policiesOf !== undefined && owner !== undefined && owner !== principal.account;
      const denial = denialOf(
        identityDecision(principal, asked),
        decideResourcePolicies(policies, asked, principal),
        isOtherAccount,
      );
      if (denial !== undefined) throw denied(request, resource, denial);
    }
  },
});
