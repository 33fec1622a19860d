/**
 * What an inspect of the engine says about a container, in the agent's words. Pure. It only moves a container
 * forward: a look that is older than what is known changes nothing.
 */
import type { ContainerInspect } from '@oreno/engine';
import { changeContainer } from './derive-task.ts';
import { compareStatus } from './dependencies.ts';
import { isAgentsOwn } from './labels.ts';
import { networkBindingsOf } from './port-bindings.ts';
import { shouldRestart } from './restart-policy.ts';
import type {
  ContainerHealth,
  ContainerNetwork,
  ContainerState,
  ContainerStatus,
  ContainerVolume,
  HealthStatus,
  TaskState,
} from './task-state.ts';

/** One step in what is known of a task, applied to the task as it is by then. */
export type TaskChange = (task: TaskState, now: number) => TaskState;

/**
 * What follows from a look at a container, in the order in which the world is to see it: one that has run, however
 * short, is shown RUNNING before it is shown STOPPED.
 */
export function observations(name: string, inspect: ContainerInspect): readonly TaskChange[] {
  const find = (task: TaskState) => task.containers.find((container) => container.name === name);
  const startedAt = timeOf(inspect.State.StartedAt);
  const ran = statusOf(inspect) === 'STOPPED' && startedAt !== undefined;
  const running: TaskChange = (task, now) => {
    const container = find(task);
    if (!container || compareStatus(container.knownStatus, 'RUNNING') >= 0) return task;
    return changeContainer(task, name, { dockerId: inspect.Id, knownStatus: 'RUNNING', startedAt }, now);
  };
  const observed: TaskChange = (task, now) => {
    const container = find(task);
    return container ? observeContainer(task, container, inspect, now) : task;
  };
  return ran ? [running, observed] : [observed];
}

/** The task as it is after this look at one of its containers. */
export function observeContainer(
  task: TaskState,
  container: ContainerState,
  inspect: ContainerInspect,
  now: number,
): TaskState {
  if (container.knownStatus === 'STOPPED') return task;
  const facts = factsOf(task, container, inspect, now);
  const status = statusOf(inspect);
  if (status === 'STOPPED') return observeExit(task, container, inspect, facts, now);
  const moved = compareStatus(status, container.knownStatus) > 0 ? status : container.knownStatus;
  const restarted = status === 'RUNNING' ? { restartDue: false } : {};
  return changeContainer(task, container.name, { ...facts, ...restarted, knownStatus: moved }, now);
}

function observeExit(
  task: TaskState,
  container: ContainerState,
  inspect: ContainerInspect,
  facts: Partial<ContainerState>,
  now: number,
): TaskState {
  const { ExitCode: exitCode, OOMKilled, Error: failure } = inspect.State;
  if (shouldRestart(container, exitCode, now)) {
    // The same end may be looked at twice; a restart is counted once for each run that ended.
    const isNews = !container.restartDue || facts.startedAt !== container.startedAt;
    const restartCount = container.restartCount + (isNews ? 1 : 0);
    const due = { exitCode, restartCount, restartDue: true, knownStatus: 'RUNNING' as const };
    return changeContainer(task, container.name, { ...facts, ...due }, now);
  }
  const reason = OOMKilled && exitCode === 137 ? 'OutOfMemoryError: Container killed due to memory usage' : undefined;
  return changeContainer(
    task,
    container.name,
    {
      ...facts,
      exitCode,
      reason: container.reason ?? reason ?? (failure === '' ? undefined : `DockerStateError: ${failure}`),
      finishedAt: facts.finishedAt ?? now,
      restartDue: false,
      knownStatus: 'STOPPED',
    },
    now,
  );
}

const statuses: Readonly<Record<ContainerInspect['State']['Status'], ContainerStatus>> = {
  created: 'CREATED',
  running: 'RUNNING',
  paused: 'RUNNING',
  restarting: 'RUNNING',
  removing: 'STOPPED',
  exited: 'STOPPED',
  dead: 'STOPPED',
};

const statusOf = (inspect: ContainerInspect): ContainerStatus => statuses[inspect.State.Status] ?? 'CREATED';

