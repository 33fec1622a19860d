/**
 * The parts of a container definition that the agent takes as Docker API objects: `config` and `hostConfig`, in
 * Docker's units. A key that is present wins over what the agent computed itself, so only what the definition
 * means is emitted. Pure.
 */
import type { ecs } from '@oreno/aws-wire';

const mebibyte = 1024 * 1024;
const nanosecondsPerSecond = 1_000_000_000;

type DockerObject = Readonly<Record<string, unknown>>;

const defined = (entries: Readonly<Record<string, unknown>>): DockerObject =>
  Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined));

const filled = <T>(list: readonly T[] | undefined): readonly T[] | undefined => (list?.length ? list : undefined);

/** Docker's Healthcheck; ECS's defaults are 30 s, 5 s, 3 retries and no start period (API reference, HealthCheck). */
const healthcheck = (check: ecs.HealthCheck | undefined): DockerObject | undefined =>
  check && {
    Test: check.command,
    Interval: (check.interval ?? 30) * nanosecondsPerSecond,
    Timeout: (check.timeout ?? 5) * nanosecondsPerSecond,
    Retries: check.retries ?? 3,
    ...(check.startPeriod === undefined ? {} : { StartPeriod: check.startPeriod * nanosecondsPerSecond }),
  };

/** The JSON object that the agent lays over its Docker `Config`. */
export const dockerConfig = (container: ecs.ContainerDefinition): DockerObject =>
  defined({
    User: container.user || undefined,
    WorkingDir: container.workingDirectory || undefined,
    Hostname: container.hostname || undefined,
    Tty: container.pseudoTerminal || undefined,
    OpenStdin: container.interactive || undefined,
    NetworkDisabled: container.disableNetworking || undefined,
    Labels: container.dockerLabels && Object.keys(container.dockerLabels).length ? container.dockerLabels : undefined,
    Healthcheck: healthcheck(container.healthCheck),
  });

const permissionLetters = { read: 'r', write: 'w', mknod: 'm' } as const;

const device = (entry: ecs.Device): DockerObject => ({
  PathOnHost: entry.hostPath,
  PathInContainer: entry.containerPath || entry.hostPath,
  CgroupPermissions: entry.permissions?.length
    ? entry.permissions.map((permission) => permissionLetters[permission]).join('')
    : 'rwm',
});

const tmpfs = (mounts: readonly ecs.Tmpfs[] | undefined): DockerObject | undefined =>
  mounts?.length
    ? Object.fromEntries(
        mounts.map((mount) => [mount.containerPath, [...(mount.mountOptions ?? []), `size=${mount.size}m`].join(',')]),
      )
    : undefined;

/** Swap counts only beside a hard limit, and swappiness only beside swap (API reference, LinuxParameters). */
const swap = (container: ecs.ContainerDefinition): DockerObject => {
  const { maxSwap, swappiness } = container.linuxParameters ?? {};
  if (maxSwap === undefined || !container.memory) return {};
  return defined({ MemorySwap: (container.memory + maxSwap) * mebibyte, MemorySwappiness: swappiness });
};

const linux = (container: ecs.ContainerDefinition): DockerObject => {
  const parameters = container.linuxParameters;
  return {
    ...defined({
      CapAdd: filled(parameters?.capabilities?.add),
      CapDrop: filled(parameters?.capabilities?.drop),
      Devices: filled(parameters?.devices?.map(device)),
      Init: parameters?.initProcessEnabled,
      ShmSize: parameters?.sharedMemorySize === undefined ? undefined : parameters.sharedMemorySize * mebibyte,
      Tmpfs: tmpfs(parameters?.tmpfs),
    }),
    ...swap(container),
  };
};

/**
 * The JSON object that the agent lays over its Docker `HostConfig`.
 * @param networkMode Docker's mode; undefined for awsvpc, where the agent sets it.
 * @param logConfig Docker's LogConfig; undefined leaves the engine's default driver.
 */
export const dockerHostConfig = (
  container: ecs.ContainerDefinition,
  networkMode: string | undefined,
  logConfig: DockerObject | undefined,
): DockerObject => ({
  ...defined({
    NetworkMode: networkMode,
    MemoryReservation: container.memoryReservation ? container.memoryReservation * mebibyte : undefined,
    Privileged: container.privileged || undefined,
    ReadonlyRootfs: container.readonlyRootFilesystem || undefined,
    Dns: filled(container.dnsServers),
    DnsSearch: filled(container.dnsSearchDomains),
    ExtraHosts: filled(container.extraHosts?.map((entry) => `${entry.hostname}:${entry.ipAddress}`)),
    SecurityOpt: filled(container.dockerSecurityOptions),
    Ulimits: filled(
      container.ulimits?.map((limit) => ({ Name: limit.name, Soft: limit.softLimit, Hard: limit.hardLimit })),
    ),
    Sysctls: container.systemControls?.length
      ? Object.fromEntries(container.systemControls.map((control) => [control.namespace ?? '', control.value ?? '']))
      : undefined,
    LogConfig: logConfig,
  }),
  ...linux(container),
});
