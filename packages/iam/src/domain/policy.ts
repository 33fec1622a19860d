/**
 * Policy evaluation (IAM user guide, "Policy evaluation logic"): a pure function of policies and a request. What
 * no statement allows is denied; an explicit deny wins over every allow. A statement that has an element this
 * evaluator does not know never allows, and a Deny of that kind always denies: in doubt, closed.
 */
import type { ConditionContext } from './condition-context.ts';
import { decideConditions } from './conditions.ts';
import { literalText, matchesPattern } from './patterns.ts';
import { hasUnknownVariable, withVariables } from './policy-variables.ts';
import { isLeftOut, namedAs } from './principals.ts';
import type { PolicyPrincipal } from './principals.ts';

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
  /** Variables are read in `2012-10-17` alone; what has no version is of the older one. */
  readonly Version?: string | undefined;
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

/**
 * Log groups are written both with and without `:*` behind their name, and calls are about a stream of the group that
 * has no name; each of these names the group.
 */
const formsOf = (resource: string): readonly string[] => {
  const group = /^(arn:[^:]*:logs:[^:]*:[^:]*:log-group:[^:]*)(:log-stream:)?$/.exec(resource)?.[1];
  return group === undefined ? [resource] : [group, `${group}:*`, `${group}:log-stream:`];
};

const resourceMatches = (statement: PolicyStatement, { resource, variables }: Asked): boolean => {
  const { Effect, Resource, NotResource } = statement;
  const texts = listOf(Resource ?? NotResource ?? []);
  if (variables !== undefined && texts.some(hasUnknownVariable)) return Effect === 'Deny';
  // A variable without a value is like nothing: what it stands in describes no resource.
  const written = texts
    .map((text) => (variables === undefined ? text : withVariables(text, variables, literalText)))
    .filter((text) => text !== undefined);
  if (Resource !== undefined) return matchesAny(written, formsOf(resource));
  return NotResource !== undefined && !matchesAny(written, formsOf(resource));
};

const nothing: ConditionContext = new Map();

/** A request as a statement of a policy's version is asked about it. */
interface Asked extends PolicyRequest {
  readonly context: ConditionContext;
  readonly variables: ConditionContext | undefined;
}

interface Answered {
  readonly statement: PolicyStatement;
  /** Whether its conditions are met; undefined where that cannot be told. */
  readonly holds: boolean | undefined;
}

/** The statements that are about a request, and whether their conditions hold. */
const answersOf = (
  policies: readonly PolicyDocument[],
  request: PolicyRequest,
  isAbout: (statement: PolicyStatement, asked: Asked) => boolean,
): readonly Answered[] => {
  const { context = nothing } = request;
  return policies.flatMap(({ Version, Statement }) => {
    const asked = { ...request, context, variables: Version === '2012-10-17' ? context : undefined };
    return Statement.filter((statement) => isAbout(statement, asked)).map((statement) => ({
      statement,
      holds: decideConditions(statement.Condition, asked),
    }));
  });
};

const denies = ({ statement, holds }: Answered): boolean => statement.Effect === 'Deny' && holds !== false;
const allows = ({ statement, holds }: Answered): boolean => statement.Effect === 'Allow' && holds === true;

/** What identity-based policies together say to a request. */
export const decidePolicies = (policies: readonly PolicyDocument[], request: PolicyRequest): PolicyDecision => {
  const answers = answersOf(
    policies,
    request,
    (statement, asked) => actionMatches(statement, asked.action) && resourceMatches(statement, asked),
  );
  if (answers.some(denies)) return 'explicit-deny';
  return answers.some(allows) ? 'allowed' : 'implicit-deny';
};

/** `account-allowed`: the account of who asks may, and so whoever in it that the account's own policies let. */
export type ResourceDecision = PolicyDecision | 'account-allowed';

/** A statement without a Resource, as those of repositories are, is about the resource that has the policy. */
const isAboutResource = (statement: PolicyStatement, asked: Asked): boolean =>
  (statement.Resource === undefined && statement.NotResource === undefined) || resourceMatches(statement, asked);

const isAboutPrincipal = ({ Principal, NotPrincipal }: PolicyStatement, principal: PolicyPrincipal): boolean =>
  NotPrincipal === undefined ? namedAs(Principal, principal) !== undefined : !isLeftOut(NotPrincipal, principal);

/** What the policies of a resource together say to a request. */
export const decideResourcePolicies = (
  policies: readonly PolicyDocument[],
  request: PolicyRequest,
  principal: PolicyPrincipal,
): ResourceDecision => {
  const answers = answersOf(
    policies,
    request,
    (statement, asked) =>
      actionMatches(statement, asked.action) &&
      isAboutResource(statement, asked) &&
      isAboutPrincipal(statement, principal),
  );
  if (answers.some(denies)) return 'explicit-deny';
  const allowing = answers.filter(allows);
  if (allowing.some(({ statement }) => namedAs(statement.Principal, principal) === 'itself')) return 'allowed';
  return allowing.length > 0 ? 'account-allowed' : 'implicit-deny';
};
