/**
 * A Test Kitchen driver's configuration, as LXD is to be asked: pure. Keys of the earlier LXD drivers are read too; a
 * key that nobody knows becomes a warning, since a slip of the pen would otherwise be obeyed in silence.
 */
import type { Config, Devices } from '@oreno/lxd';
import { BridgeError } from '../bridge/error.ts';
import { lastPort, type LaunchRequest, type Mount } from '../launch-spec.ts';
import type { Target } from '../target.ts';
import { isGiven, list, map, number, text, textMap, truth, type Raw } from './values.ts';

export interface KitchenConfig {
  readonly target: Target;
  /** What to look for, in this order. */
  readonly images: readonly string[];
  readonly instanceName: string | undefined;
  readonly request: LaunchRequest;
  readonly username: string;
  /** For the ssh transport. */
  readonly publicKeyPath: string;
  /** Below the user's home. */
  readonly authorizedKeysPath: string;
  /** Milliseconds an instance has to boot. */
  readonly timeout: number;
  /** Stop without asking, at destroy. */
  readonly force: boolean;
  /** Keep the converged instance, and start from it while its inputs are the same. */
  readonly snapshot: boolean;
  /** Milliseconds that a kept instance serves. */
  readonly snapshotMaxAge: number;
  /** How many instances of the platform are to wait booted; 0 when none. */
  readonly pool: number;
  /** Milliseconds that one waits before it is of no use any more. */
  readonly poolMaxAge: number;
  /** Destroy only stops. */
  readonly neverDestroy: boolean;
  /** Alias of the image that `kitchen package` makes. */
  readonly packageName: string | undefined;
  readonly warnings: readonly string[];
}

/** Keys with older names; the first is the one to write. */
const names = {
  remote: ['remote', 'uri', 'server'],
  image: ['image', 'container_image', 'image_name', 'alias', 'fingerprint'],
  instance: ['instance_name', 'container_name', 'container'],
  package: ['package_name', 'publish_image_name'],
} as const;

const wordsOf = (text: string): readonly string[] => text.trim().split(/\s+/);

/** All that may be written. */
export const known: ReadonlySet<string> = new Set([
  ...Object.values(names).flat(),
  ...wordsOf(`
    port project client_cert client_key server_cert image_os image_release architecture ephemeral vm profiles profile
    config devices limits limits_cpu network storage ports ipv4 mounts mount cloud_init username public_key_path
    authorized_keys_path timeout force never_destroy snapshot snapshot_max_age
    pool pool_max_age oreno_command`),
]);

/** Test Kitchen's own keys, which it gives to every driver. */
const kitchens = new Set(
  wordsOf(`
    name kitchen_root test_base_path log_level log_overwrite log_root pre_create_command colorize debug no_instance_log
    http_proxy https_proxy ftp_proxy no_proxy`),
);

const first = (raw: Raw, keys: readonly string[]): string | undefined => {
  const key = keys.find((each) => text(raw, each) !== undefined);
  return key === undefined ? undefined : text(raw, key);
};

/** Reads it. Throws a BridgeError `invalid-config` that names the key. */
export const readConfig = (raw: Raw, platform: string): KitchenConfig => ({
  target: targetOf(raw),
  images: imagesOf(raw, platform),
  instanceName: first(raw, names.instance),
  request: requestOf(raw, platform),
  username: text(raw, 'username') ?? 'root',
  publicKeyPath: text(raw, 'public_key_path') ?? '~/.ssh/id_rsa.pub',
  authorizedKeysPath: text(raw, 'authorized_keys_path') ?? '/.ssh/authorized_keys',
  timeout: (number(raw, 'timeout') ?? 60) * 1000,
  force: truth(raw, 'force') ?? true,
  snapshot: truth(raw, 'snapshot') ?? false,
  snapshotMaxAge: (number(raw, 'snapshot_max_age') ?? 86_400) * 1000,
  pool: poolOf(raw).size,
  poolMaxAge: (number(raw, 'pool_max_age') ?? 3600) * 1000,
  neverDestroy: truth(raw, 'never_destroy') ?? false,
  packageName: first(raw, names.package),
  warnings: [...strayKeys(raw), ...poolOf(raw).warnings],
});

const strayKeys = (raw: Raw): readonly string[] =>
  Object.entries(raw)
    .filter(([key, value]) => isGiven(value) && !known.has(key) && !kitchens.has(key))
    .map(([key]) => `The driver lxd has no key ${key}, and leaves it alone.`);

/** A name or an address of its own is one instance's only, so none can wait with it; one that is kept needs no other. */
const poolOf = (raw: Raw): { readonly size: number; readonly warnings: readonly string[] } => {
  const size = number(raw, 'pool') ?? 0;
  if (!Number.isInteger(size)) throw new BridgeError('invalid-config', `pool is to be a whole number, and is ${size}.`);
  const kept = truth(raw, 'never_destroy') === true ? 'never_destroy' : undefined;
  const fixed = kept ?? ['ipv4', ...names.instance].find((key) => text(raw, key) !== undefined);
  if (size === 0 || fixed === undefined) return { size, warnings: [] };
  return { size: 0, warnings: [`The driver lxd keeps no pool where ${fixed} is set.`] };
};

