/**
 * What a task occupies on its instance: task-level values where there are any, the sum of its containers'
 * otherwise, and the host ports that it fixes. Page: "Amazon ECS task definition parameters" (cpu, memory,
 * memoryReservation, portMappings).
 */
import type { ecs } from '@oreno/aws-wire';
import { applyContainerOverride } from '../../agents/payload/overrides.ts';
import type { TaskResources } from '../../records.ts';
import { parseTaskCpu, parseTaskMemory } from '../task-definition/task-size.ts';

/** The container definitions of a task with its overrides applied. */
export const effectiveContainers = (
  definition: ecs.TaskDefinition,
  overrides: ecs.TaskOverride,
): readonly ecs.ContainerDefinition[] =>
  (definition.containerDefinitions ?? []).map((container) => applyContainerOverride(container, overrides));

/** How many GPUs a container asks for. */
export const gpusOf = (container: ecs.ContainerDefinition): number =>
  Number(container.resourceRequirements?.find(({ type }) => type === 'GPU')?.value ?? 0);

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** The room that a task of this definition takes, with its overrides. */
export const taskResources = (definition: ecs.TaskDefinition, overrides: ecs.TaskOverride): TaskResources => {
  const containers = effectiveContainers(definition, overrides);
  const cpu = overrides.cpu ?? definition.cpu;
  const memory = overrides.memory ?? definition.memory;
  return {
    cpu: (cpu === undefined ? undefined : parseTaskCpu(cpu)) ?? sum(containers.map((each) => each.cpu ?? 0)),
    memory:
      (memory === undefined ? undefined : parseTaskMemory(memory)) ??
      sum(containers.map((each) => each.memoryReservation ?? each.memory ?? 0)),
    ports: hostPorts(definition, 'tcp'),
    portsUdp: hostPorts(definition, 'udp'),
    gpus: sum(containers.map(gpusOf)),
  };
};

/** Fixed host ports: none where a task has a network of its own, every port where it shares the host's. */
const hostPorts = (
  { networkMode = 'bridge', containerDefinitions = [] }: ecs.TaskDefinition,
  protocol: string,
): readonly number[] => {
  if (networkMode === 'awsvpc' || networkMode === 'none') return [];
  const ports = containerDefinitions
    .flatMap((container) => container.portMappings ?? [])
    .filter((mapping) => (mapping.protocol ?? 'tcp') === protocol)
    .flatMap((mapping) => (networkMode === 'host' ? portsInHost(mapping) : [mapping.hostPort ?? 0]));
  return [...new Set(ports.filter((port) => port > 0))];
};

const portsInHost = ({ hostPort, containerPort, containerPortRange }: ecs.PortMapping): readonly number[] => {
  const [first, last] = containerPortRange?.split('-').map(Number) ?? [];
  if (first === undefined || last === undefined) return [hostPort || (containerPort ?? 0)];
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
};
