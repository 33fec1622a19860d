/** Reads the text of a regular expression into a tree: literals, classes, groups, choices, repetitions, anchors. */

export type Syntax =
  | { readonly kind: 'character'; readonly accepts: (character: string) => boolean }
  | { readonly kind: 'start' }
  | { readonly kind: 'end' }
  | { readonly kind: 'sequence'; readonly parts: readonly Syntax[] }
  | { readonly kind: 'choice'; readonly parts: readonly Syntax[] }
  | { readonly kind: 'repeat'; readonly part: Syntax; readonly minimum: number; readonly maximum: number | undefined };

interface Cursor {
  readonly characters: readonly string[];
  at: number;
}

class NotAPattern extends Error {}

/** The tree of a pattern; undefined when it is malformed or uses what is not supported. */
export const parseSyntax = (source: string): Syntax | undefined => {
  const cursor: Cursor = { characters: Array.from(source), at: 0 };
  try {
    const syntax = parseChoice(cursor);
    return cursor.at === cursor.characters.length ? syntax : undefined;
  } catch (error) {
    if (error instanceof NotAPattern || error instanceof RangeError) return undefined;
    throw error;
  }
};

const peek = (cursor: Cursor, ahead = 0): string | undefined => cursor.characters[cursor.at + ahead];

const take = (cursor: Cursor): string => {
  const character = peek(cursor);
  if (character === undefined) throw new NotAPattern();
  cursor.at += 1;
  return character;
};

const accept = (cursor: Cursor, character: string): boolean => {
  if (peek(cursor) !== character) return false;
  cursor.at += 1;
  return true;
};

const parseChoice = (cursor: Cursor): Syntax => {
  const parts = [parseSequence(cursor)];
  while (accept(cursor, '|')) parts.push(parseSequence(cursor));
  return { kind: 'choice', parts };
};

const parseSequence = (cursor: Cursor): Syntax => {
  const parts: Syntax[] = [];
  for (let next = peek(cursor); next !== undefined && next !== '|' && next !== ')'; next = peek(cursor)) {
    parts.push(parseQuantified(cursor));
  }
  return { kind: 'sequence', parts };
};

const quantifiers: { readonly [symbol: string]: readonly [number, number | undefined] } = {
  '*': [0, undefined],
  '+': [1, undefined],
  '?': [0, 1],
};

const parseQuantified = (cursor: Cursor): Syntax => {
  const part = parseAtom(cursor);
  const next = peek(cursor) ?? '';
  const range = quantifiers[next] === undefined ? undefined : quantifiers[take(cursor)];
  const counted = range ?? (next === '{' ? parseCount(cursor) : undefined);
  if (counted === undefined) return part;
  // Whether the shortest or the longest run is tried first makes no difference to a whole match.
  accept(cursor, '?');
  if (quantifiers[peek(cursor) ?? ''] !== undefined || peek(cursor) === '{') throw new NotAPattern();
  return { kind: 'repeat', part, minimum: counted[0], maximum: counted[1] };
};

const parseCount = (cursor: Cursor): readonly [number, number | undefined] => {
  const end = cursor.characters.indexOf('}', cursor.at);
  const text = end < 0 ? '' : cursor.characters.slice(cursor.at, end + 1).join('');
  const found = /^\{(\d{1,4})(,(\d{1,4})?)?\}$/.exec(text);
  if (found === null) throw new NotAPattern();
  cursor.at = end + 1;
  const minimum = Number(found[1]);
  const maximum = found[2] === undefined ? minimum : found[3] === undefined ? undefined : Number(found[3]);
  if (maximum !== undefined && maximum < minimum) throw new NotAPattern();
  return [minimum, maximum];
};

const parseAtom = (cursor: Cursor): Syntax => {
  const character = take(cursor);
  if (character === '^') return { kind: 'start' };
  if (character === '$') return { kind: 'end' };
  if (character === '(') return parseGroup(cursor);
  if (character === '[') return { kind: 'character', accepts: parseClass(cursor) };
  if (character === '\\') return { kind: 'character', accepts: parseEscape(cursor) };
  if (character === '.') return { kind: 'character', accepts: (each) => !/[\n\r\u0085\u2028\u2029]/.test(each) };
  if (quantifiers[character] !== undefined || character === '{') throw new NotAPattern();
  return { kind: 'character', accepts: (each) => each === character };
};

const parseGroup = (cursor: Cursor): Syntax => {
  if (accept(cursor, '?') && !accept(cursor, ':')) throw new NotAPattern();
  const syntax = parseChoice(cursor);
  if (!accept(cursor, ')')) throw new NotAPattern();
  return syntax;
};

const classes: { readonly [letter: string]: RegExp } = {
  d: /[0-9]/,
  D: /[^0-9]/,
  w: /[A-Za-z0-9_]/,
  W: /[^A-Za-z0-9_]/,
  s: /[ \t\n\v\f\r]/,
  S: /[^ \t\n\v\f\r]/,
};

const controls: { readonly [letter: string]: string } = { t: '\t', n: '\n', r: '\r', f: '\f' };

const parseEscape = (cursor: Cursor): ((character: string) => boolean) => {
  const letter = take(cursor);
  const found = classes[letter];
  if (found !== undefined) return (character) => found.test(character);
  const literal = controls[letter] ?? (/[A-Za-z0-9]/.test(letter) ? undefined : letter);
  if (literal === undefined) throw new NotAPattern();
  return (character) => character === literal;
};

const parseClass = (cursor: Cursor): ((character: string) => boolean) => {
  const negated = accept(cursor, '^');
  const members: ((character: string) => boolean)[] = [];
  while (members.length === 0 || peek(cursor) !== ']') members.push(parseMember(cursor));
  take(cursor);
  return (character) => members.some((member) => member(character)) !== negated;
};

const parseMember = (cursor: Cursor): ((character: string) => boolean) => {
  const first = take(cursor);
  // Java nests classes and intersects them with &&; neither is supported.
  if (first === '[' || (first === '&' && peek(cursor) === '&')) throw new NotAPattern();
  if (first === '\\') return parseEscape(cursor);
  if (peek(cursor) !== '-' || peek(cursor, 1) === ']' || peek(cursor, 1) === '\\') return (each) => each === first;
  take(cursor);
  const last = take(cursor);
  if (last < first) throw new NotAPattern();
  return (each) => each >= first && each <= last;
};
