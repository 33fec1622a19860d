/**
 * The model's patterns are written for Java. Those that JavaScript understands are anchored and tested; a
 * pattern that it does not, or one that may take exponential time on hostile input, is not tested at all:
 * refusing what AWS takes would be worse than taking what AWS refuses.
 */

/** Longer texts are not tested: no pattern of these models is meant for them. */
const longestTested = 8192;

/** A group that ends in an unbounded quantifier and is itself repeated: the two may split one text in many ways. */
const nestedQuantifier = /\((?:\?:)?[^()]*(?:\[[^\]]*\]|\\?.)[*+][^()]*\)[*+]/;
const compiled = (pattern: string): RegExp | undefined => {
  for (const flags of ['u', '']) {
    try {
      return new RegExp(`^(?:${pattern})$`, flags);
    } catch {
      continue;
    }
  }
  return undefined;
};

/** A test for a whole text, or undefined when the pattern is not to be enforced. */
export const patternTest = (pattern: string, longest?: number): ((text: string) => boolean) | undefined => {
  if (nestedQuantifier.test(pattern)) return undefined;
  const expression = compiled(pattern);
  if (expression === undefined) return undefined;
  const limit = Math.min(longest ?? longestTested, longestTested);
  return (text) => text.length > limit || expression.test(text);
};