const requestOf = (raw: Raw, platform: string): LaunchRequest => ({
  image: imagesOf(raw, platform)[0] ?? platform,
  machine: truth(raw, 'vm') === true ? 'virtual-machine' : 'container',
  ephemeral: truth(raw, 'ephemeral') ?? false,
  profiles: list(raw, 'profiles') ?? list(raw, 'profile'),
  architecture: architectureOf(raw),
  config: configOf(raw),
  devices: devicesOf(raw),
  limits: limitsOf(raw),
  networks: list(raw, 'network') ?? [],
  ipv4: text(raw, 'ipv4'),
  storage: text(raw, 'storage'),
  ports: portsOf(raw),
  mounts: mountsOf(raw),
  cloudInit: cloudInitOf(raw),
});

/** The first driver's default, where Debian puts LXD, means this machine: found wherever it is. */
const localDefault = 'unix:///var/lib/lxd/unix.socket';

const targetOf = (raw: Raw): Target => {
  const given = first(raw, names.remote);
  const port = number(raw, 'port') ?? 8443;
  const bare = given !== undefined && /^https:\/\/[^:/]+\/?$/.test(given);
  return {
    remote: given === localDefault ? undefined : bare ? `${given.replace(/\/$/, '')}:${port}` : given,
    project: text(raw, 'project'),
    clientCertificate: text(raw, 'client_cert'),
    clientKey: text(raw, 'client_key'),
    serverCertificate: text(raw, 'server_cert'),
  };
};

/** `debian-12` is also looked for as debian/12 and debian12. */
const imagesOf = (raw: Raw, platform: string): readonly string[] => {
  const named = first(raw, names.image);
  if (named !== undefined) return [named];
  const os = text(raw, 'image_os');
  const release = text(raw, 'image_release');
  const base = os !== undefined && release !== undefined ? `${os}-${release}` : platform;
  return [...new Set([base, base.replace('-', '/'), base.replace('-', '')])];
};

/** The first drivers took LXD's internal numbers. */
const architectures: Readonly<Record<string, string>> = { 1: 'i686', 2: 'x86_64', 3: 'armv7l', 4: 'aarch64' };

const architectureOf = (raw: Raw): string | undefined => {
  const given = text(raw, 'architecture');
  return given === undefined ? undefined : (architectures[given] ?? given);
};

/** A map, or `key=value` texts. */
const configOf = (raw: Raw): Config => {
  const value = raw['config'];
  if (typeof value !== 'string' && !Array.isArray(value)) return textMap(raw, 'config');
  return Object.fromEntries(
    (list(raw, 'config') ?? []).map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1)
        throw new BridgeError('invalid-config', `config: ${JSON.stringify(pair)} is to be written key=value.`);
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
};

const limitNames = ['cpu', 'memory', 'disk', 'processes'];

const limitsOf = (raw: Raw): LaunchRequest['limits'] => {
  const limits = map(raw, 'limits');
  const stray = Object.keys(limits).find((key) => !limitNames.includes(key));
  if (stray !== undefined) {
    throw new BridgeError('invalid-config', `limits has no key ${stray}; it has ${limitNames.join(', ')}.`);
  }
  const limit = (name: string): string | undefined => text({ [`limits.${name}`]: limits[name] }, `limits.${name}`);
  return {
    cpu: limit('cpu') ?? text(raw, 'limits_cpu'),
    memory: limit('memory'),
    disk: limit('disk'),
    processes: limit('processes'),
  };
};

/** YAML takes 22:22 without quotes for one number, of base 60. */
const portsOf = (raw: Raw): readonly string[] => {
  const ports = list(raw, 'ports') ?? [];
  const number = ports.find((port) => /^\d+$/.test(port) && Number(port) > lastPort);
  if (number === undefined) return ports;
  throw new BridgeError('invalid-config', `ports: there is no port ${number}.`, {
    remedy: "Write ports in quotes, like '22:22': without them YAML reads a number of base 60.",
  });
};

const mountsOf = (raw: Raw): readonly Mount[] => {
  const key = isGiven(raw['mounts']) ? 'mounts' : 'mount';
  const value = raw[key] ?? [];
  const each: readonly unknown[] = Array.isArray(value) ? value : Object.values(map(raw, key));
  return each.map((item) => {
    const parts = Object.entries(map({ [key]: item }, key)).map(([part, given]) => [`${key}.${part}`, given]);
    const mount = Object.fromEntries(parts) as Raw;
    const source = text(mount, `${key}.source`) ?? text(mount, `${key}.local_path`);
    const path = text(mount, `${key}.path`) ?? text(mount, `${key}.container_path`);
    if (source === undefined || path === undefined) {
      throw new BridgeError('invalid-config', `${key}: each needs source (a folder of the server) and path (inside).`);
    }
    return { source, path, readonly: truth(mount, `${key}.readonly`) ?? false };
  });
};

const devicesOf = (raw: Raw): Devices => {
  const devices = map(raw, 'devices');
  const each = Object.keys(devices).map((name) => {
    const key = `devices.${name}`;
    return [name, textMap({ [key]: devices[name] ?? {} }, key)];
  });
  return Object.fromEntries(each) as Devices;
};

/** A map is written as JSON, which is YAML. */
const cloudInitOf = (raw: Raw): string | undefined => {
  const value = raw['cloud_init'];
  if (!isGiven(value)) return undefined;
  return typeof value === 'string' ? value : `#cloud-config\n${JSON.stringify(map(raw, 'cloud_init'))}\n`;
};
