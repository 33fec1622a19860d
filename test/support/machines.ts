/**
 * Machines of a test's own cluster on one host: each is a network namespace with an address, a Docker Engine that has all
 * of its features there, and `oreno agent` as a process. So several container instances can publish the same host port.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { openEngine, type Engine } from '@oreno/engine';
import { markBridge } from './bridge-mark.ts';

const run = promisify(execFile);
const ip = (...args: string[]) => run('ip', args);
const oreno = join(import.meta.dirname, '../../oreno');

export interface Machine {
  readonly address: string;
  readonly engine: Engine;
  /** Starts the agent, which joins or comes back. */
  startAgent(): Promise<void>;
  /** `kill -9` of the agent; containers go on running. */
  killAgent(): Promise<void>;
  stop(): Promise<void>;
}

export interface Network {
  /** The host's address in it, which every machine reaches. */
  readonly hostAddress: string;
  startMachine(options: MachineOptions): Promise<Machine>;
  /** Ends every machine and takes the network away. */
  stop(): Promise<void>;
}

export interface MachineOptions {
  /** Address of the server, with its scheme. */
  readonly endpoint: string;
  /** AWS_* variables of the agent. */
  readonly credentials: Readonly<Record<string, string>>;
  readonly availabilityZone?: string;
}

/** Makes a bridge that nobody else uses; machines keep their state below the folder. */
export const openNetwork = async (folder: string): Promise<Network> => {
  const number = 100 + (process.pid % 100);
  const bridge = `orenonet${number}`;
  const prefix = `10.214.${number}`;
  await ip('link', 'add', bridge, 'type', 'bridge');
  await markBridge(bridge);
  await ip('address', 'add', `${prefix}.1/24`, 'dev', bridge);
  await ip('link', 'set', bridge, 'up');
  const machines: Machine[] = [];
  return {
    hostAddress: `${prefix}.1`,
    startMachine: async (options) => {
      const index = machines.length + 1;
      const host = { namespace: `${bridge}-${index}`, address: `${prefix}.${10 + index}`, gateway: `${prefix}.1` };
      await makeNamespace(host, { bridge, cable: `onv${number}-${index}` });
      const machine = await startMachine(join(folder, `machine-${index}`), host, options);
      machines.push(machine);
      return machine;
    },
    stop: async () => {
      await Promise.all(machines.map((machine) => machine.stop()));
      await ip('link', 'delete', bridge);
    },
  };
};

interface Host {
  readonly namespace: string;
  readonly address: string;
  readonly gateway: string;
}

const makeNamespace = async (
  { namespace, address, gateway }: Host,
  { bridge, cable }: { readonly bridge: string; readonly cable: string },
): Promise<void> => {
  await ip('netns', 'add', namespace);
  await ip('link', 'add', cable, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace);
  await ip('link', 'set', cable, 'master', bridge, 'up');
  await ip('-n', namespace, 'address', 'add', `${address}/24`, 'dev', 'eth0');
  await ip('-n', namespace, 'link', 'set', 'lo', 'up');
  await ip('-n', namespace, 'link', 'set', 'eth0', 'up');
  await ip('-n', namespace, 'route', 'add', 'default', 'via', gateway);
};

const startMachine = async (folder: string, host: Host, options: MachineOptions): Promise<Machine> => {
  await mkdir(folder, { recursive: true });
  const socket = join(folder, 'docker.sock');
  // Only the network is the machine's own: the cgroups and mounts that `ip netns exec` would hide are Docker's to use.
  const inside = async (log: string, command: string, args: readonly string[]): Promise<ChildProcess> => {
    const file = await open(join(folder, log), 'a');
    const child = spawn('nsenter', [`--net=/run/netns/${host.namespace}`, command, ...args], {
      env: { ...process.env, ...options.credentials },
      stdio: ['ignore', file.fd, file.fd],
    });
    await file.close();
    return child;
  };
  const daemon = await inside(
    'dockerd.log',
    'dockerd',
    [
      [
        '--data-root',
        join(folder, 'docker'),
        '--exec-root',
        join(folder, 'exec'),
        '--pidfile',
        join(folder, 'docker.pid'),
      ],
      ['--host', `unix://${socket}`, '--insecure-registry', `${host.gateway}/32`],
    ].flat(),
  );
  const engine = openEngine({ socket });
  for (const end = Date.now() + 30_000; ; await sleep(50)) {
    const answers = await engine.ping({ timeoutMs: 2_000 }).catch((error: unknown) => error);
    if (!(answers instanceof Error)) break;
    if (Date.now() > end) throw answers;
  }
  const zone = options.availabilityZone === undefined ? [] : ['--availability-zone', options.availabilityZone];
  const agentArgs = [
    ['agent', '--endpoint', options.endpoint, '--docker-host', `unix://${socket}`],
    ['--data-dir', join(folder, 'data'), '--log-format', 'json', ...zone],
  ].flat();
  let agent: ChildProcess | undefined;
  return {
    address: host.address,
    engine,
    startAgent: async () => {
      agent = await inside('agent.log', oreno, agentArgs);
    },
    killAgent: () => end(agent, 'SIGKILL'),
    stop: async () => {
      await end(agent, 'SIGTERM');
      const containers = await engine.containers.list({ all: true }).catch(() => []);
      await Promise.allSettled(
        containers.map(({ Id }) => engine.containers.remove(Id, { force: true, volumes: true })),
      );
      engine.close();
      await end(daemon, 'SIGTERM');
      await ip('netns', 'delete', host.namespace);
      await run('sh', ['-c', `umount $(grep -o ' ${folder}/[^ ]*' /proc/mounts | sort -r) 2>/dev/null`]).catch(
        () => {},
      );
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
};

const end = async (child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> => {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  await gone;
};
