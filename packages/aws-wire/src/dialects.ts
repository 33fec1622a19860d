/**
 * How each service words what the wire itself finds: input that breaks the model's constraints, an operation
 * that is not there, and a failure of our own. One row per service; what they share is AWS's usual text.
 */
import { AwsError } from './aws-error.ts';
import type { Rule, Violation } from './shapes/constraints.ts';

export interface Dialect {
  /** Whether the service enforces the patterns of its model; ECS leaves names to its handlers. */
  readonly patterns: boolean;
  /** The error for input that breaks constraints; there is at least one violation. */
  readonly invalid: (operation: string, violations: readonly Violation[]) => AwsError;
  /** The error for an operation of the model that oreno does not have. */
  readonly unsupported: string;
  /** The service's own server error. */
  readonly internal: string;
}

type RuleTexts = { readonly [Kind in Rule['kind']]: (rule: Extract<Rule, { readonly kind: Kind }>) => string };

const ruleTexts: RuleTexts = {
  required: () => 'must not be null',
  enum: ({ values }) => `must satisfy enum value set: [${values.join(', ')}]`,
  pattern: ({ pattern }) => `must satisfy regular expression pattern: ${pattern}`,
  'min-length': ({ bound }) => `must have length greater than or equal to ${bound}`,
  'max-length': ({ bound }) => `must have length less than or equal to ${bound}`,
  'min-value': ({ bound }) => `must have value greater than or equal to ${bound}`,
  'max-value': ({ bound }) => `must have value less than or equal to ${bound}`,
  members: ({ rules }) => `must satisfy constraint: [${rules.map((rule) => `Member ${ruleText(rule)}`).join(', ')}]`,
};

// The map gives each kind the function of that kind; TypeScript does not follow the pairing through the index.
const ruleText = (rule: Rule): string => (ruleTexts[rule.kind] as (rule: Rule) => string)(rule);

/** Longer values are cut in messages. */
const longestShown = 1024;

const itemText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

const valueText = (value: unknown): string => {
  if (value === undefined) return 'null';
  const text = Array.isArray(value) ? `[${value.map(itemText).join(', ')}]` : itemText(value);
  return `'${text.length > longestShown ? `${text.slice(0, longestShown)}…` : text}'`;
};

/** AWS's front ends name members in the manner of Java, whatever the protocol's case. */
const pathText = (path: readonly string[]): string =>
  path.map((name) => name.charAt(0).toLowerCase() + name.slice(1)).join('.');

/**
 * `1 validation error detected: Value null at 'taskDefinition' failed to satisfy constraint: Member must not be null`.
 * @param hidden members whose values the service does not repeat
 */
const usualText = (violations: readonly Violation[], hidden: readonly string[] = []): string => {
  const details = violations.map(({ path, value, rule }) => {
    const name = pathText(path);
    const shown = hidden.includes(name) ? '' : ` ${valueText(value)}`;
    return `Value${shown} at '${name}' failed to satisfy constraint: Member ${ruleText(rule)}`;
  });
  const count = violations.length === 1 ? '1 validation error' : `${violations.length} validation errors`;
  return `${count} detected: ${details.join('; ')}`;
};

/** ECR checks the names of repositories by rules of its own, older than its front end. */
const ecrRuleText = ({ path, rule }: Violation): string =>
  rule.kind === 'pattern' && path.at(-1) === 'repositoryName'
    ? `must satisfy regular expression '${rule.pattern}'`
    : `Member ${ruleText(rule)}`;

const ecrText = ([first]: readonly Violation[]): string =>
  first === undefined
    ? ''
    : `Invalid parameter at '${pathText(first.path)}' failed to satisfy constraint: '${ecrRuleText(first)}'`;

/** CloudWatch Logs measures the names of groups and streams by a rule of its own before its front end does. */
const logsText = (violations: readonly Violation[]): string =>
  violations.some(
    ({ path, rule }) =>
      rule.kind === 'max-length' && /^log(Group|Stream)Name$/.test(path.join('.')) && rule.bound === 512,
  )
    ? 'Invalid LogGroup or LogStream, both must have length less than or equal to 512.'
    : usualText(violations, ['logGroupIdentifier']);

const cloudwatchError = (violations: readonly Violation[]): AwsError => {
  const missing = violations.find(({ rule }) => rule.kind === 'required');
  return missing === undefined
    ? new AwsError('ValidationError', usualText(violations))
    : new AwsError('MissingRequiredParameterException', `The parameter ${missing.path.join('.')} is required.`);
};

const query = (internal: string): Dialect => ({
  patterns: true,
  invalid: (_, violations) => new AwsError('ValidationError', usualText(violations)),
  unsupported: 'UnknownOperationException',
  internal,
});

const dialects: Readonly<Record<string, Dialect | undefined>> = {
  ecs: {
    patterns: false,
    invalid: (operation, violations) =>
      new AwsError(
        operation === 'RegisterTaskDefinition' ? 'ClientException' : 'InvalidParameterException',
        usualText(violations),
      ),
    unsupported: 'UnsupportedFeatureException',
    internal: 'ServerException',
  },
  ecr: {
    patterns: true,
    invalid: (_, violations) => new AwsError('InvalidParameterException', ecrText(violations)),
    unsupported: 'UnknownOperationException',
    internal: 'ServerException',
  },
  logs: {
    patterns: true,
    invalid: (_, violations) => new AwsError('InvalidParameterException', logsText(violations)),
    unsupported: 'UnknownOperationException',
    internal: 'ServiceUnavailableException',
  },
  cloudwatch: { ...query('InternalServiceFault'), invalid: (_, violations) => cloudwatchError(violations) },
  iam: query('ServiceFailureException'),
};

const usual = query('InternalFailure');

/** The dialect of a service, by botocore's name of it. */
export const dialectOf = (service: string): Dialect => dialects[service] ?? usual;
