/**
 * Reads a cluster query language expression. `or` binds weaker than `and`, `and` weaker than `not`;
 * parentheses group. Every refusal is an InvalidParameterException that names the position.
 */
import { AwsError } from '@oreno/aws-wire';
import { parsePattern } from './pattern.ts';
import { operatorsOf, type Operator, type Query, type Subject } from './query.ts';
import { invalidExpression, skipSpace, takeSymbol, takeWhile, takeWord, type TextReader } from './text-reader.ts';
import { parseDate, parseVersion } from './value.ts';

/** PlacementConstraint: "The expression can have a maximum length of 2000 characters." */
const maximumLength = 2000;
/** Deeper nesting than any expression of 2,000 characters that somebody means. */
const maximumDepth = 100;

/**
 * Parses an expression, for `memberOf` and for the filter of ListContainerInstances.
 * @throws AwsError InvalidParameterException with the position of what could not be read.
 */
export const parseQuery = (text: string): Query => {
  if (text.length > maximumLength) {
    throw new AwsError('InvalidParameterException', `Expression can have up to ${maximumLength} characters.`);
  }
  const reader: TextReader = { text, at: 0 };
  const query = parseAlternatives(reader, 0);
  skipSpace(reader);
  if (reader.at < text.length) throw invalidExpression(reader, '"and", "or" or the end');
  return query;
};

const parseChain = (reader: TextReader, kind: 'and' | 'or', symbol: string, operand: () => Query): Query => {
  const operands = [operand()];
  while (takeSymbol(reader, symbol) || takeWord(reader, kind)) operands.push(operand());
  const [first, second] = operands;
  if (first !== undefined && second === undefined) return first;
  return { kind, operands: operands.flatMap((each) => (each.kind === kind ? each.operands : [each])) };
};

const parseAlternatives = (reader: TextReader, depth: number): Query => {
  if (depth > maximumDepth) throw invalidExpression(reader, 'less nesting');
  return parseChain(reader, 'or', '||', () => parseChain(reader, 'and', '&&', () => parseOperand(reader, depth + 1)));
};

const parseOperand = (reader: TextReader, depth: number): Query => {
  if (depth > maximumDepth) throw invalidExpression(reader, 'less nesting');
  if (takeSymbol(reader, '!') || takeWord(reader, 'not')) {
    return { kind: 'not', operand: parseOperand(reader, depth + 1) };
  }
  if (!takeSymbol(reader, '(')) return parseComparison(reader);
  const query = parseAlternatives(reader, depth);
  if (!takeSymbol(reader, ')')) throw invalidExpression(reader, '")"');
  return query;
};

const attributeName = /[\w./\\-]/;

const fields = ['agentConnected', 'agentVersion', 'ec2InstanceId', 'registeredAt', 'runningTasksCount'] as const;

const parseSubject = (reader: TextReader): Subject => {
  if (takeSymbol(reader, 'attribute:')) {
    const name = takeWhile(reader, (character) => attributeName.test(character));
    if (name === '') throw invalidExpression(reader, 'the name of an attribute');
    return { kind: 'attribute', name };
  }
  if (takeWord(reader, 'task:group')) return { kind: 'taskGroup' };
  const field = fields.find((name) => takeWord(reader, name));
  if (field === undefined) throw invalidExpression(reader, '"attribute:<name>", "task:group" or a field');
  return { kind: field };
};

/** Longer symbols before those they begin with. */
const symbols: readonly (readonly [string, Operator])[] = [
  ['==', '=='],
  ['!=', '!='],
  ['=~', '=~'],
  ['!~', '!~'],
  ['>=', '>='],
  ['<=', '<='],
  ['>', '>'],
  ['<', '<'],
];

const words: readonly (readonly [string, Operator])[] = [
  ['equals', '=='],
  ['not_equals', '!='],
  ['greater_than', '>'],
  ['greater_than_equal', '>='],
  ['less_than', '<'],
  ['less_than_equal', '<='],
  ['exists', 'exists'],
  ['!exists', '!exists'],
  ['not_exists', '!exists'],
  ['in', 'in'],
  ['!in', '!in'],
  ['not_in', '!in'],
  ['matches', '=~'],
  ['not_matches', '!~'],
];

const parseOperator = (reader: TextReader): Operator => {
  const found =
    symbols.find(([symbol]) => takeSymbol(reader, symbol)) ?? words.find(([word]) => takeWord(reader, word));
  if (found === undefined) throw invalidExpression(reader, 'an operator');
  return found[1];
};

const parseComparison = (reader: TextReader): Query => {
  const subject = parseSubject(reader);
  const operatorAt = reader.at;
  const operator = parseOperator(reader);
  if (!operatorsOf[subject.kind].includes(operator)) {
    reader.at = operatorAt;
    skipSpace(reader);
    throw invalidExpression(reader, `one of ${operatorsOf[subject.kind].join(' ')}`);
  }
  return { kind: 'comparison', subject, operator, values: parseValues(reader, subject, operator) };
};

const parseValues = (reader: TextReader, subject: Subject, operator: Operator): readonly string[] => {
  if (operator === 'exists' || operator === '!exists') return [];
  if (operator === 'in' || operator === '!in') return parseList(reader);
  skipSpace(reader);
  const start = reader.at;
  const value = parseValue(reader, (character, two) => !/[\s()]/.test(character) && two !== '&&' && two !== '||');
  const expected = (operator === '=~' || operator === '!~' ? patternProblem : literalProblem[subject.kind])(value);
  if (expected !== undefined) {
    reader.at = start;
    throw invalidExpression(reader, expected);
  }
  return [value];
};

const parseList = (reader: TextReader): readonly string[] => {
  if (!takeSymbol(reader, '[')) throw invalidExpression(reader, '"["');
  const values: string[] = [];
  do {
    skipSpace(reader);
    values.push(parseValue(reader, (character) => !/[\s()[\],]/.test(character)));
  } while (takeSymbol(reader, ','));
  if (!takeSymbol(reader, ']')) throw invalidExpression(reader, '"," or "]"');
  return values;
};

/** A quoted value (a doubled quote stands for itself) or a bare one that runs as far as `accepts` says. */
const parseValue = (reader: TextReader, accepts: (character: string, two: string) => boolean): string => {
  const quote = reader.text[reader.at];
  if (quote !== "'" && quote !== '"') {
    const bare = takeWhile(reader, accepts);
    if (bare === '') throw invalidExpression(reader, 'a value');
    return bare;
  }
  const parts: string[] = [];
  do {
    reader.at += 1;
    parts.push(takeWhile(reader, (character) => character !== quote));
    if (reader.at >= reader.text.length) throw invalidExpression(reader, quote);
    reader.at += 1;
  } while (reader.text[reader.at] === quote);
  return parts.join(quote);
};

const patternProblem = (value: string): string | undefined =>
  parsePattern(value) === undefined ? 'a regular expression' : undefined;

const literalProblem: { readonly [Kind in Subject['kind']]: (value: string) => string | undefined } = {
  agentConnected: (value) => (value === 'true' || value === 'false' ? undefined : '"true" or "false"'),
  agentVersion: (value) => (parseVersion(value) === undefined ? 'a version such as 1.14.5' : undefined),
  attribute: () => undefined,
  ec2InstanceId: () => undefined,
  registeredAt: (value) => (parseDate(value) === undefined ? 'a date such as 2018-06-18T22:28:28Z' : undefined),
  runningTasksCount: (value) => (/^\d{1,9}$/.test(value) ? undefined : 'a number'),
  taskGroup: () => undefined,
};
