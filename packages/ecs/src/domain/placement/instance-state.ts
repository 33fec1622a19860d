/**
 * A container instance as placement sees it: what it is, what is left of it, and what occupies it. The state is
 * changed in place by `view.ts` alone; everybody else reads it within one synchronous step.
 */
import type { ContainerInstanceRecord, InstanceResources, TaskResources } from '../../records.ts';
import type { InstanceFacts } from './query-language/match-query.ts';

/** What one task takes from its instance, from its reservation until it is STOPPED. */
export interface Occupant {
  readonly taskId: string;
  readonly instance: InstanceState;
  readonly resources: TaskResources;
  readonly gpuIds: readonly string[];
  readonly group: string;
  readonly isRunning: boolean;
  /** Desired RUNNING: counted where tasks are spread, and by `task:group` and `distinctInstance`. */
  readonly isWanted: boolean;
  /** Version of the row this was read from; 0 for a reservation that is not written yet. */
  readonly version: number;
}

/** Room for tasks: an instance as it is, or (in `decide-placements.ts`) with what a batch has put on it so far. */
export interface Room {
  readonly instance: InstanceState;
  /** What is left: CPU units, MiB, GPUs. */
  readonly cpu: number;
  readonly memory: number;
  readonly gpus: number;
  /** Tasks of the batch at hand that were put here. */
  readonly placed: number;
}

export interface InstanceState extends Room, InstanceFacts {
  readonly containerInstanceId: string;
  containerInstanceArn: string;
  status: ContainerInstanceRecord['status'];
  agentConnected: boolean;
  agentVersion: string | undefined;
  ec2InstanceId: string | undefined;
  capacityProviderName: string | undefined;
  registeredAt: number;
  attributes: ReadonlyMap<string, string>;
  registered: InstanceResources;
  cpu: number;
  memory: number;
  gpus: number;
  /** Host ports in use, with how often: a port can be handed on before its last user is seen to be gone. */
  readonly ports: Map<number, number>;
  readonly portsUdp: Map<number, number>;
  /** The ids of GPUs that no task has. */
  readonly freeGpus: Set<string>;
  runningTasksCount: number;
  readonly occupants: Map<string, Occupant>;
  /** Wanted tasks by group. */
  readonly taskGroups: Map<string, number>;
}

const attributesOf = (record: ContainerInstanceRecord): ReadonlyMap<string, string> =>
  new Map(record.attributes.map((attribute) => [attribute.name, attribute.value ?? '']));

export const createInstanceState = (record: ContainerInstanceRecord): InstanceState => {
  const state = {
    containerInstanceId: record.containerInstanceId,
    containerInstanceArn: record.containerInstanceArn,
    status: record.status,
    agentConnected: record.agentConnected,
    agentVersion: record.versionInfo?.agentVersion,
    ec2InstanceId: record.ec2InstanceId,
    capacityProviderName: record.capacityProviderName,
    registeredAt: record.registeredAt,
    attributes: attributesOf(record),
    registered: record.registered,
    cpu: record.registered.cpu,
    memory: record.registered.memory,
    gpus: record.registered.gpus.length,
    placed: 0,
    ports: new Map(record.registered.ports.map((port) => [port, 1])),
    portsUdp: new Map(record.registered.portsUdp.map((port) => [port, 1])),
    freeGpus: new Set(record.registered.gpus),
    runningTasksCount: 0,
    occupants: new Map<string, Occupant>(),
    taskGroups: new Map<string, number>(),
  };
  return Object.assign(state, { instance: state as unknown as InstanceState });
};

/** Takes over what a row says of the instance; what occupies it stays. */
export const refreshInstanceState = (state: InstanceState, record: ContainerInstanceRecord): void => {
  const before = state.registered;
  const after = record.registered;
  state.containerInstanceArn = record.containerInstanceArn;
  state.status = record.status;
  state.agentConnected = record.agentConnected;
  state.agentVersion = record.versionInfo?.agentVersion;
  state.ec2InstanceId = record.ec2InstanceId;
  state.capacityProviderName = record.capacityProviderName;
  state.registeredAt = record.registeredAt;
  state.attributes = attributesOf(record);
  state.registered = after;
  state.cpu += after.cpu - before.cpu;
  state.memory += after.memory - before.memory;
  state.gpus += after.gpus.length - before.gpus.length;
  const used = new Set([...state.occupants.values()].flatMap((occupant) => occupant.gpuIds));
  state.freeGpus.clear();
  for (const id of after.gpus) if (!used.has(id)) state.freeGpus.add(id);
  count(state.ports, before.ports, -1);
  count(state.ports, after.ports, 1);
  count(state.portsUdp, before.portsUdp, -1);
  count(state.portsUdp, after.portsUdp, 1);
};

/** Adds to counters; one that reaches zero goes away. */
const count = <K>(counters: Map<K, number>, keys: readonly K[], by: number): void => {
  for (const key of keys) {
    const next = (counters.get(key) ?? 0) + by;
    if (next > 0) counters.set(key, next);
    else counters.delete(key);
  }
};

/** Adds (1) or takes away (-1) what a task occupies. */
export const occupy = (occupant: Occupant, by: 1 | -1): void => {
  const { instance, resources } = occupant;
  instance.cpu -= resources.cpu * by;
  instance.memory -= resources.memory * by;
  instance.gpus -= resources.gpus * by;
  count(instance.ports, resources.ports, by);
  count(instance.portsUdp, resources.portsUdp, by);
  if (occupant.isRunning) instance.runningTasksCount += by;
  if (occupant.isWanted) count(instance.taskGroups, [occupant.group], by);
  for (const id of occupant.gpuIds) {
    if (by === 1) instance.freeGpus.delete(id);
    else if (instance.registered.gpus.includes(id)) instance.freeGpus.add(id);
  }
  if (by === 1) instance.occupants.set(occupant.taskId, occupant);
  else instance.occupants.delete(occupant.taskId);
};
