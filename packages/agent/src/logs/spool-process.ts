import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import type { Log } from '../domain/agent-runtime.ts';
import { lockDataDir } from '../storage/data-dir-lock.ts';
import { type LogSpool, startLogSpool } from './log-spool.ts';
import { connectSpool } from './spool-connection.ts';
import {
  answersOf,
  type Question,
  readMessages,
  type SpoolAnswers,
  spoolSocket,
  type SpoolUpstream,
  writeMessage,
} from './spool-protocol.ts';

/**
 * The process of a data folder's log spool. It takes the place of the one that has the folder, listens for drivers
 * and for the agent, and goes on while the agent is away as long as a container may log: the agent's end, however
 * sudden, costs no line. The agent's credentials are in memory only.
 */
export interface SpoolProcessOptions {
  readonly dataDir: string;
  /** Told to an agent that says hello. */
  readonly version: string;
  /** As in `LogSpoolOptions`. */
  readonly port: number;
  readonly maxBytes?: number | undefined;
  /** How long the process stays with neither agent nor container: a driver's last batch comes after its end. */
  readonly lingerMs: number;
  readonly log: Log;
}

const HAND_OVER_MS = 6000;
const LOOK_MS = 250;

/** Asks the process that has the folder, if any, to end, and waits until it has. */
const takeOver = async (path: string): Promise<void> => {
  const other = await connectSpool(path).catch(() => undefined);
  if (other === undefined) return;
  const hurry = setTimeout(() => other.end(), HAND_OVER_MS);
  // Its end is the answer that counts.
  await other.ask('close', {}).catch(() => {});
  await other.closed;
  clearTimeout(hurry);
};

const listen = async (server: Server, path: string): Promise<void> => {
  await rm(path, { force: true });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(path, resolve));
};

/** Runs until neither an agent nor a container needs it, or it is asked to end. */
export const runSpoolProcess = async (options: SpoolProcessOptions): Promise<void> => {
  const { dataDir, version, log, lingerMs } = options;
  const path = spoolSocket(dataDir);
  const agents = new Set<Socket>();
  const tell: Log = (level, message, fields) => {
    log(level, message, fields);
    if (level !== 'debug') for (const agent of agents) writeMessage(agent, { log: [level, message, fields] });
  };
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await takeOver(path);
  const unlock = await lockDataDir(join(dataDir, 'log-spool'));

  let upstream: SpoolUpstream = { origin: 'http://127.0.0.1', region: '' };
  const spool = await startLogSpool({
    dataDir,
    forward: {
      get origin() {
        return upstream.origin;
      },
      get region() {
        return upstream.region;
      },
      credentials: () => {
        if (upstream.credentials === undefined) throw new Error('the agent has given no credentials');
        return upstream.credentials;
      },
    },
    log: tell,
    now: Date.now,
    port: options.port,
    maxBytes: options.maxBytes,
  });

  const { promise: ending, resolve: end } = Promise.withResolvers<void>();
  const answersTo = (socket: Socket): SpoolAnswers => ({
    ...answersOf(spool),
    hello: () => ({ version }),
    close: () => {
      end();
      return {};
    },
    adopt: (given) => {
      upstream = given;
      agents.add(socket);
      spool.hurry();
      return {};
    },
  });
  const control = createServer((socket) => {
    const answers = answersTo(socket);
    socket.on('error', () => {});
    socket.once('close', () => agents.delete(socket));
    readMessages(socket, (question) => void answer(socket, answers, question as Question));
  });
  await listen(control, path);
  process.once('SIGTERM', end);
  log('info', 'log spool: ready', { port: spool.port, version });
  const watching = endWhenUnused({ agents, spool, path, lingerMs, end });
  await ending;
  clearInterval(watching);
  // Connections are left to the end of the process: who waits for it waits for their close.
  control.close();
  await spool.stop({ hurryMs: 300 });
  await unlock();
  log('info', 'log spool: ended');
};

const answer = async (socket: Socket, answers: SpoolAnswers, { id, ask, input }: Question): Promise<void> => {
  try {
    // Both sides are this program: the input belongs to the question.
    const reply = answers[ask] as (given: object) => object | Promise<object>;
    writeMessage(socket, { id, output: await reply(input) });
  } catch (error) {
    writeMessage(socket, { id, error: error instanceof Error ? error.message : String(error) });
  }
};

interface Watch {
  readonly agents: ReadonlySet<Socket>;
  readonly spool: LogSpool;
  readonly path: string;
  readonly lingerMs: number;
  readonly end: () => void;
}

const endWhenUnused = ({ agents, spool, path, lingerMs, end }: Watch): NodeJS.Timeout => {
  let unusedSince: number | undefined;
  return setInterval(() => {
    const used = agents.size > 0 || spool.inUse();
    unusedSince = used ? undefined : (unusedSince ?? performance.now());
    // A folder that was removed has no agent to come back to.
    const gone = agents.size === 0 && !existsSync(path);
    if (gone || (unusedSince !== undefined && performance.now() - unusedSince >= lingerMs)) end();
  }, LOOK_MS);
};
