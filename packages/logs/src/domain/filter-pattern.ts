/**
 * Filter patterns over plain text: terms that must all occur, `?term` of which one must, `-term` that must not,
 * "quoted phrases" and one `%regular expression%`. Patterns in braces (JSON) and brackets (columns) are refused with
 * a clear error until they are evaluated. See "Filter pattern syntax" in the CloudWatch Logs user guide.
 */

/** A pattern ready to be asked. */
export interface FilterPattern {
  readonly matches: (message: string) => boolean;
}

export interface PatternProblem {
  readonly problem: string;
}

interface Term {
  readonly kind: 'required' | 'optional' | 'excluded';
  readonly test: (message: string) => boolean;
}

/** Reads a pattern; the empty one matches everything. Answers what is wrong with one that cannot be used. */
export const parseFilterPattern = (pattern: string): FilterPattern | PatternProblem => {
  const text = pattern.trim();
  if (text === '') return { matches: () => true };
  if (text.startsWith('{')) return { problem: 'JSON filter patterns ({ … }) are not supported by this server yet' };
  if (text.startsWith('['))
    return { problem: 'space-delimited filter patterns ([ … ]) are not supported by this server yet' };
  const terms: Term[] = [];
  const lexer = /\s*([?-]?)(?:"((?:[^"\\]|\\.)*)"|%((?:[^%\\]|\\.)*)%|([^\s"%]+))(?=\s|$)/gy;
  while (lexer.lastIndex < text.length) {
    const match = lexer.exec(text);
    if (match === null) return { problem: 'a quote or percent sign is not closed, or a term is empty' };
    const term = readTerm(match[1] ?? '', match[2], match[3], match[4]);
    if ('problem' in term) return term;
    terms.push(term);
  }
  return combine(terms);
};

const readTerm = (
  sign: string,
  phrase: string | undefined,
  expression: string | undefined,
  word: string | undefined,
): Term | PatternProblem => {
  const kind = sign === '?' ? 'optional' : sign === '-' ? 'excluded' : 'required';
  if (expression !== undefined) {
    const compiled = compileExpression(expression);
    return compiled instanceof RegExp ? { kind, test: (message) => compiled.test(message) } : compiled;
  }
  if (word !== undefined && !/^[\w.-]+$/.test(word)) {
    return {
      problem: `the term ${word} has characters other than letters, digits and underscores: put it in double quotes`,
    };
  }
  const wanted = word ?? (phrase ?? '').replace(/\\(.)/g, '$1');
  return { kind, test: (message) => message.includes(wanted) };
};

const compileExpression = (expression: string): RegExp | PatternProblem => {
  // CloudWatch's own subset: no groups with repetition inside, so that no message can make it run for ever.
  if (!/^(?:[A-Za-z0-9_#=@/;,\s:-]|[.*+?|^$]|\[[^\]]*\]|\{\d+(?:,\d*)?\}|\\.)*$/.test(expression)) {
    return { problem: 'the regular expression has characters that filter patterns do not allow' };
  }
  try {
    return new RegExp(expression);
  } catch (error) {
    return { problem: `the regular expression cannot be read: ${(error as Error).message}` };
  }
};

const combine = (terms: readonly Term[]): FilterPattern => {
  const required = terms.filter((term) => term.kind === 'required');
  const excluded = terms.filter((term) => term.kind === 'excluded');
  // Mixed with plain terms, CloudWatch ignores the optional ones.
  const optional = required.length > 0 ? [] : terms.filter((term) => term.kind === 'optional');
  return {
    matches: (message) =>
      required.every((term) => term.test(message)) &&
      !excluded.some((term) => term.test(message)) &&
      (optional.length === 0 || optional.some((term) => term.test(message))),
  };
};
