/**
 * What RunTask and StartTask have in common: reading and checking how tasks shall be launched, before anything
 * is placed. Pages: RunTask, StartTask, TaskOverride, NetworkConfiguration in the API reference.
 */
import { AwsError, validateTags, type ecs } from '@oreno/aws-wire';
import type { TaskDefinitionRecord } from '../../records.ts';
import { clientException, invalidParameter } from '../errors.ts';
import { isFargateSize, parseTaskCpu, parseTaskMemory } from '../task-definition/task-size.ts';
import { unsupportedFeatures } from '../task-definition/unsupported.ts';

/** The members that both requests have. */
export type LaunchRequest = Pick<
  ecs.RunTaskRequest,
  | 'enableECSManagedTags'
  | 'enableExecuteCommand'
  | 'group'
  | 'networkConfiguration'
  | 'overrides'
  | 'propagateTags'
  | 'startedBy'
  | 'tags'
  | 'volumeConfigurations'
>;

/** ECS documents which characters may stand in startedBy, but takes any: deploy tools send texts with spaces. */
const longestStartedBy = 128;

const unsupported = (message: string): AwsError => new AwsError('UnsupportedFeatureException', message);

/** Checks what can be checked without the task definition; throws InvalidParameterException or UnsupportedFeatureException. */
export const validateLaunch = (request: LaunchRequest): void => {
  validateTags(request.tags);
  if ((request.startedBy ?? '').length > longestStartedBy) {
    throw invalidParameter(`startedBy longer than ${longestStartedBy}.`);
  }
  if (request.group !== undefined && (request.group === '' || request.group.length > 255)) {
    throw invalidParameter('Group name must have a length between 1 and 255.');
  }
  // Tasks of services alone are in such groups.
  if (request.group?.startsWith('service:') === true) throw invalidParameter('Invalid namespace for group.');
  if (request.propagateTags === 'SERVICE') {
    throw invalidParameter('The SERVICE option of propagateTags is not supported when running a task.');
  }
  if (request.enableExecuteCommand === true) throw unsupported('The execute command feature is not available here.');
  if ((request.volumeConfigurations ?? []).length > 0) {
    throw unsupported('Volumes that are configured at launch (Amazon EBS) are not available here.');
  }
};

/** Checks the request against the task definition that it names, with the same exceptions. */
export const validateLaunchOf = (request: LaunchRequest, { definition }: TaskDefinitionRecord): void => {
  const [reason] = unsupportedFeatures(definition);
  if (reason !== undefined) throw unsupported(reason);
  validateOverrides(request.overrides ?? {}, definition);
  validateNetwork(request.networkConfiguration?.awsvpcConfiguration, definition);
};

const maximumOverrides = 8192;

const validateOverrides = (overrides: ecs.TaskOverride, definition: ecs.TaskDefinition): void => {
  if (JSON.stringify(overrides).length > maximumOverrides) {
    throw invalidParameter(`Container Overrides length must be at most ${maximumOverrides}`);
  }
  const names = new Set(definition.containerDefinitions?.map(({ name }) => name));
  for (const { name, cpu = 0, memory = 1, memoryReservation = 1 } of overrides.containerOverrides ?? []) {
    if (name === undefined || name === '')
      throw invalidParameter('Container name in an override should not be null or empty.');
    if (!names.has(name))
      throw invalidParameter(`Override for container named ${name} is not a container in the TaskDefinition.`);
    if (cpu < 0) throw invalidParameter('Invalid cpu value in a container override: it must not be negative.');
    if (memory < 1 || memoryReservation < 1) throw invalidParameter('Invalid memory value in a container override.');
  }
  if (overrides.cpu !== undefined && !parseTaskCpu(overrides.cpu))
    throw invalidParameter("Invalid 'cpu' setting for task.");
  if (overrides.memory !== undefined && !parseTaskMemory(overrides.memory)) {
    throw invalidParameter("Invalid 'memory' setting for task.");
  }
};

/** Refuses overrides that leave a Fargate task with a size that Fargate does not have (ClientException). */
export const validateFargateSize = (
  launchType: ecs.LaunchType,
  { cpu: cpuOverride, memory: memoryOverride }: ecs.TaskOverride = {},
  definition: ecs.TaskDefinition,
): void => {
  if (launchType !== 'FARGATE') return;
  const cpu = parseTaskCpu(cpuOverride ?? definition.cpu ?? '') ?? 0;
  const memory = parseTaskMemory(memoryOverride ?? definition.memory ?? '') ?? 0;
  if (isFargateSize(cpu, memory)) return;
  throw clientException(
    `No Fargate configuration exists for given values: ${cpu} CPU, ${memory} memory. ` +
      'See the Amazon ECS documentation for the valid values.',
  );
};

const validateNetwork = (network: ecs.AwsVpcConfiguration | undefined, { networkMode }: ecs.TaskDefinition): void => {
  if (networkMode !== 'awsvpc') {
    if (network === undefined) return;
    throw invalidParameter('Network Configuration is not valid for the given networkMode of this task definition.');
  }
  if (network === undefined) {
    throw invalidParameter("Network Configuration must be provided when networkMode 'awsvpc' is specified.");
  }
  if (network.subnets.length === 0) throw invalidParameter('subnets can not be empty.');
  if (network.subnets.length > 16) throw invalidParameter('subnets can have at most 16 items.');
  if ((network.securityGroups ?? []).length > 5) throw invalidParameter('securityGroups can have at most 5 items.');
};

/** The tags of new tasks: those given, then the task definition's where they are propagated, then ECS's own. */
export const launchTags = (
  request: LaunchRequest,
  definition: TaskDefinitionRecord,
  clusterName: string,
): readonly ecs.Tag[] => {
  const given = request.tags ?? [];
  const keys = new Set(given.map(({ key }) => key));
  const propagated =
    request.propagateTags === 'TASK_DEFINITION' ? definition.tags.filter(({ key }) => !keys.has(key)) : [];
  const managed = request.enableECSManagedTags === true ? [{ key: 'aws:ecs:clusterName', value: clusterName }] : [];
  const tags = [...given, ...propagated];
  validateTags(tags);
  return [...managed, ...tags];
};
