/**
 * From a task's container to the body of the engine's create call: what the payload's members say, the payload's own
 * `config` and `hostConfig` laid over it (a key that is there wins, `null` too), and on top what the agent decides:
 * the cgroup, the namespaces of the task, labels and log options. Pure. Docker units: bytes, nanoseconds.
 */
import type { ContainerCreateBody, HostConfig } from '@oreno/engine';
import { commandOverride } from './accept-task.ts';
import { linkTarget } from './dependencies.ts';
import { agentLabel, instanceLabel, memoryLabel, memoryOf } from './labels.ts';
import { portBindingsOf } from './port-bindings.ts';
import type { HostPortRanges } from './port-bindings.ts';
import type { ContainerState, TaskState } from './task-state.ts';

/** The payload's docker JSON cannot be read; `name` is the error name that ECS reports. */
export class BadDockerConfig extends Error {
  override readonly name: 'DockerClientConfigError' | 'HostConfigError' | 'CannotCreateContainerError';

  constructor(name: BadDockerConfig['name'], message: string) {
    super(message);
    this.name = name;
  }
}

export interface ConfigPlace {
  readonly agentId: string;
  readonly containerInstanceArn: string;
  /** Undefined where task limits are not kept by a cgroup. */
  readonly cgroupParent: string | undefined;
  /** Host ports chosen for the container's port ranges. */
  readonly hostPortRanges: HostPortRanges;
  /** Laid over the payload's LogConfig.Config. */
  readonly logOptions: Readonly<Record<string, string>>;
  /** The variables of the task role's credentials are given to containers. */
  readonly taskCredentialsId: string | undefined;
}

const MIB = 1024 * 1024;
/** Docker's own minimum. */
const LEAST_MEMORY_MIB = 6;
const LEAST_CPU_SHARES = 2;

type DockerObject = Record<string, unknown>;

/** The body of create. Throws BadDockerConfig for what cannot be made into one. */
export function containerConfig(task: TaskState, container: ContainerState, place: ConfigPlace): ContainerCreateBody {
  const ports = portBindingsOf(task, container, place.hostPortRanges);
  const config = overlay(
    {
      Image: container.image,
      Cmd: commandOverride(container.definition) ?? container.definition.command,
      Entrypoint: container.definition.entryPoint,
      Env: environmentOf(container, place),
      ExposedPorts: ports.exposed,
      // What the engine itself honours when it is shut down.
      StopTimeout: container.definition.stopTimeout,
    },
    parse(container.definition.dockerConfig?.config, 'DockerClientConfigError'),
  );
  const hostConfig = overlay(
    {
      Binds: bindsOf(task, container),
      PortBindings: ports.bindings,
      Links: linksOf(task, container),
      VolumesFrom: volumesFromOf(task, container),
      Memory: memoryMiBOf(container) * MIB,
      CpuShares: cpuSharesOf(container),
    },
    parse(container.definition.dockerConfig?.hostConfig, 'HostConfigError'),
  );
  return {
    ...inTaskNetwork(task, config),
    Labels: {
      ...(config['Labels'] as Record<string, string> | null | undefined),
      ...container.labels,
      [agentLabel]: place.agentId,
      [instanceLabel]: place.containerInstanceArn,
      [memoryLabel]: memoryOf(task, container),
    },
    HostConfig: hostSide(task, hostConfig, place),
  };
}

/** CPU shares as Docker gets them: its least is 2. */
export const cpuSharesOf = (container: ContainerState): number =>
  Math.max(container.definition.cpu ?? 0, LEAST_CPU_SHARES);

/** The hard limit in MiB, 0 for none. */
export const memoryMiBOf = (container: ContainerState): number => {
  const memory = container.definition.memory ?? 0;
  return memory === 0 ? 0 : Math.max(memory, LEAST_MEMORY_MIB);
};

function environmentOf(container: ContainerState, { taskCredentialsId }: ConfigPlace): string[] {
  const base = 'http://169.254.170.2';
  const variables: Record<string, string> = {
    ...container.definition.environment,
    ECS_CONTAINER_METADATA_URI: `${base}/v3/${container.metadataId}`,
    ECS_CONTAINER_METADATA_URI_V4: `${base}/v4/${container.metadataId}`,
    ECS_AGENT_URI: `${base}/api/${container.metadataId}`,
  };
  if (taskCredentialsId !== undefined)
    variables['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'] = `/v2/credentials/${taskCredentialsId}`;
  return Object.entries(variables).map(([name, value]) => `${name}=${value}`);
}

