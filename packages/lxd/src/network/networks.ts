/** Networks with what belongs to one: leases, state, forwards, peers, load balancers (LXD documentation, "Networks"). */
import type {
  Network,
  NetworkAllocations,
  NetworkForward,
  NetworkForwardsPost,
  NetworkIntegration,
  NetworkIntegrationsPost,
  NetworkLease,
  NetworkLoadBalancer,
  NetworkLoadBalancersPost,
  NetworkLoadBalancerState,
  NetworkPeer,
  NetworkPeersPost,
  NetworksPost,
  NetworkState,
} from '../api/types.ts';
import { type Client, part } from '../client.ts';
import { collectionAt, type Collection } from '../collection.ts';

/** Load balancers of a network; named by their listen address. */
export interface LoadBalancers extends Omit<Collection<NetworkLoadBalancer, NetworkLoadBalancersPost>, 'rename'> {
  /** Which backends are healthy, where the server looks (extension network_load_balancer_state). */
  state(listenAddress: string): Promise<NetworkLoadBalancerState>;
}

export interface Networks extends Collection<Network, NetworksPost> {
  leases(network: string): Promise<readonly NetworkLease[]>;
  state(network: string): Promise<NetworkState>;
  /** Addresses whose traffic is passed on to instances; named by their listen address. */
  forwards(network: string): Omit<Collection<NetworkForward, NetworkForwardsPost>, 'rename'>;
  /** Networks that this one routes to. */
  peers(network: string): Omit<Collection<NetworkPeer, NetworkPeersPost>, 'rename'>;
  loadBalancers(network: string): LoadBalancers;
  /** Which addresses are in use by what, of all networks (extension network_allocations). */
  allocations(): Promise<readonly NetworkAllocations[]>;
  /** Of Incus: what connects networks of several deployments. */
  readonly integrations: Collection<NetworkIntegration, NetworkIntegrationsPost>;
}

export const networksOf = (client: Client): Networks => {
  const at = (network: string): string => `/networks/${part(network)}`;
  return {
    ...collectionAt<Network, NetworksPost>(client, '/networks'),
    leases: (network) => client.list(`${at(network)}/leases`, { subject: network }),
    state: (network) => client.read(`${at(network)}/state`, { subject: network }),
    forwards: (network) => collectionAt(client, `${at(network)}/forwards`, { needs: 'network_forward' }),
    peers: (network) => collectionAt(client, `${at(network)}/peers`, { needs: 'network_peer' }),
    loadBalancers: (network) => {
      const path = `${at(network)}/load-balancers`;
      const needs = 'network_load_balancer_state';
      return {
        ...collectionAt<NetworkLoadBalancer, NetworkLoadBalancersPost>(client, path, {
          needs: 'network_load_balancer',
        }),
        state: (address) => client.read(`${path}/${part(address)}/state`, { subject: address, needs }),
      };
    },
    allocations: () => client.list('/network-allocations', { needs: 'network_allocations' }),
    integrations: collectionAt(client, '/network-integrations', { needs: 'network_integrations' }),
  };
};
