/** What an instance is made with: pure, so that it can be told before anything is made. */
import { isLoopbackHost } from '@oreno/aws-wire';
import type { NewInstance } from '@oreno/lxd';
import { CommandFailure } from '../failure.ts';
import { keys, nameAttribute } from './fleet.ts';

/** The alias of the image that `oreno instances image build` makes. */
export const defaultImage = 'oreno-instance';

export interface LaunchRequest {
  readonly image: string;
  readonly cluster: string;
  readonly region: string;
  /** The server as the agent reaches it. */
  readonly endpoint: string;
  /** The server is on the same machine as LXD and listens on loopback: a way to it leads into the instance. */
  readonly throughHost: boolean;
  /** Cores; the whole machine when absent. */
  readonly cpu?: string | undefined;
  /** As LXD writes sizes, for example `2GiB`. */
  readonly memory?: string | undefined;
  readonly zone: string;
  readonly capacityProvider?: string | undefined;
  readonly profiles?: readonly string[] | undefined;
  readonly attributes?: Readonly<Record<string, string>> | undefined;
}

const names = /^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/i;

/** Names for `count` machines: `prefix` alone for one that nobody has, else with the next numbers that are free. */
export const chooseNames = (prefix: string, count: number, taken: ReadonlySet<string>): readonly string[] => {
  if (!names.test(prefix)) {
    throw new CommandFailure(`--name ${prefix}: letters, digits and hyphens, a letter first, at most 63.`, 2);
  }
  const chosen: string[] = [];
  for (let number = 1; chosen.length < count; number += 1) {
    const name = `${prefix}-${number}`;
    if (!taken.has(name)) chosen.push(name);
  }
  return chosen;
};

/** The zone of the `index`th machine: what was asked for in turn, else the region's first. */
export const zoneOf = (zones: readonly string[], region: string, index: number): string =>
  zones.length === 0 ? `${region}a` : (zones[index % zones.length] ?? '');

const sizes: Readonly<Record<string, number>> = { MiB: 1, GiB: 1024, MB: 1e6 / 2 ** 20, GB: 1e9 / 2 ** 20 };

/** MiB in a size as LXD writes it; throws a CommandFailure for any other text. */
export const memoryMiB = (text: string): number => {
  const [, number, unit = ''] = /^(\d+)(MiB|GiB|MB|GB)$/.exec(text) ?? [];
  const factor = sizes[unit];
  if (number === undefined || factor === undefined) {
    throw new CommandFailure(`--memory ${text}: write it like 2GiB or 512MiB.`, 2);
  }
  return Math.floor(Number(number) * factor);
};

/** Throws a CommandFailure for what is no number of cores. */
export const cores = (text: string): number => {
  if (!/^[1-9]\d{0,3}$/.test(text))
    throw new CommandFailure(`--cpu ${text}: a whole number of cores, for example 2.`, 2);
  return Number(text);
};

/** The server as instances reach it. Throws a CommandFailure for what is no address. */
const endpointUrl = (text: string): URL => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new CommandFailure(`--endpoint ${text}: write it like http://10.0.0.1:4566.`, 2);
  }
  return url;
};

/**
 * How machines reach the server: at the address that was given, or at its own; through their host where that is a loopback
 * address. Throws a CommandFailure for what is no address.
 */
export const wayToServer = (
  given: string | undefined,
  origin: string,
): Pick<LaunchRequest, 'endpoint' | 'throughHost'> => {
  const endpoint = given ?? origin;
  const { hostname } = endpointUrl(endpoint);
  return { endpoint, throughHost: given === undefined && isLoopbackHost(hostname) };
};

/** The port of an origin, also where it is the scheme's own. */
const portOf = (endpoint: string): string => {
  const { port, protocol } = new URL(endpoint);
  return port || (protocol === 'https:' ? '443' : '80');
};

/** The machine: unprivileged, with what Docker in it needs, and nothing more. */
export const machineOf = (name: string, request: LaunchRequest): NewInstance => {
  const { image, cpu, memory, cluster, region, zone, endpoint, capacityProvider, profiles, throughHost } = request;
  const loopback = `tcp:127.0.0.1:${portOf(endpoint)}`;
  return {
    name,
    source: { image },
    ...(profiles && { profiles }),
    config: {
      'security.nesting': true,
      ...(cpu !== undefined && { 'limits.cpu': cpu }),
      ...(memory !== undefined && { 'limits.memory': memory }),
      [keys.cluster]: cluster,
      [keys.region]: region,
      [keys.zone]: zone,
      [keys.endpoint]: endpoint,
      [keys.launching]: true,
      ...(capacityProvider !== undefined && { [keys.capacityProvider]: capacityProvider }),
    },
    // The same address leads to the server inside and outside, so that names of images mean the same.
    ...(throughHost && {
      devices: { oreno: { type: 'proxy', bind: 'instance', listen: loopback, connect: loopback } },
    }),
  };
};

/** The environment of the agent's unit in the instance. */
export const agentEnvironment = (name: string, request: LaunchRequest): string => {
  const { endpoint, cluster, region, zone, capacityProvider, attributes = {} } = request;
  const options = [
    `--endpoint=${endpoint}`,
    `--cluster=${cluster}`,
    `--region=${region}`,
    `--availability-zone=${zone}`,
    ...(capacityProvider === undefined ? [] : [`--capacity-provider=${capacityProvider}`]),
    ...Object.entries({ ...attributes, [nameAttribute]: name }).map(([key, value]) => `--attribute=${key}=${value}`),
  ];
  const spaced = options.find((option) => /\s/.test(option));
  if (spaced !== undefined) throw new CommandFailure(`${spaced}: an attribute of an instance cannot have spaces.`, 2);
  return `ORENO_AGENT_OPTIONS=${options.join(' ')}\n`;
};
