const patterns = new Map<string, RegExp>();
const mostPatterns = 4096;

/** Stands before a `*` or `?` that is meant as itself: a code point that no text has, being no character. */
const escape = '\uFDD0';

/** The expression of a text with `*` (anything) and `?` (one character). */
const patternOf = (text: string): RegExp => {
  const found = patterns.get(text);
  if (found !== undefined) return found;
  const source = text.replaceAll(/\uFDD0[*?]|\*+|[.+^${}()|[\]\\?]/g, (part) => {
    if (part.startsWith(escape)) return `\\${part.slice(1)}`;
    if (part.startsWith('*')) return '.*';
    return part === '?' ? '.' : `\\${part}`;
  });
  const pattern = new RegExp(`^${source}$`, 's');
  if (patterns.size >= mostPatterns) patterns.clear();
  patterns.set(text, pattern);
  return pattern;
};

/** Whether a text is what a pattern of a policy (`*` anything, `?` one character) describes. */
export const matchesPattern = (text: string, pattern: string): boolean => patternOf(pattern).test(text);

/** The pattern that describes this text alone. */
export const literalText = (text: string): string => text.replaceAll(/[*?]/g, (wildcard) => escape + wildcard);
