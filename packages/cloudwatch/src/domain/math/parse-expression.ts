/**
 * Reads metric math: numbers, ids, texts in quotes, lists in brackets, calls, `+ - * / ^`, comparisons, `AND`/`&&`,
 * `OR`/`||`. (CloudWatch user guide, "Using math expressions with CloudWatch metrics".) Pure.
 */
import { validationError } from '../errors.ts';

export type Operator = '!=' | '&&' | '*' | '+' | '-' | '/' | '<' | '<=' | '==' | '>' | '>=' | '^' | '||';

export type Expression =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'id'; readonly id: string }
  | { readonly kind: 'list'; readonly items: readonly Expression[] }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] }
  | { readonly kind: 'negate'; readonly of: Expression }
  | { readonly kind: 'binary'; readonly operator: Operator; readonly left: Expression; readonly right: Expression };

/** Loosest first. */
const levels: readonly (readonly Operator[])[] = [
  ['||'],
  ['&&'],
  ['==', '!='],
  ['<=', '>=', '<', '>'],
  ['+', '-'],
  ['*', '/'],
];

const token =
  /\s*(?:(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+)|([A-Za-z_][A-Za-z0-9_]*)|'([^']*)'|"([^"]*)"|(\|\||&&|==|!=|<=|>=|[-+*/^<>()[\],]))/y;

interface Token {
  readonly kind: 'number' | 'word' | 'text' | 'sign' | 'end';
  readonly value: string;
}

const words: Readonly<Record<string, string | undefined>> = { AND: '&&', OR: '||' };

const tokensOf = (text: string): readonly Token[] => {
  const tokens: Token[] = [];
  token.lastIndex = 0;
  while (text.slice(token.lastIndex).trim() !== '') {
    const at = token.lastIndex;
    const found = token.exec(text);
    if (found === null) throw validationError(`Error in expression '${text}': unexpected text at position ${at + 1}.`);
    const [, number, word, single, double, sign] = found;
    if (number !== undefined) tokens.push({ kind: 'number', value: number });
    else if (word !== undefined && words[word] !== undefined) tokens.push({ kind: 'sign', value: words[word] });
    else if (word !== undefined) tokens.push({ kind: 'word', value: word });
    else if (sign !== undefined) tokens.push({ kind: 'sign', value: sign });
    else tokens.push({ kind: 'text', value: single ?? double ?? '' });
  }
  return tokens;
};

const deepest = 100;

class ExpressionReader {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
    this.#tokens = tokensOf(text);
  }

  whole(): Expression {
    const expression = this.#level(0);
    if (this.#next.kind !== 'end') throw this.#unexpected();
    return expression;
  }

  get #next(): Token {
    return this.#tokens[this.#at] ?? { kind: 'end', value: 'the end' };
  }

  #unexpected(): Error {
    return validationError(`Error in expression '${this.#text}': unexpected ${this.#next.value}.`);
  }

  #sign(...signs: readonly string[]): string | undefined {
    const { kind, value } = this.#next;
    if (kind !== 'sign' || !signs.includes(value)) return undefined;
    this.#at += 1;
    return value;
  }

  #level(level: number): Expression {
    const operators = levels[level];
    if (operators === undefined) return this.#unary();
    let left = this.#level(level + 1);
    for (let sign = this.#sign(...operators); sign !== undefined; sign = this.#sign(...operators)) {
      left = { kind: 'binary', operator: sign as Operator, left, right: this.#level(level + 1) };
    }
    return left;
  }

  #unary(): Expression {
    this.#depth += 1;
    if (this.#depth > deepest) throw validationError(`Error in expression '${this.#text}': it is nested too deeply.`);
    const negative = this.#sign('-') !== undefined;
    const base = negative ? this.#unary() : this.#primary();
    const power: Expression =
      !negative && this.#sign('^') !== undefined
        ? { kind: 'binary', operator: '^', left: base, right: this.#unary() }
        : base;
    this.#depth -= 1;
    return negative ? { kind: 'negate', of: power } : power;
  }

  #primary(): Expression {
    if (this.#sign('(') !== undefined) {
      const inner = this.#level(0);
      if (this.#sign(')') === undefined) throw this.#unexpected();
      return inner;
    }
    if (this.#sign('[') !== undefined) return { kind: 'list', items: this.#items(']') };
    const { kind, value } = this.#next;
    if (kind === 'end' || kind === 'sign') throw this.#unexpected();
    this.#at += 1;
    if (kind === 'number') return { kind: 'number', value: Number(value) };
    if (kind === 'text') return { kind: 'text', value };
    return this.#sign('(') === undefined
      ? { kind: 'id', id: value }
      : { kind: 'call', name: value.toUpperCase(), args: this.#items(')') };
  }

  #items(end: string): readonly Expression[] {
    const items: Expression[] = [];
    if (this.#sign(end) !== undefined) return items;
    do items.push(this.#level(0));
    while (this.#sign(',') !== undefined);
    if (this.#sign(end) === undefined) throw this.#unexpected();
    return items;
  }
}

/** Reads an expression; throws ValidationError for one that is not well formed. */
export const parseExpression = (text: string): Expression => new ExpressionReader(text).whole();

/** Every part of an expression, itself first. */
export const partsOf = (expression: Expression): readonly Expression[] => {
  const inner =
    expression.kind === 'list'
      ? expression.items
      : expression.kind === 'call'
        ? expression.args
        : expression.kind === 'negate'
          ? [expression.of]
          : expression.kind === 'binary'
            ? [expression.left, expression.right]
            : [];
  return [expression, ...inner.flatMap(partsOf)];
};
