/**
 * Policy variables (IAM user guide, "IAM policy elements: Variables and tags"): `${aws:PrincipalAccount}` in a policy's
 * text stands for the value of the request's key, `${key, 'default'}` for another one where it has none. Pure.
 */
import { isKnownKey } from './condition-context.ts';
import type { ConditionContext } from './condition-context.ts';

const variable = /\$\{([^}]*)\}/g;
const named = /^\s*([^,\s]+)\s*(?:,\s*'([^']*)'\s*)?$/;

/** Written out, these would be read as something else. */
const characters: ReadonlySet<string> = new Set(['*', '?', '$']);

/**
 * A text with its variables replaced; undefined where one has no value.
 * @param escape how a value is written so that its characters stand for themselves
 */
export const withVariables = (
  text: string,
  context: ConditionContext,
  escape: (value: string) => string,
): string | undefined => {
  let isWhole = true;
  const replaced = text.replaceAll(variable, (_, name: string) => {
    if (characters.has(name)) return escape(name);
    const [, key = '', other] = named.exec(name) ?? [];
    const value = context.get(key.toLowerCase()) ?? other;
    if (value === undefined) isWhole = false;
    return escape(value ?? '');
  });
  return isWhole ? replaced : undefined;
};

/** Whether a text has a variable of a key of which nothing can be told here, not even that the request lacks it. */
export const hasUnknownVariable = (text: string): boolean =>
  [...text.matchAll(variable)].some(([, name = '']) => {
    const key = named.exec(name)?.[1]?.toLowerCase() ?? '';
    return !characters.has(name) && !isKnownKey(key);
  });
