/**
 * Policy evaluation (IAM user guide, "Policy evaluation logic"): a pure function of policies and a request. What
 * no statement allows is denied; an explicit deny wins over every allow. A statement that has an element this
 * evaluator does not know never allows, and a Deny of that kind always denies: in doubt, closed.
 */
export interface PolicyStatement {
  readonly Effect: 'Allow' | 'Deny';
  readonly Action?: string | readonly string[];
  readonly NotAction?: string | readonly string[];
  readonly Resource?: string | readonly string[];
  readonly NotResource?: string | readonly string[];
  readonly Condition?: unknown;
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
}

export type PolicyDecision = 'allowed' | 'explicit-deny' | 'implicit-deny';

const patterns = new Map<string, RegExp>();
const mostPatterns = 4096;

/** The expression of a text with `*` (anything) and `?` (one character). */
const patternOf = (text: string): RegExp => {
  const found = patterns.get(text);
  if (found !== undefined) return found;
  const source = text
    .replaceAll(/\*+/g, '*')
    .replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  const pattern = new RegExp(`^${source}$`, 's');
  if (patterns.size >= mostPatterns) patterns.clear();
  patterns.set(text, pattern);
  return pattern;
};

const listOf = (value: string | readonly string[]): readonly string[] => (typeof value === 'string' ? [value] : value);

const matchesAny = (wanted: string | readonly string[], candidates: readonly string[]): boolean =>
  listOf(wanted).some((text) => text === '*' || candidates.some((candidate) => patternOf(text).test(candidate)));

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

/** What identity-based policies together say to a request. */
export const decidePolicies = (policies: readonly PolicyDocument[], request: PolicyRequest): PolicyDecision => {
  const statements = policies.flatMap((policy) => policy.Statement).filter((statement) => applies(statement, request));
  if (statements.some(({ Effect }) => Effect === 'Deny')) return 'explicit-deny';
  const allowed = statements.some(({ Effect, Condition }) => Effect === 'Allow' && Condition === undefined);
  return allowed ? 'allowed' : 'implicit-deny';
};
