/** The two registries as processes of their own, and what the kernel says of them. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { callAws, ecrModel } from '@oreno/aws-wire';
import type { Target } from './client.ts';

export interface Registry {
  readonly name: string;
  readonly target: Target;
  readonly pid: number;
  readonly stop: () => Promise<void>;
}

const credentials = { accessKeyId: 'AKIABENCH0000000000', secretAccessKey: 'bench-secret' };

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });

const untilItAnswers = async (url: string, child: ChildProcess): Promise<void> => {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`${url}: the server ended with exit code ${child.exitCode}`);
    const answer = await fetch(url).catch(() => undefined);
    await answer?.arrayBuffer();
    if (answer !== undefined && answer.status < 500) return;
    await sleep(50);
  }
};

const started = async (name: string, target: Target, child: ChildProcess): Promise<Registry> => {
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await untilItAnswers(`${target.origin}/v2/`, child);
  const stop = async (): Promise<void> => {
    child.kill();
    await ended;
  };
  return { name, target, pid: child.pid ?? 0, stop };
};

/** `oreno server` on a folder of its own, asked with a password of GetAuthorizationToken. */
export const startOreno = async (folder: string, repositories: readonly string[]): Promise<Registry> => {
  const port = await freePort();
  const main = join(import.meta.dirname, '../../packages/cli/src/main.ts');
  const args = ['server', '--listen', `127.0.0.1:${port}`, '--data-dir', folder];
  const env = {
    // As ./oreno has it.
    MALLOC_ARENA_MAX: '2',
    ...process.env,
    ORENO_ROOT_ACCESS_KEY_ID: credentials.accessKeyId,
    ORENO_ROOT_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  };
  const flags = (process.env['BENCH_NODE_FLAGS'] ?? '').split(' ').filter((flag) => flag !== '');
  const child = spawn(process.execPath, [...process.execArgv, ...flags, main, ...args], {
    env,
    stdio: 'ignore',
  });
  const origin = `http://127.0.0.1:${port}`;
  const registry = await started('oreno', { origin, headers: {} }, child);
  const common = { origin, model: ecrModel, region: 'us-east-1', credentials };
  for (const repositoryName of repositories) {
    await callAws({ ...common, operation: 'CreateRepository', input: { repositoryName } });
  }
  const { authorizationData = [] } = await callAws({ ...common, operation: 'GetAuthorizationToken', input: {} });
  const authorization = `Basic ${authorizationData[0]?.authorizationToken}`;
  return { ...registry, target: { origin, headers: { authorization } } };
};

/** Debian's docker-registry with files on the same disk, descriptors cached in memory, no log and no passwords. */
export const startDockerRegistry = async (folder: string): Promise<Registry> => {
  const port = await freePort();
  mkdirSync(folder, { recursive: true });
  const config = {
    version: 0.1,
    log: { level: 'error', accesslog: { disabled: true } },
    storage: {
      filesystem: { rootdirectory: join(folder, 'data') },
      cache: { blobdescriptor: 'inmemory' },
      delete: { enabled: true },
    },
    http: { addr: `127.0.0.1:${port}` },
  };
  const file = join(folder, 'config.yml');
  writeFileSync(file, JSON.stringify(config));
  const child = spawn('docker-registry', ['serve', file], {
    stdio: 'ignore',
  });
  return started('docker-registry', { origin: `http://127.0.0.1:${port}`, headers: {} }, child);
};

const ticksPerSecond = 100;

/** CPU seconds that a process has used, in user and system mode. */
export const cpuSecondsOf = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
};

/** Starts the peak of a process's resident memory anew. */
export const resetPeak = (pid: number): void => writeFileSync(`/proc/${pid}/clear_refs`, '5');

/** The peak of a process's resident memory since then, in mebibytes. */
export const peakOf = (pid: number): number =>
  Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
