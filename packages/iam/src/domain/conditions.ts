/**
 * Conditions of policy statements (IAM user guide, "IAM JSON policy elements: Condition"). What this evaluator does not
 * know has no answer: a statement with it never allows, and never fails to deny.
 */
import { isKnownKey } from './condition-context.ts';
import type { ConditionContext } from './condition-context.ts';
import { escapeFor, operatorOf } from './operators.ts';
import type { Operator } from './operators.ts';
import { hasUnknownVariable, withVariables } from './policy-variables.ts';

type ConditionBlock = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** Yes, no, or cannot be told. */
type Answer = boolean | undefined;

const shape = /^(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?$/;

const textsOf = (value: unknown): readonly string[] => [value].flat().map(String);

const anyOf = (answers: readonly Answer[]): Answer => {
  if (answers.includes(true)) return true;
  return answers.includes(undefined) ? undefined : false;
};

const negated = (answer: Answer): Answer => (answer === undefined ? undefined : !answer);

const compares = (
  operator: Operator,
  value: string,
  wanted: readonly string[],
  variables?: ConditionContext,
): Answer => {
  const answer = anyOf(
    wanted.map((text) => {
      if (variables === undefined || !operator.hasVariables) return operator.compare(value, text);
      if (hasUnknownVariable(text)) return undefined;
      const written = withVariables(text, variables, escapeFor(operator));
      return written !== undefined && operator.compare(value, written);
    }),
  );
  return operator.isNegative ? negated(answer) : answer;
};

/** What a key without a value is to an operator. A set of none has all its values, and not any. */
const ofMissing = (set: string | undefined, ifExists: boolean, operator: Operator): boolean => {
  if (set !== undefined) return set === 'ForAllValues';
  return ifExists || operator.isNegative;
};

const meets = (
  name: string,
  key: string,
  wanted: readonly string[],
  { context, variables }: ConditionScope,
): Answer => {
  if (!isKnownKey(key)) return undefined;
  const value = context.get(key);
  if (name === 'Null') return wanted.some((each) => each.toLowerCase() === String(value === undefined));
  const [, set, bare = '', ifExists] = shape.exec(name) ?? [];
  const operator = operatorOf(bare);
  if (operator === undefined) return undefined;
  // Every key has one value here: of a set of one, all and any say the same as the operator alone.
  return value === undefined
    ? ofMissing(set, ifExists !== undefined, operator)
    : compares(operator, value, wanted, variables);
};

export interface ConditionScope {
  readonly context: ConditionContext;
  /** What variables stand for; undefined in policies of the version that has none. */
  readonly variables?: ConditionContext | undefined;
}

/** Whether all conditions are met; undefined where one cannot be told and none of the others fails. */
export const decideConditions = (block: unknown, scope: ConditionScope): Answer => {
  if (block === undefined) return true;
  if (typeof block !== 'object' || block === null) return undefined;
  const answers = Object.entries(block as ConditionBlock).flatMap(([operator, keys]) =>
    Object.entries(keys).map(([key, wanted]) => meets(operator, key.toLowerCase(), textsOf(wanted), scope)),
  );
  if (answers.includes(false)) return false;
  return answers.includes(undefined) ? undefined : true;
};
