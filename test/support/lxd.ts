/**
 * A real LXD for tests: the one named by ORENO_TEST_LXD_DIR, or a private one in a folder of its own with a pool of
 * folders and a bridge of its own, so that it stands beside any other. No image can be fetched in a test: it brings one
 * made of the host's static busybox.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { chmod, copyFile, mkdir, mkdtemp, open, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { connect, type Lxd } from '@oreno/lxd';

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
  if (given !== undefined && given !== '') {
    const socket = join(given, 'unix.socket');
    const lxd = await connect({ socket });
    // One that was only started has nothing yet.
    if ((await lxd.storagePools.list()).length === 0) {
      await setUp(lxd, { driver, bridge: 'oreno-test', address: '10.212.0.1/24' });
    }
    await makeBusyboxImage(lxd);
    const bridge = (await lxd.client.read<{ devices: { eth0?: { network?: string } } }>('/profiles/default')).devices;
    return {
      folder: given,
      socket,
      lxd,
      image: busyboxImage,
      bridge: bridge.eth0?.network ?? '',
      stop: async () => lxd.close(),
    };
  }
  return startPrivateLxd(driver);
};

/** How many this process has started: one that died must not stand in the way of the next one. */
let started = 0;

const startPrivateLxd = async (driver: string): Promise<TestLxd> => {
  const folder = await mkdtemp(join(tmpdir(), 'oreno-lxd-'));
  // Unprivileged containers have to get through to their root file systems.
  await chmod(folder, 0o711);
  const log = await open(join(folder, 'daemon.log'), 'a');
  const daemon = spawn('lxd', ['--group', 'root'], {
    env: { ...process.env, LXD_DIR: folder },
    stdio: ['ignore', log.fd, log.fd],
  });
  const socket = join(folder, 'unix.socket');
  started += 1;
  const bridge = `lxdt${process.pid % 10_000}x${started % 100}`;
  const subnet = 100 + ((process.pid + started) % 100);
  try {
    await Promise.race([
      run('lxd', ['waitready', '--timeout', '60'], { env: { ...process.env, LXD_DIR: folder } }),
      new Promise((_, reject) => daemon.once('error', reject)),
    ]);
    const lxd = await connect({ socket });
    await setUp(lxd, { driver, bridge, address: `10.213.${subnet}.1/24` });
    await makeBusyboxImage(lxd);
    const stop = async (): Promise<void> => {
      await clear(lxd, bridge);
      lxd.close();
      await end(daemon, folder);
      await log.close();
    };
    return { folder, socket, lxd, image: busyboxImage, bridge, stop };
  } catch (error) {
    const words = await readFile(join(folder, 'daemon.log'), 'utf8').catch(() => '');
    await end(daemon, folder);
    throw new Error(`LXD did not start: ${String(error)}\n${words.slice(-2_000)}`, { cause: error });
  }
};

interface Layout {
  readonly driver: string;
  readonly bridge: string;
  readonly address: string;
}

const setUp = async ({ client }: Lxd, { driver, bridge, address }: Layout): Promise<void> => {
  const size = driver === 'dir' ? {} : { size: '6GiB' };
  await client.call({ method: 'POST', path: '/storage-pools', json: { name: 'default', driver, config: size } });
  const config = { 'ipv4.address': address, 'ipv4.nat': 'false', 'ipv6.address': 'none' };
  await client.call({ method: 'POST', path: '/networks', json: { name: bridge, type: 'bridge', config } });
  const devices = {
    root: { type: 'disk', path: '/', pool: 'default' },
    eth0: { type: 'nic', name: 'eth0', network: bridge },
  };
  await client.call({ method: 'PUT', path: '/profiles/default', json: { config: {}, description: '', devices } });
};

const clear = async (lxd: Lxd, bridge: string): Promise<void> => {
  for (const { name, status } of await lxd.instances.list()) {
    const instance = lxd.instance(name);
    if (status !== 'Stopped') await instance.stop({ force: true });
    await instance.delete();
  }
  for (const { fingerprint } of await lxd.images.list()) await lxd.images.delete(fingerprint);
  const json = { config: {}, description: '', devices: {} };
  await lxd.client.call({ method: 'PUT', path: '/profiles/default', json });
  await lxd.client.call({ method: 'DELETE', path: `/networks/${bridge}` });
  await lxd.client.call({ method: 'DELETE', path: '/storage-pools/default' });
};

const end = async (daemon: ChildProcess, folder: string): Promise<void> => {
  const ended = new Promise((resolve) => daemon.once('exit', resolve));
  if (daemon.exitCode === null && daemon.signalCode === null) {
    daemon.kill('SIGTERM');
    const patience = setTimeout(() => daemon.kill('SIGKILL'), 15_000);
    await ended;
    clearTimeout(patience);
  }
  for (const mount of ['devlxd', 'shmounts']) await run('umount', ['-l', join(folder, mount)]).catch(() => {});
  // The kernel lets go of a pool's mounts a moment after the daemon.
  await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }).catch(() => sleep(0));
};

/** Stays until it is told to stop, as an init does: shuts down on SIGPWR (how LXD stops a container) and on SIGTERM. */
const init = `#!/bin/sh
trap 'exit 0' PWR TERM
/bin/busybox ip link set lo up
while :; do /bin/busybox sleep 1000 & wait $!; done
`;

/** Imports the image, where it is not there yet. */
const makeBusyboxImage = async (lxd: Lxd): Promise<void> => {
  if ((await lxd.images.byAlias(busyboxImage)) !== undefined) return;
  const folder = await mkdtemp(join(tmpdir(), 'oreno-lxd-image-'));
  try {
    const root = join(folder, 'rootfs');
    for (const name of ['bin', 'sbin', 'dev', 'proc', 'sys', 'tmp', 'etc', 'root', 'run', 'var', 'usr/bin']) {
      await mkdir(join(root, name), { recursive: true });
    }
    await copyFile('/bin/busybox', join(root, 'bin/busybox'));
    const { stdout } = await run('/bin/busybox', ['--list']);
    for (const applet of stdout.split('\n').filter((name) => name !== '' && name !== 'busybox')) {
      await symlink('busybox', join(root, 'bin', applet));
    }
    await writeFile(join(root, 'sbin/init'), init, { mode: 0o755 });
    await writeFile(join(root, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n');
    await writeFile(join(root, 'etc/group'), 'root:x:0:\nnogroup:x:65534:\n');
    const architecture = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
    const properties = { os: 'busybox', description: 'busybox for tests' };
    await writeFile(join(folder, 'metadata.yaml'), JSON.stringify({ architecture, creation_date: 1, properties }));
    const unified = join(folder, 'image.tar.gz');
    const owner = ['--owner=0', '--group=0'];
    await run('tar', ['-C', folder, ...owner, '-czf', unified, 'metadata.yaml', 'rootfs']);
    await lxd.images.import({ unified }, { alias: busyboxImage });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
