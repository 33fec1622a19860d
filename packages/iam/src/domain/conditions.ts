/**
 * Conditions of policy statements (IAM user guide, "IAM JSON policy elements: Condition operators"). What this
 * evaluator does not know has no answer: a statement with it never allows, and never fails to deny.
 */
import { matchesPattern } from './patterns.ts';

export type ConditionBlock = Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;

/** What is known of a request, by the names of IAM's global condition keys in lower case. */
export type ConditionContext = ReadonlyMap<string, string>;

type Test = (value: string, wanted: string) => boolean;

const isText: Test = (value, wanted) => value === wanted;
const isTextIgnoringCase: Test = (value, wanted) => value.toLowerCase() === wanted.toLowerCase();

const positive: Readonly<Record<string, Test>> = {
  StringEquals: isText,
  StringEqualsIgnoreCase: isTextIgnoringCase,
  StringLike: matchesPattern,
  ArnEquals: matchesPattern,
  ArnLike: matchesPattern,
  Bool: isTextIgnoringCase,
};

const negative: Readonly<Record<string, Test>> = {
  StringNotEquals: isText,
  StringNotEqualsIgnoreCase: isTextIgnoringCase,
  StringNotLike: matchesPattern,
  ArnNotEquals: matchesPattern,
  ArnNotLike: matchesPattern,
};

const knownKeys = new Set([
  'aws:principalaccount',
  'aws:principalarn',
  'aws:principaltype',
  'aws:requestedregion',
  'aws:userid',
]);

const listOf = (value: string | readonly string[]): readonly string[] => (typeof value === 'string' ? [value] : value);

/** Whether one key meets one operator; undefined where that cannot be told. */
const meets = (
  operator: string,
  key: string,
  wanted: readonly string[],
  context: ConditionContext,
): boolean | undefined => {
  const ifExists = operator.endsWith('IfExists');
  const name = ifExists ? operator.slice(0, -'IfExists'.length) : operator;
  const lower = key.toLowerCase();
  if (!knownKeys.has(lower)) return undefined;
  const value = context.get(lower);
  if (name === 'Null') return wanted.includes(String(value === undefined));
  const test = positive[name] ?? negative[name];
  if (test === undefined) return undefined;
  if (value === undefined) return ifExists || name in negative;
  const isOne = wanted.some((each) => test(value, each));
  return name in negative ? !isOne : isOne;
};

/** Whether all conditions are met; undefined where one cannot be told and none of the others fails. */
export const decideConditions = (block: unknown, context: ConditionContext): boolean | undefined => {
  if (block === undefined) return true;
  if (typeof block !== 'object' || block === null) return undefined;
  const answers = Object.entries(block as ConditionBlock).flatMap(([operator, keys]) =>
    Object.entries(keys).map(([key, wanted]) => meets(operator, key, listOf(wanted).map(String), context)),
  );
  if (answers.includes(false)) return false;
  return answers.includes(undefined) ? undefined : true;
};
