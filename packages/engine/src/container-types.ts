/**
 * Containers in the words of the Docker Engine API 1.41, the members that oreno uses. Sizes are bytes, durations
 * nanoseconds, times RFC 3339 texts, as the engine has them.
 */

export interface PortBinding {
  readonly HostIp?: string | undefined;
  readonly HostPort?: string | undefined;
}

/** Key: `80/tcp`. */
export type PortMap = Readonly<Record<string, readonly PortBinding[] | null>>;

export interface HealthConfig {
  readonly Test?: readonly string[] | undefined;
  readonly Interval?: number | undefined;
  readonly Timeout?: number | undefined;
  readonly StartPeriod?: number | undefined;
  readonly Retries?: number | undefined;
}

export interface ContainerConfig {
  readonly Image?: string | undefined;
  readonly Cmd?: readonly string[] | null | undefined;
  readonly Entrypoint?: readonly string[] | null | undefined;
  readonly Env?: readonly string[] | null | undefined;
  readonly ExposedPorts?: Readonly<Record<string, object>> | null | undefined;
  readonly Labels?: Readonly<Record<string, string>> | null | undefined;
  readonly Hostname?: string | undefined;
  readonly Domainname?: string | undefined;
  readonly User?: string | undefined;
  readonly WorkingDir?: string | undefined;
  readonly Tty?: boolean | undefined;
  readonly OpenStdin?: boolean | undefined;
  readonly NetworkDisabled?: boolean | undefined;
  readonly Healthcheck?: HealthConfig | null | undefined;
  readonly StopSignal?: string | undefined;
}

export interface LogConfig {
  readonly Type: string;
  readonly Config?: Readonly<Record<string, string>> | null | undefined;
}

export interface HostConfig {
  readonly Binds?: readonly string[] | null | undefined;
  readonly PortBindings?: PortMap | null | undefined;
  readonly Links?: readonly string[] | null | undefined;
  readonly VolumesFrom?: readonly string[] | null | undefined;
  readonly Memory?: number | undefined;
  readonly MemoryReservation?: number | undefined;
  readonly MemorySwap?: number | undefined;
  readonly CpuShares?: number | undefined;
  readonly CgroupParent?: string | undefined;
  readonly NetworkMode?: string | undefined;
  readonly PidMode?: string | undefined;
  readonly IpcMode?: string | undefined;
  readonly Privileged?: boolean | undefined;
  readonly ReadonlyRootfs?: boolean | undefined;
  readonly AutoRemove?: boolean | undefined;
  readonly Dns?: readonly string[] | null | undefined;
  readonly DnsSearch?: readonly string[] | null | undefined;
  readonly ExtraHosts?: readonly string[] | null | undefined;
  readonly LogConfig?: LogConfig | undefined;
  readonly Sysctls?: Readonly<Record<string, string>> | null | undefined;
  readonly CapAdd?: readonly string[] | null | undefined;
  readonly Init?: boolean | null | undefined;
  readonly RestartPolicy?: { readonly Name: string; readonly MaximumRetryCount?: number | undefined } | undefined;
}

export interface EndpointIpamConfig {
  readonly IPv4Address?: string | undefined;
}

export interface EndpointSettings {
  readonly IPAMConfig?: EndpointIpamConfig | null | undefined;
  readonly Aliases?: readonly string[] | null | undefined;
  readonly NetworkID?: string | undefined;
  readonly IPAddress?: string | undefined;
  readonly IPPrefixLen?: number | undefined;
  readonly Gateway?: string | undefined;
  readonly GlobalIPv6Address?: string | undefined;
  readonly MacAddress?: string | undefined;
}

/** The body of create: a container's config with its host and network sides. */
export interface ContainerCreateBody extends ContainerConfig {
  readonly MacAddress?: string | undefined;
  readonly HostConfig?: HostConfig | undefined;
  readonly NetworkingConfig?: { readonly EndpointsConfig: Readonly<Record<string, EndpointSettings>> } | undefined;
}

export interface HealthState {
  readonly Status: 'none' | 'starting' | 'healthy' | 'unhealthy';
  readonly FailingStreak: number;
  readonly Log?:
    | readonly { readonly Start: string; readonly End: string; readonly ExitCode: number; readonly Output: string }[]
    | null
    | undefined;
}

export interface ContainerRunState {
  readonly Status: 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead';
  readonly Running: boolean;
  readonly OOMKilled: boolean;
  readonly Dead: boolean;
  readonly Pid: number;
  readonly ExitCode: number;
  readonly Error: string;
  readonly StartedAt: string;
  readonly FinishedAt: string;
  readonly Health?: HealthState | undefined;
}

export interface Mount {
  readonly Type: string;
  readonly Name?: string | undefined;
  readonly Source: string;
  readonly Destination: string;
  readonly RW: boolean;
}

export interface ContainerInspect {
  readonly Id: string;
  readonly Created: string;
  /** With a leading slash. */
  readonly Name: string;
  /** The image's id, `sha256:…`. */
  readonly Image: string;
  readonly State: ContainerRunState;
  readonly Config: ContainerConfig;
  readonly HostConfig: HostConfig;
  readonly Mounts: readonly Mount[];
  readonly NetworkSettings: {
    readonly Ports?: PortMap | null | undefined;
    readonly Networks?: Readonly<Record<string, EndpointSettings>> | null | undefined;
    readonly IPAddress?: string | undefined;
    readonly IPPrefixLen?: number | undefined;
    readonly Gateway?: string | undefined;
    readonly MacAddress?: string | undefined;
  };
  readonly RestartCount: number;
}

export interface ContainerSummary {
  readonly Id: string;
  readonly Names: readonly string[];
  readonly Image: string;
  readonly ImageID: string;
  readonly Created: number;
  readonly State: string;
  readonly Status: string;
  readonly Labels: Readonly<Record<string, string>>;
}

/** The body of update: limits of a container that is there already. */
export interface ContainerUpdateBody {
  readonly CpuShares?: number | undefined;
  readonly Memory?: number | undefined;
  readonly MemorySwap?: number | undefined;
  readonly MemoryReservation?: number | undefined;
}

interface CpuStats {
  readonly cpu_usage: {
    readonly total_usage: number;
    readonly percpu_usage?: readonly number[] | null | undefined;
  };
  readonly system_cpu_usage?: number | undefined;
  readonly online_cpus?: number | undefined;
}

/** One sample of the stats stream. */
export interface ContainerStats {
  readonly read: string;
  readonly preread: string;
  readonly cpu_stats: CpuStats;
  readonly precpu_stats: CpuStats;
  readonly memory_stats: {
    readonly usage?: number | undefined;
    readonly max_usage?: number | undefined;
    readonly limit?: number | undefined;
    readonly stats?: Readonly<Record<string, number>> | undefined;
  };
  readonly blkio_stats: {
    readonly io_service_bytes_recursive?:
      | readonly { readonly major: number; readonly minor: number; readonly op: string; readonly value: number }[]
      | null
      | undefined;
  };
  readonly networks?: Readonly<Record<string, NetworkStats>> | undefined;
}

export interface NetworkStats {
  readonly rx_bytes: number;
  readonly rx_packets: number;
  readonly rx_errors: number;
  readonly rx_dropped: number;
  readonly tx_bytes: number;
  readonly tx_packets: number;
  readonly tx_errors: number;
  readonly tx_dropped: number;
}
