/**
 * A real LXD for tests: the one named by ORENO_TEST_LXD_DIR, or a private one in a folder of its own with a pool of
 * folders and a bridge of its own, so that it stands beside any other. No image can be fetched in a test: it brings one
 * made of the host's static busybox.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { chmod, mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { ConflictError, connect, type Lxd } from '@oreno/lxd';
import { markBridge } from './bridge-mark.ts';
import { unifiedBusybox } from './busybox-image.ts';
import { removeFirewallRules } from './lxd-firewall.ts';

const run = promisify(execFile);

/** Alias of the image that {@link startLxd} makes: busybox with its applets in /bin. */
export const busyboxImage = 'oreno-test-busybox';

export interface TestLxd {
  /** `LXD_DIR` of the daemon. */
  readonly folder: string;
  readonly socket: string;
  readonly lxd: Lxd;
  readonly image: string;
  /** Name of the bridge; instances of the default profile are on it. */
  readonly bridge: string;
  /** Ends the daemon, of a private one alone, and starts it again; instances go on meanwhile. */
  readonly restart: (() => Promise<void>) | undefined;
  /** Deletes what is there and ends the daemon, when it is a private one. */
  stop(): Promise<void>;
}

export interface TestLxdOptions {
  /** The storage driver of the pool; `dir` when absent. */
  readonly driver?: 'dir' | 'btrfs' | undefined;
}

/** Starts or reuses a daemon and imports the test image. Rejects where LXD cannot be started. */
export const startLxd = async ({ driver = 'dir' }: TestLxdOptions = {}): Promise<TestLxd> => {
  const given = process.env['ORENO_TEST_LXD_DIR'];
  if (given !== undefined && given !== '') return useLxd(given, driver);
  const { folder, socket, lxd, start, end, number } = await startBareLxd();
  const bridge = `lxdt${process.pid % 10_000}x${number % 100}`;
  const restart = async (): Promise<void> => {
    await end({ keep: true });
    await start();
  };
  const stop = async (): Promise<void> => {
    try {
      await clear(lxd);
      await tearDown(lxd, bridge);
    } finally {
      await end();
      await removeFirewallRules(bridge);
    }
  };
  try {
    await setUp(lxd, { driver, bridge });
    await markBridge(bridge);
    await makeBusyboxImage(lxd);
  } catch (error) {
    await stop().catch(() => {});
    throw error;
  }
  return { folder, socket, lxd, image: busyboxImage, bridge, restart, stop };
};

/** The daemon that somebody else started, an Incus too: it is left as it was found. */
const useLxd = async (folder: string, driver: string): Promise<TestLxd> => {
  const socket = join(folder, 'unix.socket');
  const lxd = await connect({ socket });
  // One that was only started has nothing yet.
  if ((await lxd.storagePools.list()).length === 0) {
    await setUp(lxd, { driver, bridge: 'oreno-test' });
  }
  const found = await whatIsThere(lxd);
  await makeBusyboxImage(lxd);
  const { devices } = await lxd.profiles.get('default');
  const stop = async (): Promise<void> => {
    await clear(lxd, found);
    lxd.close();
  };
  const bridge = devices['eth0']?.['network'] ?? '';
  return { folder, socket, lxd, image: busyboxImage, bridge, restart: undefined, stop };
};

/** A private daemon that has nothing yet. */
export interface BareLxd {
  readonly folder: string;
  readonly socket: string;
  readonly lxd: Lxd;
  /** Of those that this process has started: one that died must not stand in the way of the next one. */
  readonly number: number;
  start(): Promise<void>;
  /** Ends the daemon and removes its folder, unless that is to be kept. */
  end(options?: { readonly keep?: boolean }): Promise<void>;
}

let started = 0;

/** Starts a private daemon. Rejects with its last words where it cannot be started. */
export const startBareLxd = async (): Promise<BareLxd> => {
  const folder = await mkdtemp(join(tmpdir(), 'oreno-lxd-'));
  // Unprivileged containers have to get through to their root file systems.
  await chmod(folder, 0o711);
  const env = { ...process.env, LXD_DIR: folder };
  const socket = join(folder, 'unix.socket');
  let daemon: ChildProcess | undefined;
  let lxd: Lxd | undefined;
  const end: BareLxd['end'] = async ({ keep = false } = {}) => {
    if (!keep) lxd?.close();
    if (daemon !== undefined) await endDaemon(daemon);
    if (!keep) await removeFolder(folder);
  };
  const start = async (): Promise<void> => {
    const log = await open(join(folder, 'daemon.log'), 'a');
    const child = spawn('lxd', ['--group', 'root'], { env, stdio: ['ignore', log.fd, log.fd] });
    daemon = child;
    await log.close();
    await Promise.race([
      run('lxd', ['waitready', '--timeout', '60'], { env }),
      new Promise((_, reject) => child.once('error', reject)),
    ]);
  };
  started += 1;
  const number = started;
  try {
    await start();
    lxd = await connect({ socket });
    return { folder, socket, lxd, number, start, end };
  } catch (error) {
    const words = await readFile(join(folder, 'daemon.log'), 'utf8').catch(() => '');
    await end();
    throw new Error(`LXD did not start: ${String(error)}\n${words.slice(-2_000)}`, { cause: error });
  }
};

