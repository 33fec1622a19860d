/**
 * What keeps a task from an instance, as a pipeline of filters that each name their refusal in ECS's words
 * ("Amazon ECS API failure reasons"). Lasting filters look at the instance alone, so that their answer is kept
 * until the instance changes; passing ones look at what is on it, and are asked each time.
 */
import type { ecs } from '@oreno/aws-wire';
import type { TaskResources } from '../../records.ts';
import type { InstanceState, Room } from './instance-state.ts';
import { compileQuery, type InstanceFacts } from './query-language/match-query.ts';
import { parseQuery } from './query-language/parse-query.ts';
import { dependsOnTasks, type Query } from './query-language/query.ts';

/** The reason for refusing, or undefined where the task can go. */
export type Refusal = string | undefined;
export type LastingFilter = (instance: InstanceState) => Refusal;
export type PassingFilter = (room: Room) => Refusal;

export interface Filters {
  readonly lasting: readonly LastingFilter[];
  readonly passing: readonly PassingFilter[];
  /** The required attributes that an instance lacks, or has with another value: what `ATTRIBUTE` is about. */
  readonly lacking: (instance: InstanceState) => readonly string[];
  /** Equal for requests whose lasting filters are equal. */
  readonly lastingKey: string;
}

/** What the filters need to know of a batch. */
export interface FilterRequest {
  readonly resources: TaskResources;
  readonly group: string;
  readonly requiresAttributes: readonly ecs.Attribute[];
  readonly constraints: readonly ecs.PlacementConstraint[];
  /** Only instances of this one are asked; every one where it is absent. */
  readonly capacityProvider?: string | undefined;
}

const memberOfUnsatisfied = 'MemberOf placement constraint unsatisfied.';
const distinctInstanceUnsatisfied = 'DistinctInstance placement constraint unsatisfied.';

/** Not a refusal that anybody is told of: such an instance was never asked. */
export const otherCapacityProvider = 'CAPACITY_PROVIDER';

const providerIs =
  (name: string): LastingFilter =>
  (instance) =>
    instance.capacityProviderName === name ? undefined : otherCapacityProvider;

const agent: LastingFilter = (instance) => (instance.agentConnected ? undefined : 'AGENT');

const has = (instance: InstanceState, { name, value }: ecs.Attribute): boolean => {
  const found = instance.attributes.get(name);
  return found !== undefined && (value === undefined || value === '' || found === value);
};

const attributes =
  (required: readonly ecs.Attribute[]): LastingFilter =>
  (instance) =>
    required.every((attribute) => has(instance, attribute)) ? undefined : 'ATTRIBUTE';

const memberOf = (query: Query): LastingFilter => {
  const holds = compileQuery(query);
  return (instance) => (holds(instance) ? undefined : memberOfUnsatisfied);
};

const memberOfWithTasks = (query: Query, group: string): PassingFilter => {
  const holds = compileQuery(query);
  return (room) =>
    holds(room.placed === 0 ? room.instance : withGroup(room.instance, group)) ? undefined : memberOfUnsatisfied;
};

const withGroup = (instance: InstanceState, group: string): InstanceFacts => ({
  ...instance,
  taskGroups: new Set([...instance.taskGroups.keys(), group]),
});

const distinctInstance =
  (group: string): PassingFilter =>
  (room) =>
    room.placed === 0 && !room.instance.taskGroups.has(group) ? undefined : distinctInstanceUnsatisfied;

/** CPU, memory and GPUs in one: it is asked of every instance for every batch. */
const resources =
  ({ cpu, memory, gpus }: TaskResources): PassingFilter =>
  (room) => {
    if (room.cpu < cpu) return 'RESOURCE:CPU';
    if (room.memory < memory) return 'RESOURCE:MEMORY';
    return room.gpus < gpus ? 'RESOURCE:GPU' : undefined;
  };

const ports =
  ({ ports: tcp, portsUdp: udp }: TaskResources): PassingFilter =>
  ({ instance, placed }) =>
    placed === 0 && tcp.every((port) => !instance.ports.has(port)) && udp.every((port) => !instance.portsUdp.has(port))
      ? undefined
      : 'RESOURCE:PORTS';

/**
 * The filters of a batch.
 * @throws AwsError InvalidParameterException for an expression that does not parse.
 */
export const createFilters = (request: FilterRequest): Filters => {
  const queries = request.constraints.flatMap(({ type, expression }) =>
    type === 'memberOf' ? [parseQuery(expression ?? '')] : [],
  );
  const lastingQueries = queries.filter((query) => !dependsOnTasks(query));
  const hasPorts = request.resources.ports.length + request.resources.portsUdp.length > 0;
  return {
    lasting: [
      ...(request.capacityProvider === undefined ? [] : [providerIs(request.capacityProvider)]),
      agent,
      ...(request.requiresAttributes.length > 0 ? [attributes(request.requiresAttributes)] : []),
      ...lastingQueries.map(memberOf),
    ],
    passing: [
      ...queries.filter(dependsOnTasks).map((query) => memberOfWithTasks(query, request.group)),
      ...(request.constraints.some(({ type }) => type === 'distinctInstance') ? [distinctInstance(request.group)] : []),
      resources(request.resources),
      ...(hasPorts ? [ports(request.resources)] : []),
    ],
    lacking: (instance) =>
      request.requiresAttributes.filter((attribute) => !has(instance, attribute)).map(({ name }) => name),
    lastingKey: JSON.stringify([
      request.capacityProvider,
      request.requiresAttributes.map(({ name, value }) => [name, value]),
      lastingQueries,
    ]),
  };
};

/** The first refusal of an instance, in the order of the pipeline. */
export const refusalOf = (filters: Filters, room: Room): Refusal => {
  for (const filter of filters.lasting) {
    const refusal = filter(room.instance);
    if (refusal !== undefined) return refusal;
  }
  return passingRefusal(filters, room);
};

/** The first refusal by what is on the instance, for one that the lasting filters let through. */
export const passingRefusal = (filters: Filters, room: Room): Refusal => {
  for (const filter of filters.passing) {
    const refusal = filter(room);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
};
