/**
 * A real Docker Engine for tests: the one named by ORENO_TEST_DOCKER_HOST, or a private one that this starts in a
 * folder of its own, with a bridge of its own and no rules in the host's tables, so that it stands beside any other.
 * Nothing can be pulled in a test: it brings an image made of the host's static busybox.
 */
import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { isNotFound, openEngine, tarArchive } from '@oreno/engine';
import type { Engine, TarEntry } from '@oreno/engine';
import { markBridge } from './bridge-mark.ts';

const run = promisify(execFile);

/** The image that {@link startDockerEngine} makes: busybox with its applets in /bin, `sh` as command. */
export const busyboxImage = 'oreno-test/busybox:1';

export interface TestEngine {
  /** Path of the socket. */
  readonly socket: string;
  readonly engine: Engine;
  readonly image: string;
  /** `kill -9` of the daemon; containers may live on under containerd. Private engines only. */
  kill(): Promise<void>;
  /** Starts the daemon again after {@link kill}. */
  restart(): Promise<void>;
  /** Removes every container and ends the daemon, when it is a private one. */
  stop(): Promise<void>;
}

export interface TestEngineOptions {
  /** A daemon of the test's own even when one is given by the environment: to kill it, or to count its containers. */
  readonly private?: boolean;
  readonly liveRestore?: boolean;
}

