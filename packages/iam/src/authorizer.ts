/**
 * Says yes or no to an action: root may do everything, a session of a role what its policies allow. An action on
 * several resources is allowed only when it is on each of them.
 */
import { AwsError } from '@oreno/aws-wire';
import type { AuthorizationRequest, Authorizer } from '@oreno/aws-wire';
import { managedPolicy } from './domain/managed-policies.ts';
import { decidePolicies } from './domain/policy.ts';
import type { PolicyDecision } from './domain/policy.ts';

/** Calls that every authenticated principal may make (STS API reference, GetCallerIdentity). */
const needsNoPermission = new Set(['sts:GetCallerIdentity', 'sts:GetSessionToken']);

const reasons: Readonly<Record<Exclude<PolicyDecision, 'allowed'>, (action: string) => string>> = {
  'implicit-deny': (action) => `because no identity-based policy allows the ${action} action`,
  'explicit-deny': () => 'with an explicit deny in an identity-based policy',
};

const denied = (
  { principal, action }: AuthorizationRequest,
  resource: string,
  decision: Exclude<PolicyDecision, 'allowed'>,
): AwsError => {
  const where = resource === '*' ? '' : ` on resource: ${resource}`;
  return new AwsError(
    'AccessDeniedException',
    `User: ${principal.arn} is not authorized to perform: ${action}${where} ${reasons[decision](action)}`,
  );
};

export const createAuthorizer = (): Authorizer => ({
  authorize: async (request) => {
    const { principal, action, resources } = request;
    if (principal.type === 'root' || needsNoPermission.has(action)) return;
    const policies = (principal.sessionPolicies ?? []).map(managedPolicy).filter((policy) => policy !== undefined);
    for (const resource of resources.length === 0 ? ['*'] : resources) {
      const decision = decidePolicies(policies, { action, resource });
      if (decision !== 'allowed') throw denied(request, resource, decision);
    }
  },
});
