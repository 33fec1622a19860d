/**
 * Rebuilds a task from what its containers carry: after the state was lost, or when the agent was killed before it
 * had written the payload down. The same payload, sent again, completes what the labels do not say. Pure.
 */
import type { ContainerInspect } from '@oreno/engine';
import { containerNameLabel, familyLabel, isAgentsOwn, memoryLabel, versionLabel } from './labels.ts';
import type { ContainerMemory } from './labels.ts';
import { observeContainer } from './observe-container.ts';
import type { ContainerState, TaskState } from './task-state.ts';

/** The task of these containers, all of them of the task `arn`; undefined when their labels cannot be read. */
export function adoptTask(arn: string, inspects: readonly ContainerInspect[], now: number): TaskState | undefined {
  const remembered = inspects.flatMap((inspect) => {
    const memory = readMemory(inspect);
    return memory ? [{ inspect, memory }] : [];
  });
  const [first] = remembered;
  if (!first) return undefined;
  const labels = first.inspect.Config.Labels ?? {};
  const family = labels[familyLabel] ?? '';
  const version = labels[versionLabel] ?? '';
  const { volumeNames, receivedAt, ...rest } = first.memory.task;
  const containers = remembered
    .map(({ inspect, memory }) => adoptContainer(inspect, memory))
    .toSorted((left, right) => Number(left.type === 'NORMAL') - Number(right.type === 'NORMAL'));
  const task: TaskState = {
    arn,
    payload: {
      ...rest,
      arn,
      family,
      version,
      desiredStatus: 'RUNNING',
      containers: containers.filter(({ type }) => type === 'NORMAL').map(({ definition }) => definition),
    },
    family,
    version,
    networkMode: rest.networkMode,
    desiredStatus: 'RUNNING',
    knownStatus: 'NONE',
    containers,
    volumeNames,
    adopted: true,
    receivedAt,
  };
  return remembered.reduce((current, { inspect }) => {
    const name = inspect.Config.Labels?.[containerNameLabel];
    const container = current.containers.find((one) => one.name === name);
    return container ? observeContainer(current, container, inspect, now) : current;
  }, task);
}

function readMemory(inspect: ContainerInspect): ContainerMemory | undefined {
  try {
    return JSON.parse(inspect.Config.Labels?.[memoryLabel] ?? '') as ContainerMemory;
  } catch {
    return undefined;
  }
}

function adoptContainer(inspect: ContainerInspect, memory: ContainerMemory): ContainerState {
  const all = inspect.Config.Labels ?? {};
  const name = all[containerNameLabel] ?? '';
  const image = inspect.Config.Image ?? '';
  return {
    name,
    type: memory.type,
    definition: { ...memory.definition, name, image },
    metadataId: memory.metadataId,
    dockerName: inspect.Name.replace(/^\//, ''),
    dockerId: inspect.Id,
    image,
    imageId: inspect.Image,
    knownStatus: 'CREATED',
    desiredStatus: 'RUNNING',
    networkBindings: [],
    networks: [],
    labels: Object.fromEntries(Object.entries(all).filter(([label]) => !isAgentsOwn(label))),
    volumes: [],
    restartCount: 0,
  };
}

/**
 * An adopted task made whole by its payload: containers that never came to be are added, those that are there keep
 * their docker side and get their whole definition.
 */
export function completeAdopted(adopted: TaskState, accepted: TaskState): TaskState {
  const containers = accepted.containers.map((fresh) => {
    const there = adopted.containers.find(({ name }) => name === fresh.name);
    return there ? { ...there, definition: fresh.definition, labels: fresh.labels } : fresh;
  });
  return {
    ...accepted,
    containers,
    volumeNames: adopted.volumeNames,
    desiredStatus: adopted.desiredStatus === 'STOPPED' ? 'STOPPED' : accepted.desiredStatus,
    knownStatus: adopted.knownStatus === 'STOPPED' ? 'STOPPED' : 'NONE',
    receivedAt: adopted.receivedAt,
    adopted: false,
  };
}
