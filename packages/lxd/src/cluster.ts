/** Clusters: members, groups, join tokens (LXD documentation, "Clusters"). */
import type {
  Cluster,
  ClusterGroup,
  ClusterGroupsPost,
  ClusterMember,
  ClusterMemberConfigKey,
  ClusterMemberJoinToken,
  ClusterMemberState,
} from './api/types.ts';
import { type Client, part } from './client.ts';
import { collectionAt, type Collection } from './collection.ts';
import { Operation, type OperationOptions, type OperationState } from './operation.ts';
import { answeringOf } from './shown-certificate.ts';

export interface ClusterMembers extends Pick<Collection<ClusterMember>, 'get' | 'list' | 'update' | 'rename'> {
  /** Removes a member; `force` also where it does not answer. */
  remove(name: string, options?: OperationOptions & { readonly force?: boolean }): Operation;
  /** A token, base 64 of JSON, with which a server of this name joins, once. */
  joinToken(name: string): Promise<string>;
  /** Moves what runs on a member to others, for its maintenance. */
  evacuate(name: string, options?: OperationOptions & { readonly mode?: string }): Operation;
  /** Takes a member back into use, with what ran on it. */
  restore(name: string, options?: OperationOptions): Operation;
  /** Load, memory and pools of a member (extension cluster_member_state). */
  state(name: string): Promise<ClusterMemberState>;
}

/** How a server becomes a member of a cluster that is there. */
export interface ClusterJoin {
  /** The name that the token was made for. */
  readonly name: string;
  /** `host:port` under which the other members reach it. */
  readonly address: string;
  /** Of {@link ClusterMembers.joinToken}. */
  readonly token: string;
  /** What is this member's own of pools and networks: {@link Cluster.member_config} tells which keys want a value. */
  readonly config?: readonly ClusterMemberConfigKey[] | undefined;
}

export interface ClusterView {
  get(): Promise<Cluster>;
  /** Makes this server the first member of a new cluster. It must listen on the network already. */
  bootstrap(name: string, options?: OperationOptions): Operation;
  /**
   * Makes this server a member of another one's cluster; what it has of its own is gone. Throws a ConnectionError where
   * no member of the token answers with the certificate that the token names.
   */
  join(how: ClusterJoin, options?: OperationOptions): Promise<OperationState>;
  /** Replaces the certificate that all members show, in PEM. */
  setCertificate(certificate: { readonly certificate: string; readonly key: string }): Promise<void>;
  readonly members: ClusterMembers;
  readonly groups: Collection<ClusterGroup, ClusterGroupsPost>;
}

export const clusterMembersOf = (client: Client): ClusterMembers => {
  const { list, get, update } = collectionAt<ClusterMember>(client, '/cluster/members');
  const at = (name: string) => ({ path: `/cluster/members/${part(name)}`, subject: name });
  const change = (name: string, json: object, { signal }: OperationOptions = {}): Operation => {
    const path = `${at(name).path}/state`;
    const call = { method: 'POST', path, json, subject: name, needs: 'clustering_evacuation' } as const;
    return new Operation(client, call, { signal });
  };
  return {
    list,
    get,
    update,
    rename: async (name, to) => void (await client.call({ method: 'POST', ...at(name), json: { server_name: to } })),
    remove: (name, { force = false, signal } = {}) =>
      new Operation(client, { method: 'DELETE', ...at(name), query: force ? { force: 1 } : {} }, { signal }),
    joinToken: async (name) => {
      const call = { method: 'POST', path: '/cluster/members', json: { server_name: name } } as const;
      const { envelope } = await client.call({ ...call, subject: name, needs: 'clustering_join_token' });
      const { metadata } = envelope.metadata as { readonly metadata: ClusterMemberJoinToken & Record<string, unknown> };
      const { fingerprint, addresses, secret } = metadata;
      const expires_at = (metadata['expiresAt'] as string | undefined) ?? metadata.expires_at;
      const token = { server_name: name, fingerprint, addresses, secret, expires_at };
      return Buffer.from(JSON.stringify(token)).toString('base64');
    },
    evacuate: (name, { mode, ...options } = {}) =>
      change(name, { action: 'evacuate', ...(mode !== undefined && { mode }) }, options),
    restore: (name, options) => change(name, { action: 'restore' }, options),
    state: (name) => client.read(`${at(name).path}/state`, { subject: name, needs: 'cluster_member_state' }),
  };
};

const put = (client: Client, json: object, { signal }: OperationOptions = {}): Operation =>
  new Operation(client, { method: 'PUT', path: '/cluster', json, subject: 'cluster' }, { signal });

const join = async (client: Client, how: ClusterJoin, options?: OperationOptions): Promise<OperationState> => {
  const { address, certificate } = await answeringOf(how.token);
  const json = {
    server_name: how.name,
    enabled: true,
    server_address: how.address,
    cluster_address: address,
    cluster_certificate: certificate,
    cluster_certificate_password: '',
    // LXD 5 takes the token in the password's member, later servers and Incus in one of its own.
    cluster_password: how.token,
    cluster_token: how.token,
    member_config: how.config ?? [],
  };
  return put(client, json, options);
};

export const clusterOf = (client: Client): ClusterView => ({
  get: () => client.read('/cluster'),
  bootstrap: (name, options) => put(client, { server_name: name, enabled: true }, options),
  join: (how, options) => join(client, how, options),
  setCertificate: async ({ certificate, key }) => {
    const json = { cluster_certificate: certificate, cluster_certificate_key: key };
    const call = { method: 'PUT', path: '/cluster/certificate', json, subject: 'cluster' } as const;
    await client.call({ ...call, needs: 'clustering_update_cert' });
  },
  members: clusterMembersOf(client),
  groups: collectionAt(client, '/cluster/groups', { needs: 'clustering_groups' }),
});
