/**
 * The engine as a typed interface: one method for one call of the Docker Engine API. Every method rejects with
 * EngineError and nothing else, but for an abort, which rejects with the signal's reason.
 */
import type { Readable } from 'node:stream';
import type {
  ContainerCreateBody,
  ContainerInspect,
  ContainerStats,
  ContainerSummary,
  ContainerUpdateBody,
  EndpointSettings,
} from './container-types.ts';
import type {
  EngineEvent,
  EngineInfo,
  EngineVersion,
  ImageInspect,
  ImageSummary,
  NetworkCreateBody,
  NetworkInspect,
  ProgressMessage,
  RegistryAuth,
  Volume,
  VolumeCreateBody,
} from './engine-types.ts';

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** Until the answer is there (a stream: until it begins). Milliseconds; each call has its own default. */
  readonly timeoutMs?: number | undefined;
}

/** `{ label: ['a=b'], status: ['exited'] }` */
export type Filters = Readonly<Record<string, readonly string[]>>;

export interface ProgressOptions extends CallOptions {
  readonly onProgress?: ((message: ProgressMessage) => void) | undefined;
  /** The stream is given up when nothing came for this long. Milliseconds. */
  readonly inactivityMs?: number | undefined;
}

export interface LogChunk {
  readonly stream: 'stdout' | 'stderr';
  readonly data: Buffer;
}

export interface LogsOptions extends CallOptions {
  readonly follow?: boolean | undefined;
  /** Lines from the end; all when absent. */
  readonly tail?: number | undefined;
  readonly stdout?: boolean | undefined;
  readonly stderr?: boolean | undefined;
  readonly timestamps?: boolean | undefined;
  /** Seconds since the epoch, fractions allowed. */
  readonly since?: number | undefined;
  /** Must be true when the container has a TTY: then the engine does not mark the streams. */
  readonly tty?: boolean | undefined;
}

export interface ContainerCalls {
  create(name: string, body: ContainerCreateBody, options?: CallOptions): Promise<{ Id: string; Warnings: string[] }>;
  /** Resolves too when it runs already. */
  start(id: string, options?: CallOptions): Promise<void>;
  /** SIGTERM (or the image's stop signal), SIGKILL after `timeoutSeconds`. Resolves too when it has stopped already. */
  stop(id: string, timeoutSeconds: number, options?: CallOptions): Promise<void>;
  kill(id: string, signal: string, options?: CallOptions): Promise<void>;
  /** Resolves with the exit code once the container has stopped. No time limit of its own. */
  wait(id: string, options?: CallOptions): Promise<number>;
  remove(id: string, how: { force?: boolean; volumes?: boolean }, options?: CallOptions): Promise<void>;
  inspect(id: string, options?: CallOptions): Promise<ContainerInspect>;
  list(query: { all?: boolean; filters?: Filters }, options?: CallOptions): Promise<ContainerSummary[]>;
  /** A sample a second until the container stops, the iteration ends or the signal fires. */
  stats(id: string, options?: CallOptions): AsyncIterable<ContainerStats>;
  statsOnce(id: string, options?: CallOptions): Promise<ContainerStats>;
  logs(id: string, options?: LogsOptions): AsyncIterable<LogChunk>;
  update(id: string, body: ContainerUpdateBody, options?: CallOptions): Promise<void>;
}

export interface ImageCalls {
  /** Pulls `reference` (with tag or digest) and resolves with the digest the registry gave, if it gave one. */
  pull(reference: string, options?: ProgressOptions & { auth?: RegistryAuth | undefined }): Promise<string | undefined>;
  push(reference: string, options: ProgressOptions & { auth: RegistryAuth }): Promise<string | undefined>;
  inspect(reference: string, options?: CallOptions): Promise<ImageInspect>;
  list(query?: { filters?: Filters }, options?: CallOptions): Promise<ImageSummary[]>;
  remove(reference: string, how?: { force?: boolean; noprune?: boolean }, options?: CallOptions): Promise<void>;
  tag(reference: string, repository: string, tag: string, options?: CallOptions): Promise<void>;
  /** `docker load`: a tar made by `docker save`. */
  load(tar: Readable | Uint8Array, options?: ProgressOptions): Promise<void>;
  /** `docker import`: a tar of a root file system; `changes` are Dockerfile lines (`ENTRYPOINT ["/pause"]`). Resolves with the image id. */
  importTar(
    tar: Readable | Uint8Array,
    target: { repository: string; tag: string; changes?: readonly string[] },
    options?: ProgressOptions,
  ): Promise<string>;
  /** `docker build` of a tar context with the classic builder. */
  build(
    tar: Readable | Uint8Array,
    query: {
      tag: string;
      dockerfile?: string;
      labels?: Readonly<Record<string, string>>;
      buildArgs?: Readonly<Record<string, string>>;
    },
    options?: ProgressOptions,
  ): Promise<void>;
}

export interface NetworkCalls {
  create(body: NetworkCreateBody, options?: CallOptions): Promise<{ Id: string }>;
  inspect(id: string, options?: CallOptions): Promise<NetworkInspect>;
  list(query?: { filters?: Filters }, options?: CallOptions): Promise<NetworkInspect[]>;
  connect(id: string, container: string, endpoint?: EndpointSettings, options?: CallOptions): Promise<void>;
  disconnect(id: string, container: string, how?: { force?: boolean }, options?: CallOptions): Promise<void>;
  remove(id: string, options?: CallOptions): Promise<void>;
}

export interface VolumeCalls {
  create(body: VolumeCreateBody, options?: CallOptions): Promise<Volume>;
  inspect(name: string, options?: CallOptions): Promise<Volume>;
  list(query?: { filters?: Filters }, options?: CallOptions): Promise<Volume[]>;
  remove(name: string, how?: { force?: boolean }, options?: CallOptions): Promise<void>;
}

/**
 * What the event stream yields. `connected` comes each time the stream stands (again): after a break longer than
 * the engine's own memory of events, or its restart, the reader must look at what is there.
 */
export type EventItem =
  | { readonly kind: 'connected'; readonly again: boolean }
  | { readonly kind: 'disconnected'; readonly error: Error }
  | { readonly kind: 'event'; readonly event: EngineEvent };

export interface ExecResult {
  readonly exitCode: number;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

export interface Engine {
  /** Where this client connects: a socket path or `host:port`. For messages. */
  readonly address: string;
  ping(options?: CallOptions): Promise<void>;
  version(options?: CallOptions): Promise<EngineVersion>;
  info(options?: CallOptions): Promise<EngineInfo>;
  readonly containers: ContainerCalls;
  readonly images: ImageCalls;
  readonly networks: NetworkCalls;
  readonly volumes: VolumeCalls;
  /** Follows the engine's events and reconnects by itself, asking again from where it stopped; ends with the signal. */
  events(query: { filters?: Filters; signal: AbortSignal }): AsyncIterable<EventItem>;
  /** Runs a command in a running container and collects what it printed. */
  exec(
    container: string,
    command: readonly string[],
    options?: CallOptions & { user?: string; env?: readonly string[]; workingDir?: string },
  ): Promise<ExecResult>;
  /** Closes idle connections. Calls in flight end by themselves. */
  close(): void;
}
