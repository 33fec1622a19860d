/**
 * Placement strategies as an order of instances. A chain begins with attributes over which tasks are spread,
 * each dividing the instances further; behind them instances are compared one by one.
 * AWS documentation: "Use strategies to define Amazon ECS task placement".
 */
import { AwsError, type ecs } from '@oreno/aws-wire';
import type { InstanceState, Room } from './instance-state.ts';

/** Below zero when the first is to be taken before the second. */
export type Compare = (left: Room, right: Room) => number;

export interface Strategy {
  /** Attribute names that come first in the chain. */
  readonly spreadOver: readonly string[];
  /** Further rules in their order. None: any instance is as good as another, and chance decides. */
  readonly order: readonly Rule[];
}

export type Rule =
  | { readonly kind: 'binpack'; readonly field: 'cpu' | 'memory' }
  | { readonly kind: 'spreadInstances' }
  | { readonly kind: 'spreadAttribute'; readonly attribute: string };

const invalid = (message: string): AwsError => new AwsError('InvalidParameterException', message);

const ruleOf = ({ type, field = '' }: ecs.PlacementStrategy): Rule | 'random' => {
  if (type === 'random') return 'random';
  if (type === 'binpack') {
    const resource = field.toLowerCase();
    if (resource === 'cpu' || resource === 'memory') return { kind: 'binpack', field: resource };
    throw invalid(`Placement strategy binpack has an invalid field ${field}: it must be cpu or memory.`);
  }
  if (type !== 'spread') throw invalid('Placement strategy type should not be null.');
  if (field === 'instanceId' || field === 'host') return { kind: 'spreadInstances' };
  const attribute = /^attribute:([\w./\\-]{1,128})$/.exec(field)?.[1];
  if (attribute !== undefined) return { kind: 'spreadAttribute', attribute };
  throw invalid(`Placement strategy spread has an invalid field ${field}.`);
};

/**
 * Reads a request's chain.
 * @throws AwsError InvalidParameterException for a type or field that ECS does not know.
 */
export const parseStrategy = (chain: readonly ecs.PlacementStrategy[]): Strategy => {
  const read = chain.map(ruleOf);
  const random = read.indexOf('random');
  // Where chance decides, nothing is left for what follows.
  const rules = (random < 0 ? read : read.slice(0, random)).filter((rule) => rule !== 'random');
  const first = rules.findIndex((rule) => rule.kind !== 'spreadAttribute');
  const prefix = first < 0 ? rules : rules.slice(0, first);
  return {
    spreadOver: prefix.flatMap((rule) => (rule.kind === 'spreadAttribute' ? [rule.attribute] : [])),
    order: rules.slice(prefix.length),
  };
};

/** Whether placing a task on one instance changes how others compare: then nothing can be sorted ahead. */
export const isShared = (order: readonly Rule[]): boolean => order.some((rule) => rule.kind === 'spreadAttribute');

/** Counts of a group's tasks, those that the batch has placed so far included. */
export interface GroupCounts {
  readonly group: string;
  /** For an attribute: tasks by its value. */
  readonly byValue: (attribute: string) => ReadonlyMap<string, number>;
}

export const valueOf = (instance: InstanceState, attribute: string): string => instance.attributes.get(attribute) ?? '';

const ruleOrders: {
  readonly [Kind in Rule['kind']]: (rule: Extract<Rule, { readonly kind: Kind }>, counts: GroupCounts) => Compare;
} = {
  binpack: ({ field }) =>
    field === 'cpu' ? (left, right) => left.cpu - right.cpu : (left, right) => left.memory - right.memory,
  spreadInstances: (_rule, { group }) => {
    const tasksOn = ({ instance, placed }: Room): number => (instance.taskGroups.get(group) ?? 0) + placed;
    return (left, right) => tasksOn(left) - tasksOn(right);
  },
  spreadAttribute: ({ attribute }, { byValue }) => {
    const counts = byValue(attribute);
    const tasksAt = ({ instance }: Room): number => counts.get(valueOf(instance, attribute)) ?? 0;
    return (left, right) => tasksAt(left) - tasksAt(right);
  },
};

const compareBy = <Kind extends Rule['kind']>(
  rule: Extract<Rule, { readonly kind: Kind }>,
  counts: GroupCounts,
): Compare => {
  const make: (rule: Extract<Rule, { readonly kind: Kind }>, counts: GroupCounts) => Compare = ruleOrders[rule.kind];
  return make(rule, counts);
};

/** One comparison for a chain of rules: a later rule decides between those that an earlier one finds equal. */
export const compareByChain = (order: readonly Rule[], counts: GroupCounts): Compare => {
  const [first, ...rest] = order.map((rule) => compareBy(rule, counts));
  if (first === undefined) return () => 0;
  if (rest.length === 0) return first;
  return (left, right) => {
    let difference = first(left, right);
    for (let index = 0; difference === 0 && index < rest.length; index += 1)
      difference = rest[index]?.(left, right) ?? 0;
    return difference;
  };
};
