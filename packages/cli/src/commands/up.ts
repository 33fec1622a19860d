/**
 * `oreno up`: the server and an agent in one process, on this machine. In the foreground it stays and shows what
 * happens; with --detach a process of its own does, and the command returns once the container instance is ACTIVE.
 */
import { spawn } from 'node:child_process';
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import type { Log } from '@oreno/aws-wire';
import { openDataDir, readNote, type DataDir, type RunningNote } from '../data-dir.ts';
import { engineAnswers, ensureEngine } from '../docker/engine.ts';
import { startDocker } from '../docker/install.ts';
import { readEvents } from '../event-feed.ts';
import { eventLine } from '../event-line.ts';
import { CommandFailure } from '../failure.ts';
import { greetingOf } from '../greeting.ts';
import { openLog, type LogFormat } from '../log.ts';
import { checkAccount, checkCluster, checkRegion, defaults, dockerHost } from '../settings.ts';
import { chooseScanner, type ScannerCommandOptions } from '../scanner.ts';
import { untilToldToStop } from '../signals.ts';
import { hostsOf, openTls, type TlsOptions } from '../tls.ts';
import { keepTlsCurrent } from '../tls-renewal.ts';
import { startNode, type NodeOptions } from '../node.ts';

export interface UpOptions extends TlsOptions, ScannerCommandOptions {
  readonly detach: boolean;
  readonly installDocker: boolean;
  readonly port?: number;
  readonly dataDir?: string;
  readonly account?: string;
  readonly region?: string;
  readonly cluster?: string;
  readonly dockerHost?: string;
  readonly amazonImages: boolean;
  readonly logFormat?: LogFormat;
}

const tell = (text: string): void => void process.stderr.write(`${text} ...\n`);

export const up = async (options: UpOptions): Promise<void> => {
  const dataDir = openDataDir(options.dataDir);
  const node: NodeOptions = {
    dataDir,
    port: options.port ?? defaults.port,
    account: checkAccount(options.account ?? defaults.account),
    region: checkRegion(options.region ?? defaults.region),
    cluster: checkCluster(options.cluster ?? defaults.cluster),
    dockerHost: dockerHost(options.dockerHost),
    leavesAmazonNames: !options.amazonImages,
    scanner: chooseScanner(options),
  };
  const running = readNote(dataDir);
  if (running !== undefined) {
    process.stdout.write(`It runs already, as process ${running.pid}.\n\n${await greetingOf(dataDir, running)}`);
    return;
  }
  await ensureEngine({ host: node.dockerHost, install: options.installDocker, folder: dataDir.docker, tell });
  if (options.detach) {
    process.stdout.write(await greetingOf(dataDir, await detach(dataDir)));
  } else {
    const hosts = hostsOf('127.0.0.1', undefined, node.region);
    const tls = openTls(options, dataDir, hosts);
    await stay({ ...node, tls }, options, hosts);
  }
};

const stay = async (options: NodeOptions, given: UpOptions, hosts: readonly string[]): Promise<void> => {
  const { logFormat, installDocker } = given;
  const log = openLog(logFormat);
  const { note, renewTls, stop } = await startNode(options, log);
  keepTlsCurrent({ options: given, dataDir: options.dataDir, hosts, current: options.tls, renew: renewTls, log });
  // Files were named from where it was started; from now on it keeps no folder busy.
  if (process.send !== undefined) process.chdir('/');
  // To a parent that waits for it: see detach.
  process.send?.(note);
  if (process.stdout.isTTY) process.stdout.write(`${await greetingOf(options.dataDir, note)}\n`);
  const watch = setInterval(() => void restartEngine(options, installDocker), 10_000);
  const following = new AbortController();
  // A terminal shows what happens; a file has the log, and `oreno events` the events.
  if (process.stdout.isTTY) void followEvents(options.dataDir, note, following.signal, log);
  const signal = await untilToldToStop();
  following.abort();
  clearInterval(watch);
  log('info', 'stopping; tasks go on running', { signal });
  await stop();
};

const followEvents = async (dataDir: DataDir, note: RunningNote, signal: AbortSignal, log: Log): Promise<void> => {
  try {
    for await (const event of readEvents({ dataDir, note, from: 'now', follow: true, signal })) {
      process.stdout.write(`${eventLine(event)}\n`);
    }
  } catch (error) {
    log('warn', 'events are no longer followed', { error: String(error) });
  }
};

// An engine that oreno started has no service manager that would bring it back.
const restartEngine = async (options: NodeOptions, mayStart: boolean): Promise<void> => {
  if (!mayStart || (await engineAnswers(options.dockerHost))) return;
  await startDocker(options.dataDir.docker, () => engineAnswers(options.dockerHost)).catch(() => {});
};

/** What a foreground `up` would have said last, without the `oreno: ` that is put before it again. */
const lastWords = (log: string): string | undefined =>
  log
    .split('\n')
    .findLast((line) => line.startsWith('oreno: '))
    ?.slice('oreno: '.length);

const detach = (dataDir: DataDir): Promise<RunningNote> => {
  const args = process.argv.slice(2).filter((arg) => arg !== '--detach');
  const log = openSync(dataDir.log, 'a', 0o600);
  const logStart = fstatSync(log).size;
  const child = spawn(process.execPath, [...process.execArgv, process.argv[1] ?? '', ...args], {
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
    env: { ...process.env, ORENO_DATA_DIR: dataDir.root },
  });
  closeSync(log);
  return new Promise((resolve, reject) => {
    child.once('message', (note) => {
      child.disconnect();
      child.unref();
      resolve(note as RunningNote);
    });
    child.once('error', (error) => reject(new CommandFailure(`the server cannot be started: ${error.message}`)));
    child.once('exit', (code) =>
      reject(
        new CommandFailure(
          lastWords(readFileSync(dataDir.log).subarray(logStart).toString()) ??
            `the server ended with ${code} before it was ready. Its log: ${dataDir.log}`,
        ),
      ),
    );
  });
};