/** Docker's names are case-insensitive in JSON: a key of the payload replaces the computed one in any spelling. */
function overlay(computed: DockerObject, given: DockerObject): DockerObject {
  const spelling = new Map(Object.keys(computed).map((key) => [key.toLowerCase(), key]));
  for (const key of ['Labels', 'LogConfig', 'NetworkMode', 'PidMode', 'IpcMode', 'CgroupParent', 'Hostname'])
    spelling.set(key.toLowerCase(), key);
  const result = { ...computed };
  for (const [key, value] of Object.entries(given)) result[spelling.get(key.toLowerCase()) ?? key] = value;
  return result;
}

function parse(text: string | undefined, name: BadDockerConfig['name']): DockerObject {
  if (text === undefined || text === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as DockerObject;
  } catch {
    // Told below.
  }
  throw new BadDockerConfig(name, 'Unable to decode the docker configuration of the task definition');
}

const containerNamed = (task: TaskState, name: string, what: string): ContainerState => {
  const found = task.containers.find((other) => other.name === name);
  if (!found) throw new BadDockerConfig('HostConfigError', `${what} names container ${name}, which the task has not`);
  return found;
};

function linksOf(task: TaskState, container: ContainerState): string[] {
  return (container.definition.links ?? []).map((link) => {
    const name = linkTarget(link);
    const alias = link.slice(name.length + 1) || name;
    return `${containerNamed(task, name, 'a link').dockerName}:${alias}`;
  });
}

function volumesFromOf(task: TaskState, container: ContainerState): string[] {
  return (container.definition.volumesFrom ?? []).map(({ sourceContainer, readOnly }) => {
    const source = containerNamed(task, sourceContainer, 'volumesFrom').dockerName;
    return readOnly ? `${source}:ro` : source;
  });
}

function bindsOf(task: TaskState, container: ContainerState): string[] {
  return (container.definition.mountPoints ?? []).map(({ sourceVolume, containerPath, readOnly }) => {
    const hostPath = task.payload.volumes?.find(({ name }) => name === sourceVolume)?.host?.sourcePath;
    const source = hostPath || task.volumeNames[sourceVolume];
    if (source === undefined)
      throw new BadDockerConfig('HostConfigError', `Invalid volume referenced: ${sourceVolume}`);
    return `${source}:${containerPath}${readOnly ? ':ro' : ''}`;
  });
}

/** A container that joins another's network cannot have a name or exposed ports of its own: Docker refuses them. */
function inTaskNetwork(task: TaskState, config: DockerObject): DockerObject {
  if (task.networkMode !== 'awsvpc') return config;
  const { Hostname: _hostname, Domainname: _domainname, ExposedPorts: _exposed, MacAddress: _mac, ...rest } = config;
  return rest;
}

function hostSide(task: TaskState, given: DockerObject, place: ConfigPlace): HostConfig {
  let hostConfig = { ...given };
  if (place.cgroupParent !== undefined) hostConfig['CgroupParent'] = place.cgroupParent;
  const log = hostConfig['LogConfig'] as HostConfig['LogConfig'] | null | undefined;
  if (log && Object.keys(place.logOptions).length > 0)
    hostConfig['LogConfig'] = { ...log, Config: { ...log.Config, ...place.logOptions } };
  const network = task.containers.find(({ type }) => type === 'CNI_PAUSE');
  if (network) {
    const {
      PortBindings: _ports,
      Dns: _dns,
      DnsSearch: _search,
      ExtraHosts: _hosts,
      Links: _links,
      ...rest
    } = hostConfig;
    hostConfig = { ...rest, NetworkMode: `container:${network.dockerId ?? network.dockerName}` };
  }
  return { ...hostConfig, ...namespaces(task) };
}

/** `pidMode` and `ipcMode` of the task: the host's, the task's (held by its pause container), or none. */
function namespaces(task: TaskState): Partial<HostConfig> {
  const pause = task.containers.find(({ type }) => type === 'NAMESPACE_PAUSE');
  const shared = pause && `container:${pause.dockerId ?? pause.dockerName}`;
  const { pidMode, ipcMode } = task.payload;
  return {
    ...(pidMode === 'host' ? { PidMode: 'host' } : {}),
    ...(pidMode === 'task' && shared !== undefined ? { PidMode: shared } : {}),
    ...(ipcMode === 'host' || ipcMode === 'none' ? { IpcMode: ipcMode } : {}),
    ...(ipcMode === 'task' && shared !== undefined ? { IpcMode: shared } : {}),
  };
}
