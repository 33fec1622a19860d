/**
 * What this machine offers, as attributes and resources of RegisterContainerInstance (developer guide, "Amazon ECS
 * container instance attributes"). Only what the agent really does is in the list: the scheduler believes it. Pure.
 */
import { arch } from 'node:os';
import type { ecs } from '@oreno/aws-wire';
import type { EngineInfo, EngineVersion } from '@oreno/engine';

export interface Machine {
  readonly info: EngineInfo;
  readonly version: EngineVersion;
  /** Task-level cpu and memory are kept by a cgroup on this machine. */
  readonly taskLimits: boolean;
}

export interface Reservations {
  /** MiB kept from the cluster. */
  readonly memory: number;
  readonly tcpPorts: readonly number[];
  readonly udpPorts: readonly number[];
}

/** Ports that no task gets: ssh, Docker's and the agent's own (what Amazon's agent reserves). */
export const defaultReservedPorts: readonly number[] = [22, 2375, 2376, 51678, 51679];

const always = [
  'com.amazonaws.ecs.capability.privileged-container',
  'com.amazonaws.ecs.capability.ecr-auth',
  'com.amazonaws.ecs.capability.task-iam-role',
  'com.amazonaws.ecs.capability.task-iam-role-network-host',
  'ecs.capability.ecr-endpoint',
  'ecs.capability.execution-role-ecr-pull',
  'ecs.capability.execution-role-awslogs',
  'ecs.capability.container-health-check',
  'ecs.capability.container-ordering',
  'ecs.capability.container-restart-policy',
  'ecs.capability.full-sync',
  'ecs.capability.task-eni',
  'ecs.capability.pid-ipc-namespace-sharing',
  'ecs.capability.network.container-port-range',
];

/** The attributes to register with; the operator's own come last. */
export function attributesOf(machine: Machine, own: Readonly<Record<string, string>>): ecs.Attribute[] {
  const names = [
    ...always,
    ...(machine.taskLimits ? ['ecs.capability.task-cpu-mem-limit', 'ecs.capability.increased-task-cpu-limit'] : []),
    ...apiVersions(machine.version).map((version) => `com.amazonaws.ecs.capability.docker-remote-api.${version}`),
    ...logDrivers(machine.info).map((driver) => `com.amazonaws.ecs.capability.logging-driver.${driver}`),
    ...(machine.info.Plugins?.Volume ?? []).map((driver) => `ecs.capability.docker-plugin.${driver}`),
    ...securityOptions(machine.info).map((name) => `com.amazonaws.ecs.capability.${name}`),
  ];
  const valued: Record<string, string> = {
    'ecs.os-type': 'linux',
    'ecs.os-family': 'LINUX',
    'ecs.cpu-architecture': architectureOf(machine.info.Architecture),
    ...own,
  };
  return [
    ...new Set(names).values().map((name) => ({ name })),
    ...Object.entries(valued).map(([name, value]) => ({ name, value })),
  ];
}

/** CPU is 1,024 a core, memory what the machine has less what is reserved. */
export function resourcesOf(info: EngineInfo, reserved: Reservations): ecs.Resource[] {
  const integer = (name: string, integerValue: number) => ({ name, type: 'INTEGER', integerValue });
  const ports = (name: string, list: readonly number[]) => ({
    name,
    type: 'STRINGSET',
    stringSetValue: list.map(String),
  });
  return [
    integer('CPU', info.NCPU * 1024),
    integer('MEMORY', Math.max(0, Math.floor(info.MemTotal / 1024 / 1024) - reserved.memory)),
    ports('PORTS', reserved.tcpPorts),
    ports('PORTS_UDP', reserved.udpPorts),
  ];
}

/** The API versions 1.17 and later that the engine takes. */
function apiVersions({ ApiVersion, MinAPIVersion }: EngineVersion): string[] {
  const newest = Number(ApiVersion.split('.')[1] ?? 0);
  const oldest = Math.max(17, Number(MinAPIVersion?.split('.')[1] ?? 0));
  return Array.from({ length: Math.max(0, newest - oldest + 1) }, (_, index) => `1.${oldest + index}`);
}

const logDrivers = (info: EngineInfo): string[] => [...(info.Plugins?.Log ?? ['json-file']), 'none'];

const securityOptions = (info: EngineInfo): string[] =>
  ['selinux', 'apparmor'].filter((name) => info.SecurityOptions?.some((option) => option.includes(`name=${name}`)));

/** ECS's names: `x86_64` and `arm64`. */
export const architectureOf = (reported: string): string => {
  const name = reported || arch();
  return name === 'aarch64' || name === 'arm64' ? 'arm64' : name === 'x64' || name === 'amd64' ? 'x86_64' : name;
};
