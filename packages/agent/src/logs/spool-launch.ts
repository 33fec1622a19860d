import { spawn } from 'node:child_process';
import { mkdir, open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { connectSpool, type SpoolConnection } from './spool-connection.ts';
import { type Reply, spoolSocket } from './spool-protocol.ts';
import { spoolVersion } from './spool-version.ts';

/**
 * Finding or starting the process of a data folder's log spool. A process of another code version is replaced: the
 * new one loads its code first and only then asks the old one to end, so that drivers are hardly ever refused.
 */
export interface LaunchOptions {
  readonly dataDir: string;
  readonly port: number;
  readonly maxBytes?: number | undefined;
  readonly lingerMs: number;
  readonly onLog: (line: Extract<Reply, { log: unknown }>['log']) => void;
}

const program = fileURLToPath(new URL('spool-main.ts', import.meta.url));
const START_MS = 15_000;
const HELLO_MS = 2000;
const LOG_BYTES = 1024 * 1024;

/** A connection to the process when it answers and runs this version; undefined otherwise. */
const find = async ({ dataDir, onLog }: LaunchOptions, version: string): Promise<SpoolConnection | undefined> => {
  const connection = await connectSpool(spoolSocket(dataDir), onLog).catch(() => undefined);
  const hello = await connection?.ask('hello', {}, HELLO_MS).catch(() => undefined);
  if (hello?.version === version) return connection;
  connection?.end();
  return undefined;
};

/** Its own environment: the agent's may hold credentials, and this process outlives it. */
const environment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(
    ['PATH', 'HOME', 'TMPDIR', 'NODE_COMPILE_CACHE'].flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value] as const];
    }),
  );

const start = async (options: LaunchOptions, version: string): Promise<SpoolConnection> => {
  const { dataDir, port, maxBytes, lingerMs } = options;
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const logFile = join(dataDir, 'log-spool.log');
  const { size } = await stat(logFile).catch(() => ({ size: 0 }));
  const log = await open(logFile, size > LOG_BYTES ? 'w' : 'a', 0o600);
  const given = JSON.stringify({ version, port, maxBytes, lingerMs });
  const ended = new AbortController();
  try {
    const child = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=1', program, dataDir, given],
      { cwd: '/', detached: true, env: environment(), stdio: ['ignore', log.fd, log.fd] },
    );
    child.once('error', (error) => ended.abort(error));
    child.once('exit', (code, signal) => ended.abort(new Error(`it ended with ${code ?? signal}; see ${logFile}`)));
    child.unref();
    const deadline = performance.now() + START_MS;
    while (performance.now() < deadline) {
      const connection = await find(options, version);
      if (connection !== undefined) return connection;
      ended.signal.throwIfAborted();
      await delay(10);
    }
    child.kill();
    throw new Error(`it was not ready in ${START_MS} ms; see ${logFile}`);
  } finally {
    await log.close();
  }
};

/** The process of this code version, found or started. Rejects when it cannot be started. */
export const launchSpool = async (options: LaunchOptions): Promise<SpoolConnection> => {
  const version = await spoolVersion();
  return (await find(options, version)) ?? (await start(options, version));
};
