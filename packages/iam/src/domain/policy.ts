/**
 * Policy evaluation (IAM user guide, "Policy evaluation logic"): a pure function of policies and a request. What
 * no statement allows is denied; an explicit deny wins over every allow. A statement that has an element this
 * evaluator does not know never allows, and a Deny of that kind always denies: in doubt, closed.
 */
import { decideConditions, type ConditionContext } from './conditions.ts';
import { matchesPattern } from './patterns.ts';

export interface PolicyStatement {
  readonly Effect: 'Allow' | 'Deny';
  readonly Action?: string | readonly string[];
  readonly NotAction?: string | readonly string[];
  readonly Resource?: string | readonly string[];
  readonly NotResource?: string | readonly string[];
  readonly Condition?: unknown;
  /** Of a resource-based policy: whom the statement is about. */
  readonly Principal?: unknown;
  readonly NotPrincipal?: unknown;
}

export interface PolicyDocument {
  readonly Version: '2012-10-17';
  readonly Statement: readonly PolicyStatement[];
}

export interface PolicyRequest {
  /** `ecs:RunTask`; compared without regard to case. */
  readonly action: string;
  /** An ARN, or `*` for what is not about one resource. */
  readonly resource: string;
  /** What conditions may ask for; nothing where absent. */
  readonly context?: ConditionContext | undefined;
}

export type PolicyDecision = 'allowed' | 'explicit-deny' | 'implicit-deny';

const listOf = (value: string | readonly string[]): readonly string[] => (typeof value === 'string' ? [value] : value);

const matchesAny = (wanted: string | readonly string[], candidates: readonly string[]): boolean =>
  listOf(wanted).some((text) => text === '*' || candidates.some((candidate) => matchesPattern(candidate, text)));

const actionMatches = ({ Action, NotAction }: PolicyStatement, action: string): boolean => {
  const lower = (value: string | readonly string[]): readonly string[] =>
    listOf(value).map((each) => each.toLowerCase());
  if (Action !== undefined) return matchesAny(lower(Action), [action.toLowerCase()]);
  return NotAction !== undefined && !matchesAny(lower(NotAction), [action.toLowerCase()]);
};

/** Log groups are written both with and without `:*` behind their name; either form names the group. */
const formsOf = (resource: string): readonly string[] =>
  /^arn:[^:]*:logs:[^:]*:[^:]*:log-group:[^:]*$/.test(resource) ? [resource, `${resource}:*`] : [resource];

const resourceMatches = ({ Resource, NotResource }: PolicyStatement, resource: string): boolean => {
  if (Resource !== undefined) return matchesAny(Resource, formsOf(resource));
  return NotResource !== undefined && !matchesAny(NotResource, formsOf(resource));
};

const applies = (statement: PolicyStatement, request: PolicyRequest): boolean =>
  actionMatches(statement, request.action) && resourceMatches(statement, request.resource);

const nothing: ConditionContext = new Map();

const decideStatements = (
  statements: readonly PolicyStatement[],
  { context = nothing }: PolicyRequest,
): PolicyDecision => {
  const answered = statements.map(({ Effect, Condition }) => ({ Effect, holds: decideConditions(Condition, context) }));
  if (answered.some(({ Effect, holds }) => Effect === 'Deny' && holds !== false)) return 'explicit-deny';
  return answered.some(({ Effect, holds }) => Effect === 'Allow' && holds === true) ? 'allowed' : 'implicit-deny';
};

/** What identity-based policies together say to a request. */
export const decidePolicies = (policies: readonly PolicyDocument[], request: PolicyRequest): PolicyDecision =>
  decideStatements(
    policies.flatMap((policy) => policy.Statement).filter((statement) => applies(statement, request)),
    request,
  );

/** Whom a request comes from, as resource-based policies name principals. */
export interface PolicyPrincipal {
  readonly account: string;
  /** `arn:aws:iam::<account>:root`, `arn:aws:sts::<account>:assumed-role/<role>/<session>`, or a user's. */
  readonly arn: string;
}

/** The ARN of the role behind a session, which policies may name instead of the session. */
const roleOf = ({ account, arn }: PolicyPrincipal): string | undefined => {
  const role = /:assumed-role\/([^/]+)\//.exec(arn)?.[1];
  return role === undefined ? undefined : `arn:aws:iam::${account}:role/${role}`;
};

/** Whether a `Principal` element names who asks. An account, by its number or its root, stands for all in it. */
const names = (element: unknown, principal: PolicyPrincipal): boolean => {
  if (element === '*') return true;
  const listed: unknown = typeof element === 'object' && element !== null ? Reflect.get(element, 'AWS') : undefined;
  const wanted: readonly unknown[] = Array.isArray(listed) ? listed : [listed];
  const account = [principal.account, `arn:aws:iam::${principal.account}:root`];
  const own = new Set([...account, principal.arn, roleOf(principal)]);
  return wanted.some((each) => each === '*' || (typeof each === 'string' && own.has(withoutPath(each))));
};

/** Roles are named with the path that they were made under, sessions without. */
const withoutPath = (arn: string): string => arn.replace(/^(arn:[^:]*:iam::\d{12}:role\/)(?:.*\/)([^/]+)$/, '$1$2');

/** A statement without a Resource, as those of repositories are, is about the resource that has the policy. */
const appliesTo = (statement: PolicyStatement, request: PolicyRequest, principal: PolicyPrincipal): boolean => {
  const { Principal, NotPrincipal, Resource, NotResource } = statement;
  if (!actionMatches(statement, request.action)) return false;
  if ((Resource !== undefined || NotResource !== undefined) && !resourceMatches(statement, request.resource))
    return false;
  if (NotPrincipal !== undefined) return !names(NotPrincipal, principal);
  return names(Principal, principal);
};

/** What the policies of a resource together say to a request. */
export const decideResourcePolicies = (
  policies: readonly PolicyDocument[],
  request: PolicyRequest,
  principal: PolicyPrincipal,
): PolicyDecision =>
  decideStatements(
    policies.flatMap(({ Statement }) => Statement).filter((statement) => appliesTo(statement, request, principal)),
    request,
  );