function factsOf(
  task: TaskState,
  container: ContainerState,
  inspect: ContainerInspect,
  now: number,
): Partial<ContainerState> {
  const running = inspect.State.Running;
  return {
    dockerId: inspect.Id,
    imageId: inspect.Image,
    createdAt: timeOf(inspect.Created) ?? container.createdAt,
    startedAt: timeOf(inspect.State.StartedAt) ?? container.startedAt,
    finishedAt: running ? undefined : timeOf(inspect.State.FinishedAt),
    health: healthOf(container, inspect, now),
    // Docker forgets ports and addresses when a container ends; the last ones stay.
    networkBindings: running
      ? networkBindingsOf(task, container, inspect.NetworkSettings.Ports)
      : container.networkBindings,
    networks: running ? networksOf(task, inspect) : container.networks,
    labels: Object.fromEntries(Object.entries(inspect.Config.Labels ?? {}).filter(([label]) => !isAgentsOwn(label))),
    volumes: volumesOf(inspect),
    logDriver: inspect.HostConfig.LogConfig?.Type,
    logOptions: withoutCredentials(inspect.HostConfig.LogConfig?.Config),
  };
}

/** RFC 3339 to milliseconds; Docker's zero time (year 1) is none. */
export function timeOf(text: string | undefined): number | undefined {
  const time = Date.parse(text ?? '');
  return time > 0 ? time : undefined;
}

const healthStatuses: Readonly<Record<string, HealthStatus>> = { healthy: 'HEALTHY', unhealthy: 'UNHEALTHY' };

function healthOf(container: ContainerState, inspect: ContainerInspect, now: number): ContainerHealth | undefined {
  const health = inspect.State.Health;
  if (container.definition.healthCheckType !== 'docker' || !health || health.Status === 'none') return undefined;
  const status = healthStatuses[health.Status] ?? 'UNKNOWN';
  const last = health.Log?.at(-1);
  const since = container.health?.status === status ? container.health.since : (timeOf(last?.End) ?? now);
  return { status, since, output: last?.Output, exitCode: last?.ExitCode };
}

function networksOf(task: TaskState, inspect: ContainerInspect): readonly ContainerNetwork[] {
  const { Networks: networks, IPAddress, IPPrefixLen, Gateway, MacAddress } = inspect.NetworkSettings;
  const entries = Object.entries(networks ?? {});
  if (entries.length === 0 && IPAddress) entries.push(['bridge', { IPAddress, IPPrefixLen, Gateway, MacAddress }]);
  if (entries.length === 0) return [{ networkMode: task.networkMode, ipv4Addresses: [] }];
  return entries.map(([name, settings]) => ({
    networkMode: task.networkMode === 'awsvpc' ? 'awsvpc' : name,
    ipv4Addresses: settings.IPAddress ? [settings.IPAddress] : [],
    ipv6Addresses: settings.GlobalIPv6Address ? [settings.GlobalIPv6Address] : undefined,
    macAddress: settings.MacAddress || undefined,
    ipv4SubnetCidrBlock: subnetOf(settings.IPAddress, settings.IPPrefixLen),
    subnetGatewayIpv4Address: settings.Gateway ? `${settings.Gateway}/${settings.IPPrefixLen ?? 0}` : undefined,
    attachmentIndex: task.networkMode === 'awsvpc' ? 0 : undefined,
  }));
}

/** The subnet that an address of this prefix length lies in: `172.20.0.0/16`. */
export function subnetOf(address: string | undefined, prefixLength: number | undefined): string | undefined {
  if (!address || !prefixLength) return undefined;
  const value = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const size = 2 ** (32 - prefixLength);
  const base = Math.floor(value / size) * size;
  return `${[24, 16, 8, 0].map((shift) => Math.floor(base / 2 ** shift) % 256).join('.')}/${prefixLength}`;
}

const volumesOf = (inspect: ContainerInspect): readonly ContainerVolume[] =>
  inspect.Mounts.map(({ Name, Source, Destination }) => ({
    dockerName: Name || undefined,
    source: Source,
    destination: Destination,
  }));

/** The id in the credentials option is the secret of that endpoint: the metadata never shows it. */
function withoutCredentials(
  options: Readonly<Record<string, string>> | null | undefined,
): Readonly<Record<string, string>> | undefined {
  if (!options) return undefined;
  const { 'awslogs-credentials-endpoint': _secret, ...shown } = options;
  return shown;
}
