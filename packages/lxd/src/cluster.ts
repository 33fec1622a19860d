/** Clusters: members, groups, join tokens (LXD documentation, "Clusters"). */
import type {
  Cluster,
  ClusterGroup,
  ClusterGroupsPost,
  ClusterMember,
  ClusterMemberJoinToken,
  ClusterMemberState,
} from './api/types.ts';
import { type Client, part } from './client.ts';
import { collectionAt, type Collection } from './collection.ts';
import { Operation, type OperationOptions } from './operation.ts';

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

export interface ClusterView {
  get(): Promise<Cluster>;
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

export const clusterOf = (client: Client): ClusterView => ({
  get: () => client.read('/cluster'),
  members: clusterMembersOf(client),
  groups: collectionAt(client, '/cluster/groups', { needs: 'clustering_groups' }),
});
