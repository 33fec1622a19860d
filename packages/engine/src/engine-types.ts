/**
 * Images, networks, volumes, events and the engine itself in the words of the Docker Engine API 1.41, the members
 * that oreno uses.
 */

export interface EngineVersion {
  readonly Version: string;
  readonly ApiVersion: string;
  readonly MinAPIVersion?: string | undefined;
  readonly Os: string;
  readonly Arch: string;
  readonly KernelVersion?: string | undefined;
}

export interface EngineInfo {
  readonly ID: string;
  readonly Name: string;
  readonly NCPU: number;
  /** Bytes. */
  readonly MemTotal: number;
  readonly OSType: string;
  readonly Architecture: string;
  readonly OperatingSystem: string;
  readonly ServerVersion: string;
  readonly CgroupDriver: 'cgroupfs' | 'systemd' | 'none';
  readonly CgroupVersion?: '1' | '2' | undefined;
  readonly LiveRestoreEnabled: boolean;
  readonly DockerRootDir: string;
  readonly SecurityOptions?: readonly string[] | null | undefined;
  readonly RegistryConfig?:
    | {
        readonly InsecureRegistryCIDRs?: readonly string[] | null | undefined;
        readonly IndexConfigs?:
          | Readonly<Record<string, { readonly Name: string; readonly Secure: boolean }>>
          | undefined;
      }
    | undefined;
  readonly Plugins?:
    | {
        readonly Log?: readonly string[] | null | undefined;
        readonly Volume?: readonly string[] | null | undefined;
        readonly Network?: readonly string[] | null | undefined;
      }
    | undefined;
}

/** Credentials of one registry, for X-Registry-Auth. */
export interface RegistryAuth {
  readonly username: string;
  readonly password: string;
  readonly serveraddress?: string | undefined;
}

/** One line of a pull, push, load, import or build. */
export interface ProgressMessage {
  readonly status?: string | undefined;
  readonly stream?: string | undefined;
  readonly id?: string | undefined;
  readonly progress?: string | undefined;
  readonly progressDetail?: { readonly current?: number | undefined; readonly total?: number | undefined } | undefined;
  readonly aux?: Readonly<Record<string, unknown>> | undefined;
  readonly error?: string | undefined;
  readonly errorDetail?: { readonly message?: string | undefined } | undefined;
}

export interface ImageInspect {
  readonly Id: string;
  readonly RepoTags?: readonly string[] | null | undefined;
  readonly RepoDigests?: readonly string[] | null | undefined;
  readonly Created: string;
  readonly Size: number;
  readonly Architecture: string;
  readonly Os: string;
  readonly Config?:
    | {
        readonly Env?: readonly string[] | null | undefined;
        readonly Cmd?: readonly string[] | null | undefined;
        readonly Entrypoint?: readonly string[] | null | undefined;
        readonly Labels?: Readonly<Record<string, string>> | null | undefined;
      }
    | null
    | undefined;
}

export interface ImageSummary {
  readonly Id: string;
  readonly RepoTags?: readonly string[] | null | undefined;
  readonly RepoDigests?: readonly string[] | null | undefined;
  readonly Created: number;
  readonly Size: number;
  readonly Labels?: Readonly<Record<string, string>> | null | undefined;
}

export interface NetworkInspect {
  readonly Name: string;
  readonly Id: string;
  readonly Driver: string;
  readonly Scope: string;
  readonly Labels?: Readonly<Record<string, string>> | null | undefined;
  readonly Options?: Readonly<Record<string, string>> | null | undefined;
  readonly IPAM?:
    | {
        readonly Config?:
          | readonly { readonly Subnet?: string | undefined; readonly Gateway?: string | undefined }[]
          | null
          | undefined;
      }
    | undefined;
  readonly Containers?:
    | Readonly<Record<string, { readonly Name: string; readonly MacAddress: string; readonly IPv4Address: string }>>
    | null
    | undefined;
}

export interface NetworkCreateBody {
  readonly Name: string;
  readonly Driver?: string | undefined;
  readonly CheckDuplicate?: boolean | undefined;
  readonly Labels?: Readonly<Record<string, string>> | undefined;
  readonly Options?: Readonly<Record<string, string>> | undefined;
  readonly IPAM?:
    | { readonly Config: readonly { readonly Subnet: string; readonly Gateway?: string | undefined }[] }
    | undefined;
}

export interface Volume {
  readonly Name: string;
  readonly Driver: string;
  readonly Mountpoint: string;
  readonly Labels?: Readonly<Record<string, string>> | null | undefined;
  readonly Options?: Readonly<Record<string, string>> | null | undefined;
  readonly CreatedAt?: string | undefined;
}

export interface VolumeCreateBody {
  readonly Name?: string | undefined;
  readonly Driver?: string | undefined;
  readonly DriverOpts?: Readonly<Record<string, string>> | undefined;
  readonly Labels?: Readonly<Record<string, string>> | undefined;
}

export interface EngineEvent {
  readonly Type: string;
  /** `die`, `oom`, `health_status: healthy` … */
  readonly Action: string;
  readonly Actor: { readonly ID: string; readonly Attributes: Readonly<Record<string, string>> };
  /** Nanoseconds since the epoch, rounded to what a double holds. */
  readonly timeNano: number;
  /** Seconds since the epoch. */
  readonly time: number;
}