interface Layout {
  readonly driver: string;
  readonly bridge: string;
}

/** An address of the bridge that no interface of this machine has: others test here at the same time. */
const freeSubnet = (): number => {
  const taken = Object.values(networkInterfaces()).flatMap((each = []) => each.map(({ address }) => address));
  const start = randomInt(250);
  const subnets = Array.from({ length: 250 }, (_, n) => 1 + ((start + n) % 250));
  return subnets.find((subnet) => !taken.includes(`10.213.${subnet}.1`)) ?? 1;
};

/** Makes the bridge; with another address where somebody was faster. */
const makeBridge = async (lxd: Lxd, bridge: string, attempts = 3): Promise<void> => {
  const address = `10.213.${freeSubnet()}.1/24`;
  const config = { 'ipv4.address': address, 'ipv4.nat': 'false', 'ipv6.address': 'none' };
  try {
    await lxd.networks.create({ name: bridge, type: 'bridge', config });
  } catch (error) {
    if (attempts === 1 || !(error instanceof ConflictError)) throw error;
    await makeBridge(lxd, bridge, attempts - 1);
  }
};

const setUp = async (lxd: Lxd, { driver, bridge }: Layout): Promise<void> => {
  const size = driver === 'dir' ? {} : { size: '6GiB' };
  await lxd.storagePools.create({ name: 'default', driver, config: size });
  await makeBridge(lxd, bridge);
  const devices = {
    root: { type: 'disk', path: '/', pool: 'default' },
    eth0: { type: 'nic', name: 'eth0', network: bridge },
  };
  await lxd.profiles.update('default', () => ({ config: {}, description: '', devices }));
};

interface Contents {
  readonly instances: ReadonlySet<string>;
  /** Fingerprints. */
  readonly images: ReadonlySet<string>;
}

const whatIsThere = async (lxd: Lxd): Promise<Contents> => ({
  instances: new Set((await lxd.instances.list()).map(({ name }) => name)),
  images: new Set((await lxd.images.list()).map(({ fingerprint }) => fingerprint)),
});

/** Deletes what a test has left, but for what was there before it. */
const clear = async (lxd: Lxd, found?: Contents): Promise<void> => {
  for (const { name, status, ephemeral } of await lxd.instances.list()) {
    if (found?.instances.has(name) === true) continue;
    const instance = lxd.instance(name);
    if (status !== 'Stopped') await instance.stop({ force: true });
    if (!ephemeral) await instance.delete();
  }
  for (const { fingerprint } of await lxd.images.list()) {
    if (found?.images.has(fingerprint) !== true) await lxd.images.delete(fingerprint);
  }
};

const tearDown = async (lxd: Lxd, bridge: string): Promise<void> => {
  await lxd.profiles.update('default', () => ({ config: {}, description: '', devices: {} }));
  await lxd.networks.delete(bridge);
  await lxd.storagePools.delete('default');
};

const endDaemon = async (daemon: ChildProcess): Promise<void> => {
  if (daemon.exitCode !== null || daemon.signalCode !== null) return;
  const ended = new Promise((resolve) => daemon.once('exit', resolve));
  daemon.kill('SIGTERM');
  const patience = setTimeout(() => daemon.kill('SIGKILL'), 15_000);
  await ended;
  clearTimeout(patience);
};

const removeFolder = async (folder: string): Promise<void> => {
  for (const mount of ['devlxd', 'shmounts']) await run('umount', ['-l', join(folder, mount)]).catch(() => {});
  // The kernel lets go of a pool's mounts a moment after the daemon.
  await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }).catch(() => sleep(0));
};

/** Imports the image, where it is not there yet. */
const makeBusyboxImage = async (lxd: Lxd): Promise<void> => {
  if ((await lxd.images.byAlias(busyboxImage)) !== undefined) return;
  const folder = await mkdtemp(join(tmpdir(), 'oreno-lxd-image-'));
  try {
    await lxd.images.import({ unified: await unifiedBusybox(folder) }, { alias: busyboxImage });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
