/**
 * The rest of a server: profiles, networks, storage, projects, trust, cluster members, warnings. Members that LXD and
 * Incus add with time are in the answers whether they are named here or not.
 */
import { type Client, part } from './client.ts';
import { collectionAt, type Collection, type Named } from './collection.ts';
import { Operation, type OperationOptions, type OperationState } from './operation.ts';

type Devices = Readonly<Record<string, Readonly<Record<string, string>>>>;

export interface Profile extends Named {
  readonly devices: Devices;
  readonly used_by?: readonly string[];
}

export interface Network extends Named {
  readonly type: string;
  readonly managed: boolean;
  readonly status: string;
  readonly locations: readonly string[];
  readonly used_by?: readonly string[];
}

export interface Lease {
  readonly hostname: string;
  readonly hwaddr: string;
  readonly address: string;
  readonly type: string;
  readonly location: string;
}

export interface NetworkState {
  readonly addresses: readonly { readonly family: string; readonly address: string; readonly netmask: string }[];
  readonly counters: Readonly<Record<string, number>>;
  readonly hwaddr: string;
  readonly mtu: number;
  readonly state: string;
  readonly type: string;
}

export interface Forward {
  readonly listen_address: string;
  readonly description: string;
  readonly config: Readonly<Record<string, string>>;
  readonly ports: readonly {
    readonly protocol: string;
    readonly listen_port: string;
    readonly target_port: string;
    readonly target_address: string;
    readonly description: string;
  }[];
}

export interface Networks extends Collection<Network> {
  leases(network: string): Promise<readonly Lease[]>;
  state(network: string): Promise<NetworkState>;
  /** Addresses whose traffic is passed on to instances; named by their listen address. */
  forwards(network: string): Collection<Forward>;
}

export interface StoragePool extends Named {
  readonly driver: string;
  readonly status: string;
  readonly locations: readonly string[];
  readonly used_by?: readonly string[];
}

export interface StorageVolume extends Named {
  readonly type: string;
  readonly content_type: string;
  readonly location: string;
  readonly pool?: string;
  readonly used_by?: readonly string[];
}

export interface StorageBucket extends Named {
  readonly s3_url: string;
  readonly location: string;
}

export interface PoolResources {
  /** Bytes. */
  readonly space: { readonly used: number; readonly total: number };
  readonly inodes: { readonly used: number; readonly total: number };
}

export interface StoragePools extends Collection<StoragePool> {
  resources(pool: string): Promise<PoolResources>;
  /** Volumes that are made by hand. */
  volumes(pool: string): Collection<StorageVolume>;
  /** Throws from the server where it has no buckets (API extension storage_buckets). */
  buckets(pool: string): Collection<StorageBucket>;
}

export interface Certificate {
  readonly fingerprint: string;
  readonly name: string;
  readonly type: string;
  readonly certificate: string;
  readonly restricted: boolean;
  readonly projects: readonly string[];
}

export interface NewCertificate {
  readonly name: string;
  /** Base 64 of the certificate in DER; the caller's own when absent. */
  readonly certificate?: string | undefined;
  readonly restricted?: boolean | undefined;
  readonly projects?: readonly string[] | undefined;
}

export interface Certificates extends Omit<Collection<Certificate>, 'create' | 'rename'> {
  add(certificate: NewCertificate): Promise<void>;
  /** A token with which a client that is not trusted yet adds its own certificate, once. */
  token(name: string, options?: Pick<NewCertificate, 'projects' | 'restricted'>): Promise<string>;
  /** The caller, not trusted yet, has itself trusted by a token (or, up to LXD 5, a trust password). */
  trustMe(secret: string, name?: string): Promise<void>;
}

export interface ClusterMember {
  readonly server_name: string;
  readonly url: string;
  readonly status: string;
  readonly message: string;
  readonly architecture: string;
  readonly roles: readonly string[];
  readonly failure_domain: string;
}

export interface Warning {
  readonly uuid: string;
  readonly type: string;
  readonly severity: string;
  readonly status: string;
  readonly count: number;
  readonly last_message: string;
  readonly last_seen_at: string;
}

