/** Connecting to a server: the local one by its socket, others over HTTPS. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ConnectionOptions } from 'node:tls';
import { createClient, type Client } from './client.ts';
import { collectionAt, updateAt, type Collection, type Named } from './collection.ts';
import { configTexts, type Config } from './config-values.ts';
import { NotSupportedError } from './errors.ts';
import { events, type EventOptions, type LxdEvent } from './events.ts';
import { imagesOf, type Images } from './images.ts';
import { instanceOf, instancesOf, type Instance, type Instances } from './instances.ts';
import { metrics, type Sample } from './metrics.ts';
import { remoteOptions } from './remotes.ts';
import {
  certificatesOf,
  clusterMembersOf,
  networksOf,
  operationsOf,
  storagePoolsOf,
  warningsOf,
  type Certificates,
  type ClusterMembers,
  type Networks,
  type Operations,
  type Profile,
  type StoragePools,
} from './resources.ts';
import { addressText, openTransport, type Address } from './transport.ts';

export interface ConnectOptions {
  /** The server's unix socket; found where LXD and Incus put it when neither this nor `url` is given. */
  readonly socket?: string | undefined;
  /** `https://host:8443` */
  readonly url?: string | undefined;
  /** The client's certificate and key, the server's certificate and the like, for `url`. */
  readonly tls?: ConnectionOptions | undefined;
  /** A name that the `lxc` program knows a server by, instead of `socket` or `url`. */
  readonly remote?: string | undefined;
  readonly project?: string | undefined;
}

export interface ServerInfo {
  readonly api_version: string;
  readonly api_extensions: readonly string[];
  readonly auth: 'trusted' | 'untrusted';
  readonly public: boolean;
  readonly config: Readonly<Record<string, string>>;
  readonly environment: {
    /** `lxd` or `incus`. */
    readonly server: string;
    readonly server_version: string;
    readonly server_name: string;
    readonly architectures: readonly string[];
    readonly storage: string;
    readonly driver: string;
    readonly kernel_version: string;
    readonly addresses: readonly string[];
    readonly certificate_fingerprint: string;
    readonly project: string;
  };
}

/** A server, seen through one project. */
export interface Lxd {
  /** As it was when the connection was made. */
  readonly server: ServerInfo;
  /** Where it is, for messages. */
  readonly address: string;
  readonly instances: Instances;
  readonly images: Images;
  instance(name: string): Instance;
  readonly profiles: Collection<Profile>;
  readonly networks: Networks;
  readonly storagePools: StoragePools;
  readonly projects: Collection<Named>;
  readonly certificates: Certificates;
  readonly clusterMembers: ClusterMembers;
  readonly operations: Operations;
  readonly warnings: ReturnType<typeof warningsOf>;
  /** What happens from now on, until the signal. */
  events(options?: EventOptions): AsyncGenerator<LxdEvent, void, void>;
  metrics(): Promise<readonly Sample[]>;
  /** The machine's processors, memory, disks and network cards. */
  resources(): Promise<Readonly<Record<string, unknown>>>;
  /** Reads, changes and writes the server's own configuration. */
  configure(change: (before: ServerInfo['config']) => Config): Promise<void>;
  /** The same server through another project. */
  project(name: string): Lxd;
  /** The same server, with work done by one member of its cluster. */
  target(member: string): Lxd;
  has(extension: string): boolean;
  /** Throws a NotSupportedError that names the extension and the server's version. */
  need(extension: string): void;
  /** For calls that have no member here. */
  readonly client: Client;
  close(): void;
}

const sockets = (): readonly string[] => [
  ...['LXD_DIR', 'INCUS_DIR'].flatMap((name) => (process.env[name] ? [join(process.env[name], 'unix.socket')] : [])),
  '/var/lib/lxd/unix.socket',
  '/var/snap/lxd/common/lxd/unix.socket',
  '/var/lib/incus/unix.socket',
];

const addressOf = ({ socket, url, tls = {} }: ConnectOptions): Address => {
  if (url !== undefined) return { url, tls };
  const places = sockets();
  return { socket: socket ?? places.find((place) => existsSync(place)) ?? places[0] ?? '' };
};

/** Connects. Throws a ConnectionError that tells where nobody answered, and the remedy. */
export const connect = async ({ remote, ...given }: ConnectOptions = {}): Promise<Lxd> => {
  const known = remote === undefined ? {} : remoteOptions(remote);
  const options = { ...known, ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) };
  const address = addressOf(options);
  const transport = openTransport(address);
  const viewOf = (server: ServerInfo, client: Client): Lxd => ({
    server,
    address: addressText(address),
    client,
    instances: instancesOf(client),
    images: imagesOf(client),
    instance: (name) => instanceOf(client, name),
    profiles: collectionAt<Profile>(client, '/profiles'),
    networks: networksOf(client),
    storagePools: storagePoolsOf(client),
    projects: collectionAt<Named>(client, '/projects'),
    certificates: certificatesOf(client),
    clusterMembers: clusterMembersOf(client),
    operations: operationsOf(client),
    warnings: warningsOf(client),
    events: (options) => events(client, options),
    metrics: () => metrics(client),
    resources: () => client.read('/resources'),
    configure: (change) =>
      updateAt(client, { path: '' }, ({ config }: ServerInfo) => ({ config: configTexts(change(config)) })),
    project: (project) => viewOf(server, createClient(transport, { ...client.scope, project })),
    target: (target) => viewOf(server, createClient(transport, { ...client.scope, target })),
    has: (extension) => server.api_extensions.includes(extension),
    need: (extension) => {
      if (server.api_extensions.includes(extension)) return;
      const { server: name, server_version: version } = server.environment;
      throw new NotSupportedError(`${name} ${version} has no API extension ${extension}`, {});
    },
    close: () => transport.close(),
  });
  try {
    const client = createClient(transport, options.project === undefined ? {} : { project: options.project });
    return viewOf(await client.read<ServerInfo>(''), client);
  } catch (error) {
    transport.close();
    throw error;
  }
};
