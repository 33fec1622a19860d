/**
 * From a payload's task to the task that the agent keeps: checked as Amazon's agent checks, given its docker names
 * and ids, with the pause containers that its namespaces need. Randomness is passed in.
 */
import type { AcsContainer, AcsNetworkMode, AcsTask } from '../protocol/acs-messages.ts';
import { deriveTask } from './derive-task.ts';
import { dependenciesCanResolve } from './dependencies.ts';
import type { ContainerState, ContainerType, TaskState } from './task-state.ts';
import { ownLabels } from './labels.ts';

/** The payload's task cannot be understood; the message is what the backend is told. */
export class UnrecognizedTask extends Error {}

export interface Makings {
  readonly now: number;
  readonly cluster: string;
  readonly uuid: () => string;
  /** Twenty hexadecimal digits. */
  readonly hex: () => string;
}

export const awsvpcPauseName = '~internal~ecs~pause';
export const namespacePauseName = '~internal~ecs~pause~namespace';

/**
 * The task to keep. Throws UnrecognizedTask for what can never be run as told; a task whose dependencies cannot
 * be resolved is kept and is to stop, with the reason in it.
 */
export function acceptTask(payload: AcsTask, makings: Makings): TaskState {
  checkTask(payload);
  const { roleCredentials, executionRoleCredentials, ...kept } = payload;
  const definitions = [...pauseDefinitions(payload), ...payload.containers.map(asNormal)];
  const task: TaskState = {
    arn: payload.arn,
    payload: kept,
    family: payload.family,
    version: payload.version,
    networkMode: networkModeOf(payload),
    desiredStatus: payload.desiredStatus,
    knownStatus: 'NONE',
    containers: definitions.map(([type, definition]) => newContainer(payload, type, definition, makings)),
    taskCredentialsId: roleCredentials?.credentialsId,
    executionCredentialsId: executionRoleCredentials?.credentialsId,
    volumeNames: volumeNamesOf(payload, makings),
    receivedAt: makings.now,
  };
  if (dependenciesCanResolve(task)) return deriveTask(task, makings.now);
  const reason = `Task dependencies cannot be resolved, taskArn: ${task.arn}`;
  return deriveTask({ ...task, desiredStatus: 'STOPPED', reason }, makings.now);
}

/** The network mode, bridge where the payload says none. */
export const networkModeOf = (payload: Pick<AcsTask, 'networkMode'>): AcsNetworkMode => payload.networkMode || 'bridge';

/** The last part of the ARN: the task's id. */
export const taskIdOf = (arn: string): string => arn.slice(arn.lastIndexOf('/') + 1);

const asNormal = (definition: AcsContainer): [ContainerType, AcsContainer] => ['NORMAL', definition];

function pauseDefinitions(payload: AcsTask): [ContainerType, AcsContainer][] {
  const pauses: [ContainerType, AcsContainer][] = [];
  const pause = (name: string): AcsContainer => ({ name, image: '', essential: true, stopTimeout: 5 });
  if (networkModeOf(payload) === 'awsvpc') pauses.push(['CNI_PAUSE', pause(awsvpcPauseName)]);
  if (payload.pidMode === 'task' || payload.ipcMode === 'task')
    pauses.push(['NAMESPACE_PAUSE', pause(namespacePauseName)]);
  return pauses;
}

function newContainer(
  task: AcsTask,
  type: ContainerType,
  definition: AcsContainer,
  { uuid, hex, cluster }: Makings,
): ContainerState {
  return {
    name: definition.name,
    type,
    definition,
    metadataId: uuid(),
    dockerName: `ecs-${task.family}-${task.version}-${definition.name.replace(/[^A-Za-z0-9-]/g, '')}-${hex()}`,
    image: definition.image,
    knownStatus: 'NONE',
    desiredStatus: task.desiredStatus,
    networkBindings: [],
    networks: [],
    labels: ownLabels(task, definition.name, cluster),
    volumes: [],
    restartCount: 0,
  };
}

/** A docker name for each volume that is not a path of the host: shared ones keep their name, others get one of their own. */
function volumeNamesOf(task: AcsTask, { hex }: Makings): Readonly<Record<string, string>> {
  const named = (task.volumes ?? []).filter((volume) => !volume.host?.sourcePath);
  return Object.fromEntries(
    named.map((volume) => {
      const shared = volume.dockerVolumeConfiguration?.scope === 'shared';
      return [volume.name, shared ? volume.name : `ecs-${task.family}-${task.version}-${volume.name}-${hex()}`];
    }),
  );
}

function checkTask(task: AcsTask): void {
  if (typeof task.family !== 'string' || typeof task.version !== 'string') refuse('family and version must be text');
  if (!Array.isArray(task.containers)) refuse('the containers must be a list');
  if (task.desiredStatus !== 'RUNNING' && task.desiredStatus !== 'STOPPED')
    refuse(`unrecognized desired status: ${String(task.desiredStatus)}`);
  const names = new Set<string>();
  for (const container of task.containers) {
    checkContainer(container);
    if (names.has(container.name)) refuse(`two containers are named ${container.name}`);
    names.add(container.name);
  }
  if (task.containers.length === 0 && task.desiredStatus === 'RUNNING') refuse('the task has no containers');
  for (const volume of task.volumes ?? []) checkVolume(volume);
}

function checkContainer(container: AcsContainer): void {
  if (typeof container.name !== 'string' || container.name === '') refuse('a container has no name');
  if (typeof container.image !== 'string') refuse(`container ${container.name} has no image`);
  for (const { protocol } of container.portMappings ?? [])
    if (protocol !== undefined && protocol !== 'tcp' && protocol !== 'udp')
      refuse(`unrecognized transport protocol: ${String(protocol)}`);
  commandOverride(container);
}

/** The command that `overrides` puts in place of the container's; undefined when it says none. */
export function commandOverride(container: AcsContainer): readonly string[] | undefined {
  if (container.overrides === undefined || container.overrides === '') return undefined;
  let overrides: unknown;
  try {
    overrides = JSON.parse(container.overrides);
  } catch {
    return refuse(`the overrides of container ${container.name} are not JSON`);
  }
  if (typeof overrides !== 'object' || overrides === null)
    return refuse(`the overrides of container ${container.name} are no object`);
  const { command, ...others } = overrides as { command?: readonly string[] };
  const unknown = Object.keys(others);
  if (unknown.length > 0) refuse(`container ${container.name} has unknown overrides: ${unknown.join(', ')}`);
  return command;
}

function checkVolume(volume: NonNullable<AcsTask['volumes']>[number]): void {
  const type = volume.type ?? 'host';
  if (type !== 'host' && type !== 'docker') refuse(`invalid volume: type must be host or docker, not ${type}`);
  const configuration = type === 'host' ? volume.host : volume.dockerVolumeConfiguration;
  if (configuration === undefined || configuration === null) refuse('invalid volume: empty volume configuration');
}

function refuse(message: string): never {
  throw new UnrecognizedTask(message);
}