export interface Operations {
  list(): Promise<readonly OperationState[]>;
  get(id: string): Promise<OperationState>;
  cancel(id: string): Promise<void>;
}

export const networksOf = (client: Client): Networks => ({
  ...collectionAt<Network>(client, '/networks'),
  leases: (network) => client.read(`/networks/${part(network)}/leases`, { subject: network }),
  state: (network) => client.read(`/networks/${part(network)}/state`, { subject: network }),
  forwards: (network) => collectionAt<Forward>(client, `/networks/${part(network)}/forwards`),
});

export const storagePoolsOf = (client: Client): StoragePools => ({
  ...collectionAt<StoragePool>(client, '/storage-pools'),
  resources: (pool) => client.read(`/storage-pools/${part(pool)}/resources`, { subject: pool }),
  volumes: (pool) => collectionAt<StorageVolume>(client, `/storage-pools/${part(pool)}/volumes/custom`),
  buckets: (pool) => collectionAt<StorageBucket>(client, `/storage-pools/${part(pool)}/buckets`),
});

/** What a token says, as the programs exchange it: base 64 of JSON. */
const tokenText = ({ metadata }: OperationState): string => {
  const { addresses, fingerprint, secret, request, expiresAt } = metadata as unknown as {
    readonly addresses: readonly string[];
    readonly fingerprint: string;
    readonly secret: string;
    readonly request: { readonly name: string };
    readonly expiresAt?: string;
  };
  const token = {
    client_name: request.name,
    fingerprint,
    addresses,
    secret,
    expires_at: expiresAt ?? '0001-01-01T00:00:00Z',
  };
  return Buffer.from(JSON.stringify(token)).toString('base64');
};

export const certificatesOf = (client: Client): Certificates => {
  const { list, get, update, delete: remove } = collectionAt<Certificate>(client, '/certificates');
  const post = (json: object) => client.call({ method: 'POST', path: '/certificates', json });
  return {
    list,
    get,
    update,
    delete: remove,
    add: async (certificate) => void (await post({ type: 'client', ...certificate })),
    token: async (name, options = {}) => {
      const { envelope } = await post({ type: 'client', name, token: true, ...options });
      return tokenText(envelope.metadata as OperationState);
    },
    // LXD 5 takes both in one member, later servers and Incus take tokens in another.
    trustMe: async (secret, name) =>
      void (await post({ type: 'client', password: secret, trust_token: secret, ...(name !== undefined && { name }) })),
  };
};

/** Newer servers group operations by status. */
const flatten = (answer: readonly OperationState[] | Readonly<Record<string, readonly OperationState[]>>) =>
  Array.isArray(answer) ? (answer as readonly OperationState[]) : Object.values(answer ?? {}).flat();

export const operationsOf = (client: Client): Operations => ({
  list: async () => flatten(await client.read('/operations', { query: { recursion: 1 } })),
  get: (id) => client.read(`/operations/${part(id)}`, { subject: id }),
  cancel: async (id) => void (await client.call({ method: 'DELETE', path: `/operations/${part(id)}`, subject: id })),
});

export interface ClusterMembers extends Pick<Collection<ClusterMember>, 'get' | 'list' | 'update'> {
  /** Removes a member; `force` also where it does not answer. */
  remove(name: string, options?: OperationOptions & { readonly force?: boolean }): Operation;
}

export const clusterMembersOf = (client: Client): ClusterMembers => {
  const { list, get, update } = collectionAt<ClusterMember>(client, '/cluster/members');
  return {
    list,
    get,
    update,
    remove: (name, { force = false, signal } = {}) => {
      const query = force ? { force: 1 } : {};
      const path = `/cluster/members/${part(name)}`;
      return new Operation(client, { method: 'DELETE', path, query, subject: name }, { signal });
    },
  };
};

export const warningsOf = (client: Client) => {
  const { list, get, update, delete: remove } = collectionAt<Warning>(client, '/warnings');
  return { list, get, delete: remove, acknowledge: (uuid: string) => update(uuid, () => ({ status: 'acknowledged' })) };
};
