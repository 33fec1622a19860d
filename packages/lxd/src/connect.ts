/** Connecting to a server: the local one by its socket, others over HTTPS. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Profile, ProfilesPost, Resources, Server } from './api/types.ts';
import { certificatesOf, type Certificates } from './certificates.ts';
import { createClient, type Client } from './client.ts';
import { clusterOf, type ClusterMembers, type ClusterView } from './cluster.ts';
import { collectionAt, updateAt, type Collection } from './collection.ts';
import { configTexts, type Config } from './config-values.ts';
import { events, type EventOptions, type LxdEvent } from './events.ts';
import { imagesOf, type Images } from './images.ts';
import { instanceOf, instancesOf, type Instance, type Instances } from './instances.ts';
import { metrics, type Sample } from './metrics.ts';
import { networkAclsOf, networkZonesOf, type NetworkAcls, type NetworkZones } from './network/acls-and-zones.ts';
import { networksOf, type Networks } from './network/networks.ts';
import { operationsOf, type Operations } from './operations.ts';
import { projectsOf, warningsOf, type Projects, type Warnings } from './projects.ts';
import { remoteOptions, type RemoteOptions } from './remotes.ts';
import { storagePoolsOf, type StoragePools } from './storage/pools.ts';
import { addressText, openTransport, type Address } from './transport.ts';

export interface ConnectOptions extends RemoteOptions {
  /** A name that the `lxc` program knows a server by, instead of `socket` or `url`. */
  readonly remote?: string | undefined;
  /** Milliseconds that a server at a `url` has until a connection is ready; 15,000 when absent. */
  readonly connectTimeout?: number | undefined;
}

/** A server as it tells of itself; `environment.server` is `lxd` or `incus`. */
export type ServerInfo = Omit<Server, 'config'> & { readonly config: Readonly<Record<string, string>> };

/** A server, seen through one project. */
export interface Lxd {
  /** As it was when the connection was made. */
  readonly server: ServerInfo;
  /** Where it is, for messages. */
  readonly address: string;
  readonly instances: Instances;
  readonly images: Images;
  instance(name: string): Instance;
  readonly profiles: Collection<Profile, ProfilesPost>;
  readonly networks: Networks;
  readonly networkAcls: NetworkAcls;
  readonly networkZones: NetworkZones;
  readonly storagePools: StoragePools;
  readonly projects: Projects;
  readonly certificates: Certificates;
  readonly cluster: ClusterView;
  readonly clusterMembers: ClusterMembers;
  readonly operations: Operations;
  readonly warnings: Warnings;
  /** What happens from now on, until the signal. */
  events(options?: EventOptions): AsyncGenerator<LxdEvent, void, void>;
  metrics(): Promise<readonly Sample[]>;
  /** The machine's processors, memory, disks and network cards. */
  resources(): Promise<Resources>;
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

const addressOf = ({ socket, url, tls = {}, connectTimeout }: ConnectOptions): Address => {
  if (url !== undefined) return { url, tls, connectTimeout };
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
    profiles: collectionAt(client, '/profiles'),
    networks: networksOf(client),
    networkAcls: networkAclsOf(client),
    networkZones: networkZonesOf(client),
    storagePools: storagePoolsOf(client),
    projects: projectsOf(client),
    cluster: clusterOf(client),
    certificates: certificatesOf(client),
    clusterMembers: clusterOf(client).members,
    operations: operationsOf(client),
    warnings: warningsOf(client),
    events: (options) => events(client, options),
    metrics: () => metrics(client),
    resources: () => client.read('/resources'),
    configure: (change) =>
      updateAt(client, { path: '' }, ({ config }: ServerInfo) => ({ config: configTexts(change(config)) })),
    project: (project) => viewOf(server, client.within({ project })),
    target: (target) => viewOf(server, client.within({ target })),
    has: (extension) => server.api_extensions.includes(extension),
    need: (extension) => client.need(extension),
    close: () => transport.close(),
  });
  try {
    const scope: Client['scope'] = options.project === undefined ? {} : { project: options.project };
    const server = await createClient(transport, scope).read<ServerInfo>('');
    return viewOf(server, createClient(transport, scope, server));
  } catch (error) {
    transport.close();
    throw error;
  }
};
