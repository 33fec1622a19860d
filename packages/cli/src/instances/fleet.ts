/**
 * The container instances that oreno launched: LXD containers that carry what they are for in their configuration, and
 * what ECS knows of the agents in them. Nothing is kept anywhere else.
 */
import type { ecs } from '@oreno/aws-wire';
import type { InstanceAddress, InstanceInfo, Lxd } from '@oreno/lxd';
import type { Client } from '../client.ts';
import { openTarget } from '../lxd/target.ts';

/** Configuration keys of an instance; LXD keeps whatever begins with `user.`. */
export const keys = {
  cluster: 'user.oreno.cluster',
  zone: 'user.oreno.zone',
  endpoint: 'user.oreno.endpoint',
  region: 'user.oreno.region',
  capacityProvider: 'user.oreno.capacity-provider',
  /** Until it has joined. */
  launching: 'user.oreno.launching',
} as const;

/** The attribute by which a container instance tells its LXD name. */
export const nameAttribute = 'oreno.lxd-name';

/** One of them: the machine, and the container instance, once its agent has joined. */
export interface FleetInstance {
  readonly name: string;
  readonly cluster: string;
  readonly machine: InstanceInfo;
  readonly address: string | undefined;
  readonly containerInstance: ecs.ContainerInstance | undefined;
}

/** Where instances are launched: a remote's name, a socket's path or a URL; this machine's server when absent. */
export const openLxd = (place: string | undefined): Promise<Lxd> =>
  openTarget({ remote: place?.startsWith('/') === true ? `unix:${place}` : place });

const isReachable = ({ family, scope }: InstanceAddress): boolean => family === 'inet' && scope === 'global';

const addressOf = ({ state }: InstanceInfo): string | undefined =>
  state?.network?.['eth0']?.addresses.find(isReachable)?.address;

/** The container instances of a cluster that are not INACTIVE, and come from machines, each with its LXD name. */
const registered = async (
  client: Pick<Client, 'ecs'>,
  cluster: string,
): Promise<readonly { readonly name: string; readonly containerInstance: ecs.ContainerInstance }[]> => {
  const found: { readonly name: string; readonly containerInstance: ecs.ContainerInstance }[] = [];
  for (const status of ['ACTIVE', 'DRAINING', 'REGISTERING'] as const) {
    let nextToken: string | undefined;
    do {
      const page = await client.ecs('ListContainerInstances', { cluster, status, nextToken });
      nextToken = page.nextToken;
      const containerInstances = page.containerInstanceArns ?? [];
      if (containerInstances.length === 0) continue;
      const described = await client.ecs('DescribeContainerInstances', { cluster, containerInstances });
      for (const containerInstance of described.containerInstances ?? []) {
        const name = containerInstance.attributes?.find((attribute) => attribute.name === nameAttribute)?.value;
        if (name !== undefined) found.push({ name, containerInstance });
      }
    } while (nextToken !== undefined);
  }
  return found;
};

/** Those of a cluster by their LXD name. */
const joined = async (client: Client, cluster: string): Promise<ReadonlyMap<string, ecs.ContainerInstance>> => {
  const byName = new Map<string, ecs.ContainerInstance>();
  for (const { name, containerInstance } of await registered(client, cluster)) {
    // A machine that was launched again under its name has joined again; the connected one is it.
    if (containerInstance.agentConnected === true || !byName.has(name)) byName.set(name, containerInstance);
  }
  return byName;
};

/**
 * Deregisters what a machine that has been deleted registered before its end. `since` tells it from others that had the
 * name, in milliseconds since the epoch.
 */
export const deregisterGone = async (
  client: Pick<Client, 'ecs'>,
  cluster: string,
  name: string,
  since: number,
): Promise<void> => {
  for (const each of await registered(client, cluster)) {
    const { containerInstanceArn = '', registeredAt } = each.containerInstance;
    if (each.name !== name || (registeredAt ?? 0) < since) continue;
    await client.ecs('DeregisterContainerInstance', { cluster, containerInstance: containerInstanceArn, force: true });
  }
};

/** What there is, in all clusters or in one; without a client, as where the server is away, the machines alone. */
export const fleetOf = async (
  lxd: Lxd,
  client: Client | undefined,
  cluster?: string,
): Promise<readonly FleetInstance[]> => {
  const machines = (await lxd.instances.list({ withState: true })).filter(
    ({ config }) => config[keys.cluster] !== undefined && (cluster === undefined || config[keys.cluster] === cluster),
  );
  const clusters = new Set(machines.map(({ config }) => config[keys.cluster] ?? ''));
  const known = new Map<string, ReadonlyMap<string, ecs.ContainerInstance>>();
  for (const each of clusters) {
    if (client === undefined) break;
    const isThere = await client.ecs('DescribeClusters', { clusters: [each] });
    const isActive = isThere.clusters?.some(({ status }) => status === 'ACTIVE') === true;
    known.set(each, isActive ? await joined(client, each) : new Map());
  }
  return machines.map((machine) => {
    const own = machine.config[keys.cluster] ?? '';
    const containerInstance = known.get(own)?.get(machine.name);
    return { name: machine.name, cluster: own, machine, address: addressOf(machine), containerInstance };
  });
};
