/**
 * Asks a query of one container instance. A negated operator is the negation of its positive form, so an
 * instance without the attribute satisfies `!=`, `not_in` and `!~`, and fails every other comparison.
 */
import { parsePattern, type Pattern } from './pattern.ts';
import type { Comparison, Operator, Query, Subject } from './query.ts';
import { compareValues, compareVersions, parseDate, parseVersion } from './value.ts';

/** What an instance is asked. Values that are not known are absent. */
export interface InstanceFacts {
  readonly agentConnected: boolean;
  readonly agentVersion?: string | undefined;
  readonly ec2InstanceId?: string | undefined;
  /** Milliseconds since the epoch. */
  readonly registeredAt: number;
  readonly runningTasksCount: number;
  /** Attribute values by name, the empty string for an attribute without value. */
  readonly attributes: ReadonlyMap<string, string>;
  /** The groups of the tasks that are on the instance and not to be stopped; a Set or the keys of a Map. */
  readonly taskGroups: { has(group: string): boolean; keys(): Iterable<string> };
}

/** A query ready to be asked of many instances. */
export type Predicate = (facts: InstanceFacts) => boolean;

/** Whether the instance satisfies the query. */
export const matches = (query: Query, facts: InstanceFacts): boolean => compileQuery(query)(facts);

/** Prepares a query: patterns are compiled and literals read once. */
export const compileQuery = (query: Query): Predicate => {
  if (query.kind === 'comparison') return compileComparison(query);
  if (query.kind === 'not') {
    const operand = compileQuery(query.operand);
    return (facts) => !operand(facts);
  }
  const operands = query.operands.map(compileQuery);
  return query.kind === 'and'
    ? (facts) => operands.every((operand) => operand(facts))
    : (facts) => operands.some((operand) => operand(facts));
};

const positiveOf: { readonly [Name in Operator]?: Operator } = {
  '!=': '==',
  '!in': 'in',
  '!~': '=~',
  '!exists': 'exists',
};

const compileComparison = (comparison: Comparison): Predicate => {
  const positive = positiveOf[comparison.operator];
  if (positive === undefined) return compilePositive[comparison.subject.kind](comparison);
  const predicate = compilePositive[comparison.subject.kind]({ ...comparison, operator: positive });
  return (facts) => !predicate(facts);
};

const noPattern: Pattern = { test: () => false };

/** Equality, membership and patterns on text, which every textual subject shares. */
const compileText = ({ operator, values }: Comparison): ((text: string) => boolean) => {
  const first = values[0] ?? '';
  if (operator === '=~') {
    const pattern = parsePattern(first) ?? noPattern;
    return (text) => pattern.test(text);
  }
  if (operator === 'in') {
    const set = new Set(values);
    return (text) => set.has(text);
  }
  if (operator === 'exists') return () => true;
  if (operator === '==') return (text) => text === first;
  const holds = compileOrder(operator);
  return (text) => holds(compareValues(text, first));
};

const orders: { readonly [Name in Operator]?: (difference: number) => boolean } = {
  '==': (difference) => difference === 0,
  '>': (difference) => difference > 0,
  '>=': (difference) => difference >= 0,
  '<': (difference) => difference < 0,
  '<=': (difference) => difference <= 0,
};

const compileOrder = (operator: Operator): ((difference: number) => boolean) => orders[operator] ?? (() => false);

const compilePositive: { readonly [Kind in Subject['kind']]: (comparison: Comparison) => Predicate } = {
  agentConnected: (comparison) => {
    const text = compileText(comparison);
    return (facts) => text(String(facts.agentConnected));
  },
  agentVersion: ({ operator, values }) => {
    const holds = compileOrder(operator);
    const wanted = parseVersion(values[0] ?? '') ?? [];
    return (facts) => {
      const version = facts.agentVersion === undefined ? undefined : parseVersion(facts.agentVersion);
      return version !== undefined && holds(compareVersions(version, wanted));
    };
  },
  attribute: (comparison) => {
    const text = compileText(comparison);
    const name = comparison.subject.kind === 'attribute' ? comparison.subject.name : '';
    return (facts) => {
      const value = facts.attributes.get(name);
      return value !== undefined && text(value);
    };
  },
  ec2InstanceId: (comparison) => {
    const text = compileText(comparison);
    return (facts) => facts.ec2InstanceId !== undefined && text(facts.ec2InstanceId);
  },
  registeredAt: ({ operator, values }) => {
    const holds = compileOrder(operator);
    const wanted = parseDate(values[0] ?? '') ?? 0;
    return (facts) => holds(facts.registeredAt - wanted);
  },
  runningTasksCount: ({ operator, values }) => {
    const holds = compileOrder(operator);
    const wanted = Number(values[0]);
    return (facts) => holds(facts.runningTasksCount - wanted);
  },
  taskGroup: (comparison) => {
    const { operator, values } = comparison;
    if (operator === '==' || operator === 'in') return (facts) => values.some((group) => facts.taskGroups.has(group));
    const text = compileText(comparison);
    return (facts) => Array.from(facts.taskGroups.keys()).some(text);
  },
};
