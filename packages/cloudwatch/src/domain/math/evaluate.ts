/** Evaluates metric math over the metrics of a request. Pure. */
import { validationError } from '../errors.ts';
import type { Expression } from './parse-expression.ts';
import { functions, operate, operators, WrongArguments } from './functions.ts';
import type { MathScope } from './functions.ts';
import { isList, isSeries } from './series.ts';
import type { Series, Value } from './series.ts';

/** Keywords among the arguments of FILL and SORT. */
const keywords: ReadonlySet<string> = new Set(['REPEAT', 'LINEAR', 'AVG', 'MIN', 'MAX', 'SUM', 'ASC', 'DESC']);

export interface Evaluation extends MathScope {
  readonly expressions: ReadonlyMap<string, Expression>;
  /** What SEARCH calls found, by {@link searchKey}. */
  readonly searches: ReadonlyMap<string, readonly Series[]>;
}

/** Names a SEARCH call by its arguments. */
export const searchKey = (args: readonly Expression[]): string => JSON.stringify(args);

/** The value of a metric or expression by its id; throws ValidationError for what cannot be computed. */
export const evaluate = (id: string, evaluation: Evaluation, under: readonly string[] = []): Value => {
  const metric = evaluation.metrics.get(id);
  if (metric !== undefined) return metric;
  const expression = evaluation.expressions.get(id);
  if (expression === undefined) throw validationError(`Error in expression: the id ${id} is not defined.`);
  if (under.includes(id)) throw validationError(`Error in expression '${id}': it depends on itself.`);
  try {
    return valueOf(expression, evaluation, [...under, id]);
  } catch (error) {
    if (!(error instanceof WrongArguments)) throw error;
    throw validationError(`Error in expression '${id}': ${error.message} was expected.`);
  }
};

const valueOf = (expression: Expression, evaluation: Evaluation, under: readonly string[]): Value => {
  const inner = (part: Expression): Value => valueOf(part, evaluation, under);
  if (expression.kind === 'number' || expression.kind === 'text') return expression.value;
  if (expression.kind === 'id') {
    return keywords.has(expression.id) ? expression.id : evaluate(expression.id, evaluation, under);
  }
  if (expression.kind === 'list') return expression.items.flatMap((item) => membersOf(inner(item)));
  if (expression.kind === 'negate') return operate((left, right) => left - right, 0, inner(expression.of));
  if (expression.kind === 'call') return call(expression, evaluation, inner);
  const by = operators[expression.operator];
  if (by === undefined) throw new WrongArguments('an operator');
  return operate(by, inner(expression.left), inner(expression.right));
};

const membersOf = (value: Value): readonly Series[] => {
  if (isSeries(value)) return [value];
  if (isList(value)) return value;
  throw new WrongArguments('a time series');
};

const call = (
  { name, args }: Extract<Expression, { kind: 'call' }>,
  evaluation: Evaluation,
  inner: (part: Expression) => Value,
): Value => {
  if (name === 'SEARCH') return evaluation.searches.get(searchKey(args)) ?? [];
  const math = Object.hasOwn(functions, name) ? functions[name] : undefined;
  if (math === undefined) throw validationError(`Error in expression: the function ${name} is not supported.`);
  return math(args.map(inner), evaluation);
};
