/** From the short words of a user to an instance's config and devices: pure. */
import type { Config, Devices, NewInstance } from '@oreno/lxd';

/** A folder of the server's machine, shown inside. */
export interface Mount {
  readonly source: string;
  readonly path: string;
  readonly readonly: boolean;
}

/** What is wanted. Everything but the image may be left out. */
export interface LaunchRequest {
  readonly image: string;
  readonly machine: 'container' | 'virtual-machine';
  readonly ephemeral: boolean;
  /** None given: the default profile. */
  readonly profiles: readonly string[] | undefined;
  readonly architecture?: string | undefined;
  readonly config: Config;
  readonly devices: Devices;
  readonly limits: {
    readonly cpu?: string | undefined;
    readonly memory?: string | undefined;
    readonly disk?: string | undefined;
    readonly processes?: string | undefined;
  };
  /** Networks to be on, the first as eth0. None given: those of the profiles. */
  readonly networks: readonly string[];
  /** A fixed IPv4 address of eth0. */
  readonly ipv4?: string | undefined;
  readonly storage?: string | undefined;
  /** `[[listen-address:]port:]port[/udp]` as with `docker run --publish`. */
  readonly ports: readonly string[];
  readonly mounts: readonly Mount[];
  /** User data for cloud-init. */
  readonly cloudInit?: string | undefined;
}

/** What was asked for cannot be. The text names it and what to write instead. */
export class LaunchRequestError extends Error {
  override readonly name = 'LaunchRequestError';
}

/**
 * The instance to create. `inherited` are the devices of its profiles: a device that is only changed must be repeated
 * whole. Throws a LaunchRequestError.
 */
export const decideInstance = (request: LaunchRequest, inherited: Devices): Omit<NewInstance, 'name' | 'source'> => {
  const { limits } = request;
  const config = {
    ...(limits.cpu !== undefined && { 'limits.cpu': limits.cpu }),
    ...(limits.memory !== undefined && { 'limits.memory': limits.memory }),
    ...(limits.processes !== undefined && { 'limits.processes': limits.processes }),
    ...(request.cloudInit !== undefined && { 'cloud-init.user-data': request.cloudInit }),
    ...request.config,
  };
  const devices = {
    ...rootDisk(request, inherited),
    ...nics(request, inherited),
    ...Object.fromEntries(request.ports.map((text, index) => [`port${index}`, portDevice(text)])),
    ...Object.fromEntries(request.mounts.map((mount, index) => [`mount${index}`, mountDevice(mount)])),
    ...request.devices,
  };
  return {
    type: request.machine,
    ephemeral: request.ephemeral,
    config,
    devices,
    ...(request.profiles !== undefined && { profiles: request.profiles }),
    ...(request.architecture !== undefined && { architecture: request.architecture }),
  };
};

const rootDisk = ({ limits, storage }: LaunchRequest, inherited: Devices): Devices => {
  if (limits.disk === undefined && storage === undefined) return {};
  const [name, device] = Object.entries(inherited).find(([, { type, path }]) => type === 'disk' && path === '/') ?? [
    'root',
    { type: 'disk', path: '/' },
  ];
  const pool = storage ?? device['pool'];
  if (pool === undefined) {
    throw new LaunchRequestError('A size of the disk needs a storage pool, and no profile names one: say which.');
  }
  return { [name]: { ...device, pool, ...(limits.disk !== undefined && { size: limits.disk }) } };
};

const nics = ({ networks, ipv4 }: LaunchRequest, inherited: Devices): Devices => {
  const chosen = Object.fromEntries(
    networks.map((network, index) => [`eth${index}`, { type: 'nic', name: `eth${index}`, network }]),
  );
  if (ipv4 === undefined) return chosen;
  const first = chosen['eth0'] ?? inherited['eth0'];
  if (first === undefined) throw new LaunchRequestError('A fixed address needs a network, and eth0 is on none.');
  return { ...chosen, eth0: { ...first, 'ipv4.address': ipv4 } };
};

export const lastPort = 65_535;

const portDevice = (text: string): Config => {
  const [, listen = '127.0.0.1', host, inside, protocol = 'tcp'] =
    /^(?:(?:([\d.]+|\[[0-9a-f:]+\]):)?(\d+):)?(\d+)(?:\/(tcp|udp))?$/.exec(text) ?? [];
  if (inside === undefined || Number(inside) > lastPort || Number(host ?? 1) > lastPort) {
    throw new LaunchRequestError(
      `The port ${JSON.stringify(text)} is written like 8080:80, 0.0.0.0:8080:80 or 53:53/udp.`,
    );
  }
  return {
    type: 'proxy',
    listen: `${protocol}:${listen}:${host ?? inside}`,
    connect: `${protocol}:127.0.0.1:${inside}`,
  };
};

const mountDevice = ({ source, path, readonly }: Mount): Config => ({
  type: 'disk',
  source,
  path,
  ...(readonly && { readonly: true }),
});
