/**
 * The cluster query language as data: what an expression means, apart from how it is written
 * (parse-query.ts, print-query.ts) and from what it is asked of (match-query.ts).
 * AWS documentation: "Create expressions to define container instances for Amazon ECS tasks".
 */

/** What a comparison looks at. */
export type Subject =
  | { readonly kind: 'agentConnected' }
  | { readonly kind: 'agentVersion' }
  | { readonly kind: 'attribute'; readonly name: string }
  | { readonly kind: 'ec2InstanceId' }
  | { readonly kind: 'registeredAt' }
  | { readonly kind: 'runningTasksCount' }
  | { readonly kind: 'taskGroup' };

/** The operators under their short spelling; `parse-query.ts` knows their words. */
export type Operator = '==' | '!=' | '>' | '>=' | '<' | '<=' | 'exists' | '!exists' | 'in' | '!in' | '=~' | '!~';

export interface Comparison {
  readonly kind: 'comparison';
  readonly subject: Subject;
  readonly operator: Operator;
  /** None for exists, any number for in, one otherwise. */
  readonly values: readonly string[];
}

/** An expression. `and` and `or` have at least two operands and never one of their own kind. */
export type Query =
  | Comparison
  | { readonly kind: 'not'; readonly operand: Query }
  | { readonly kind: 'and'; readonly operands: readonly Query[] }
  | { readonly kind: 'or'; readonly operands: readonly Query[] };

const equality: readonly Operator[] = ['==', '!='];
const order: readonly Operator[] = ['>', '>=', '<', '<='];
const membership: readonly Operator[] = ['in', '!in', '=~', '!~'];
const presence: readonly Operator[] = ['exists', '!exists'];

/** The operators that the documentation lists as valid for each subject. */
export const operatorsOf: { readonly [Kind in Subject['kind']]: readonly Operator[] } = {
  agentConnected: [...equality, ...membership],
  agentVersion: [...equality, ...order],
  attribute: [...equality, ...order, ...presence, ...membership],
  ec2InstanceId: [...equality, ...membership],
  registeredAt: [...equality, ...order],
  runningTasksCount: [...equality, ...order],
  taskGroup: [...equality, ...presence, ...membership],
};

/** Whether the answer can change by placing or stopping a task, and not by the instance's own change alone. */
export const dependsOnTasks = (query: Query): boolean => {
  if (query.kind === 'comparison') {
    return query.subject.kind === 'taskGroup' || query.subject.kind === 'runningTasksCount';
  }
  return query.kind === 'not' ? dependsOnTasks(query.operand) : query.operands.some(dependsOnTasks);
};
