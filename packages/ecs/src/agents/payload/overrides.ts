/**
 * Resolves what RunTask's overrides change: the agent is sent final values only, because it takes nothing but a
 * command in its own `overrides` member. Pure.
 */
import type { ecs } from '@oreno/aws-wire';

/** An override's variable wins over the definition's of the same name; both keep their order. */
const mergeEnvironment = (
  defined: readonly ecs.KeyValuePair[] | undefined,
  overriding: readonly ecs.KeyValuePair[] | undefined,
): readonly ecs.KeyValuePair[] => [...(defined ?? []), ...(overriding ?? [])];

const mergeRequirements = (
  defined: readonly ecs.ResourceRequirement[] | undefined,
  overriding: readonly ecs.ResourceRequirement[] | undefined,
): readonly ecs.ResourceRequirement[] => {
  const types = new Set(overriding?.map((requirement) => requirement.type));
  return [...(defined ?? []).filter((requirement) => !types.has(requirement.type)), ...(overriding ?? [])];
};

/** A container definition with the override of its name applied (API reference, ContainerOverride). */
export const applyContainerOverride = (
  definition: ecs.ContainerDefinition,
  overrides: ecs.TaskOverride,
): ecs.ContainerDefinition => {
  const override = overrides.containerOverrides?.find((candidate) => candidate.name === definition.name);
  if (override === undefined) return definition;
  return {
    ...definition,
    command: override.command ?? definition.command,
    environment: mergeEnvironment(definition.environment, override.environment),
    environmentFiles: override.environmentFiles?.length ? override.environmentFiles : definition.environmentFiles,
    cpu: override.cpu ?? definition.cpu,
    memory: override.memory ?? definition.memory,
    memoryReservation: override.memoryReservation ?? definition.memoryReservation,
    resourceRequirements: mergeRequirements(definition.resourceRequirements, override.resourceRequirements),
  };
};

/** Task-level values with the overrides applied; absent where neither says one. */
export const effectiveTask = (
  definition: ecs.TaskDefinition,
  overrides: ecs.TaskOverride,
): {
  readonly containers: readonly ecs.ContainerDefinition[];
  readonly taskRoleArn: string | undefined;
  readonly executionRoleArn: string | undefined;
} => ({
  containers: (definition.containerDefinitions ?? []).map((container) => applyContainerOverride(container, overrides)),
  taskRoleArn: overrides.taskRoleArn || definition.taskRoleArn || undefined,
  executionRoleArn: overrides.executionRoleArn || definition.executionRoleArn || undefined,
});

/** Task `cpu` as virtual CPUs: "256" is 0.25, and so is ".25 vCPU". Undefined when absent or not a number. */
export const parseVirtualCpus = (cpu: string | undefined): number | undefined => {
  if (cpu === undefined) return undefined;
  const [, amount, unit] = /^\s*([0-9]*\.?[0-9]+)\s*(vcpu)?\s*$/i.exec(cpu) ?? [];
  if (amount === undefined) return undefined;
  return unit === undefined ? Number(amount) / 1024 : Number(amount);
};

/** Task `memory` in MiB: "512", "1GB" and "1 GB" are taken. Undefined when absent or not a number. */
export const parseMebibytes = (memory: string | undefined): number | undefined => {
  if (memory === undefined) return undefined;
  const [, amount, unit] = /^\s*([0-9]*\.?[0-9]+)\s*(gb)?\s*$/i.exec(memory) ?? [];
  if (amount === undefined) return undefined;
  return Math.round(unit === undefined ? Number(amount) : Number(amount) * 1024);
};