/** Starts or reuses an engine and makes the test image. Rejects where dockerd cannot be started. */
export async function startDockerEngine(options: TestEngineOptions = {}): Promise<TestEngine> {
  const given = process.env['ORENO_TEST_DOCKER_HOST'];
  if (given !== undefined && given !== '' && !options.private) {
    const socket = given.replace(/^unix:\/\//, '');
    const engine = openEngine({ socket });
    await makeBusyboxImage(engine);
    const refuse = () => Promise.reject(new Error('this engine belongs to someone else'));
    return { socket, engine, image: busyboxImage, kill: refuse, restart: refuse, stop: async () => engine.close() };
  }
  return startPrivateEngine(options.liveRestore ?? false);
}

async function startPrivateEngine(liveRestore: boolean): Promise<TestEngine> {
  const folder = await mkdtemp(join(tmpdir(), 'oreno-dockerd-'));
  const bridge = await makeBridge();
  const socket = join(folder, 'docker.sock');
  const engine = openEngine({ socket });
  let daemon = await spawnDaemon(folder, bridge, liveRestore);

  const stop = async () => {
    const containers = await engine.containers.list({ all: true }).catch(() => []);
    await Promise.allSettled(containers.map(({ Id }) => engine.containers.remove(Id, { force: true, volumes: true })));
    await end(daemon, 'SIGTERM');
    engine.close();
    await removeBridge(bridge);
    await run('sh', ['-c', `umount $(grep -o ' ${folder}/[^ ]*' /proc/mounts | sort -r) 2>/dev/null`]).catch(() => {});
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  const explain = async (error: unknown) => {
    const log = await readFile(join(folder, 'log'), 'utf8').catch(() => '');
    return new Error(`dockerd did not start: ${log.slice(-2000)}`, { cause: error });
  };
  try {
    await untilReady(engine);
    await makeBusyboxImage(engine);
  } catch (error) {
    const explained = await explain(error);
    await stop();
    throw explained;
  }
  return {
    socket,
    engine,
    image: busyboxImage,
    kill: () => end(daemon, 'SIGKILL'),
    async restart() {
      // containerd dies with dockerd; where nobody reaps it, its process number looks alive and dockerd waits for it.
      await rm(join(folder, 'pid'), { force: true });
      await rm(join(folder, 'exec', 'containerd', 'containerd.pid'), { force: true });
      daemon = await spawnDaemon(folder, bridge, liveRestore);
      await untilReady(engine).catch(async (error: unknown) => {
        throw await explain(error);
      });
    },
    stop,
  };
}

async function spawnDaemon(folder: string, bridge: Bridge, liveRestore: boolean): Promise<ChildProcess> {
  const log = await open(join(folder, 'log'), 'a');
  const daemon = spawn(
    'dockerd',
    [
      ['--data-root', join(folder, 'data')],
      ['--exec-root', join(folder, 'exec')],
      ['--pidfile', join(folder, 'pid')],
      ['--host', `unix://${join(folder, 'docker.sock')}`],
      ['--bridge', bridge.name, '--iptables=false', '--ip-masq=false', '--ip6tables=false'],
      ['--default-address-pool', `base=${bridge.prefix}.128/25,size=28`],
      liveRestore ? ['--live-restore'] : [],
    ].flat(),
    { stdio: ['ignore', log.fd, log.fd], detached: true },
  );
  daemon.on('error', () => {});
  await log.close();
  return daemon;
}

async function untilReady(engine: Engine): Promise<void> {
  for (const giveUpAt = Date.now() + 30_000; ; await sleep(50)) {
    try {
      await engine.ping({ timeoutMs: 2_000 });
      return;
    } catch (error) {
      if (Date.now() > giveUpAt) throw error;
    }
  }
}

interface Bridge {
  readonly name: string;
  /** Three numbers of its addresses; the engine's networks lie in the upper half. */
  readonly prefix: string;
}

/** What lets containers talk to each other where another daemon has the host drop what is not its own. */
const forwardRule = ({ name, prefix }: Bridge): string[] => {
  const inside = ['-s', `${prefix}.0/24`, '-d', `${prefix}.0/24`];
  return ['FORWARD', ...inside, '-m', 'comment', '--comment', name, '-j', 'ACCEPT'];
};

/** A bridge device nobody else uses: `--bridge` keeps the daemon away from docker0. */
async function makeBridge(): Promise<Bridge> {
  for (let attempt = 0; ; attempt += 1) {
    const number = Math.floor(Math.random() * 200) + 20;
    const bridge = { name: `orenotest${number}`, prefix: `10.212.${number}` };
    try {
      await run('ip', ['link', 'add', bridge.name, 'type', 'bridge']);
      await markBridge(bridge.name);
      await run('ip', ['address', 'add', `${bridge.prefix}.1/25`, 'dev', bridge.name]);
      await run('ip', ['link', 'set', bridge.name, 'up']);
      await run('iptables', ['-w', '-I', ...forwardRule(bridge)]).catch(() => {});
      return bridge;
    } catch (error) {
      if (attempt === 5) throw error;
    }
  }
}

async function removeBridge(bridge: Bridge): Promise<void> {
  await run('iptables', ['-w', '-D', ...forwardRule(bridge)]).catch(() => {});
  await run('ip', ['link', 'delete', bridge.name]).catch(() => {});
}

async function end(daemon: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (daemon.exitCode !== null || daemon.signalCode !== null || daemon.pid === undefined) return;
  const gone = new Promise((resolve) => {
    daemon.once('exit', resolve);
  });
  daemon.kill(signal);
  await gone;
}

/** Imports the host's static busybox as {@link busyboxImage}, unless the engine has it. */
async function makeBusyboxImage(engine: Engine): Promise<void> {
  try {
    await engine.images.inspect(busyboxImage);
    return;
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  const binary = await readFile('/bin/busybox');
  const { stdout } = await run('/bin/busybox', ['--list']);
  const entries: TarEntry[] = [
    { path: 'bin', folder: true },
    { path: 'bin/busybox', mode: 0o755, data: binary },
    { path: 'tmp', folder: true, mode: 0o777 },
  ];
  for (const applet of stdout.trim().split('\n')) {
    if (applet !== 'busybox') entries.push({ path: `bin/${applet}`, linkTo: '/bin/busybox' });
  }
  const [repository = '', tag = ''] = busyboxImage.split(':');
  await engine.images.importTar(tarArchive(entries), {
    repository,
    tag,
    changes: ['CMD ["/bin/sh"]', 'ENV PATH=/bin'],
  });
}
