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

/** Whether a text is what a pattern of a policy (`*` anything, `?` one character) describes. */
export const matchesPattern = (text: string, pattern: string): boolean => patternOf(pattern).test(text);
