import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { AgentPart } from '../domain/agent-runtime.ts';
import type { AgentState } from '../domain/agent-state.ts';
import type { LogOptions } from '../domain/log-options.ts';
import { lockDataDir } from '../storage/data-dir-lock.ts';
import { awslogsOptions } from './log-config.ts';
import { type LogSpoolOptions, type LogSpoolStatus, startLogSpool } from './log-spool.ts';
import { type SpoolConnection, SpoolGoneError } from './spool-connection.ts';
import { launchSpool } from './spool-launch.ts';
import { answersOf, type SpoolQuestions, type SpoolUpstream, type SpoolWork } from './spool-protocol.ts';

/**
 * The agent's side of its log spool. The spool is a process of its own that outlives the agent; this finds or starts
 * it, tells it where to forward to and with which credentials, and starts it again when it dies. What is asked
 * meanwhile waits. Where no process can be started, the spool runs in the agent, and ends with it.
 */
export interface AgentLogSpool extends LogOptions, AgentPart {
  /** Tells the spool from now on which tasks live: it stays for them. Returns the function that ends it. */
  follow(state: AgentState): () => void;
  /** Resolves once everything that was taken is at the control plane, or refused by it. */
  flush(): Promise<void>;
  status(): Promise<LogSpoolStatus>;
}

export interface AgentLogSpoolOptions extends Omit<LogSpoolOptions, 'now'> {
  readonly now?: (() => number) | undefined;
  /** How long the process stays with neither agent nor container; 2,000 when absent. Milliseconds. */
  readonly lingerMs?: number | undefined;
  /** Between two looks whether the credentials are other ones; 60,000 when absent. Milliseconds. */
  readonly renewMs?: number | undefined;
}

interface Ready {
  readonly promise: Promise<Ask>;
  readonly resolve: (ask: Ask) => void;
  readonly reject: (error: unknown) => void;
}

type Ask = <Name extends SpoolWork>(
  name: Name,
  input: SpoolQuestions[Name]['input'],
) => Promise<SpoolQuestions[Name]['output']>;

const ANSWER_MS = 10_000;
const ATTEMPTS = 3;
/** A process that dies younger than this counts as one that could not be started. */
const STEADY_MS = 5000;

const notReady = (): Ready => {
  const ready = Promise.withResolvers<Ask>();
  // It may fail when nobody asks.
  ready.promise.catch(() => {});
  return ready;
};

/** Begins to find or start the spool; what is asked of it waits until it is there. */
export const startAgentLogSpool = (options: AgentLogSpoolOptions): AgentLogSpool => {
  const { dataDir, forward, log, renewMs = 60_000 } = options;
  const stopping = new AbortController();
  let ready = notReady();
  let live: readonly string[] | undefined;
  let stopLocal: (() => Promise<void>) | undefined;

  const upstream = async (): Promise<SpoolUpstream> => {
    const { origin, region } = forward;
    try {
      return { origin, region, credentials: await forward.credentials() };
    } catch (error) {
      log('warn', 'log spool: no credentials to forward with at the moment', { error: String(error) });
      return { origin, region };
    }
  };

  /** Keeps a process provided with credentials until its connection ends. */
  const attend = async (connection: SpoolConnection): Promise<void> => {
    let told = '';
    const tell = async (): Promise<void> => {
      const given = await upstream();
      if (JSON.stringify(given) === told) return;
      await connection.ask('adopt', given, ANSWER_MS);
      told = JSON.stringify(given);
    };
    await tell();
    if (live !== undefined) await connection.ask('retain', { taskArns: live }, ANSWER_MS);
    ready.resolve((name, input) => connection.ask(name, input, name === 'flush' ? undefined : ANSWER_MS));
    // A process that is gone is noticed by its connection.
    const renewal = setInterval(() => void tell().catch(() => {}), renewMs);
    await connection.closed;
    clearInterval(renewal);
    ready = notReady();
  };

  const runHere = async (): Promise<void> => {
    const unlock = await lockDataDir(join(dataDir, 'log-spool'));
    const spool = await startLogSpool({ ...options, now: options.now ?? Date.now });
    if (live !== undefined) spool.retain(live);
    const answers = answersOf(spool);
    stopLocal = async () => {
      await spool.stop();
      await unlock();
    };
    ready.resolve(async (name, input) => answers[name](input));
  };

  const tryOnce = async (): Promise<unknown> => {
    try {
      const connection = await launchSpool({
        dataDir,
        port: options.port ?? 0,
        maxBytes: options.maxBytes,
        lingerMs: options.lingerMs ?? 2000,
        onLog: (line) => log(...line),
      });
      const abort = (): void => connection.end();
      stopping.signal.addEventListener('abort', abort);
      if (stopping.signal.aborted) abort();
      await attend(connection).finally(abort);
      stopping.signal.removeEventListener('abort', abort);
      return new Error('it ended');
    } catch (error) {
      return error;
    }
  };

  const keepRunning = async (): Promise<void> => {
    for (let failures = 0; !stopping.signal.aborted;) {
      const since = performance.now();
      const error = await tryOnce();
      if (stopping.signal.aborted) return;
      failures = performance.now() - since > STEADY_MS ? 0 : failures + 1;
      log('warn', 'log spool: its process is not there; it is started again', { error: String(error) });
      if (failures === ATTEMPTS) {
        log(
          'warn',
          'log spool: no process can be started: it runs in the agent, and lines are lost while that is down',
        );
        return runHere();
      }
      if (failures > 1) await delay(200, undefined, { signal: stopping.signal }).catch(() => {});
    }
  };

  const running = keepRunning().catch((error: unknown) => {
    log('error', 'log spool: cannot run', { error: String(error) });
    ready.reject(error);
  });
  const ask: Ask = async (name, input) => {
    for (;;) {
      stopping.signal.throwIfAborted();
      try {
        return await (
          await ready.promise
        )(name, input);
      } catch (error) {
        // It died before it answered: the next one will.
        if (!(error instanceof SpoolGoneError)) throw error;
        await delay(10);
      }
    }
  };
  const inform = <Name extends SpoolWork>(name: Name, input: SpoolQuestions[Name]['input']): void => {
    ask(name, input).catch((error: unknown) => {
      if (!stopping.signal.aborted) log('warn', `log spool: ${name} failed`, { error: String(error) });
    });
  };

  return {
    optionsFor: async (task, container) => {
      const given = awslogsOptions(container.definition);
      return given === undefined ? {} : ask('lead', { taskArn: task.arn, containerName: container.name, given });
    },
    release: (taskArn) => inform('release', { taskArn }),
    follow: (state) => {
      const retain = (): void => {
        const taskArns = [...state.tasks.values()]
          .filter((task) => task.knownStatus !== 'STOPPED')
          .map(({ arn }) => arn);
        live = taskArns;
        inform('retain', { taskArns });
      };
      retain();
      return state.onChange((change) => {
        const ended = change.kind === 'task' && change.task.knownStatus === 'STOPPED';
        if (ended && change.previous?.knownStatus !== 'STOPPED') retain();
      });
    },
    flush: async () => void (await ask('flush', {})),
    status: () => ask('status', {}),
    stop: async () => {
      stopping.abort(new Error('the agent is stopping'));
      await running;
      ready.reject(stopping.signal.reason);
      await stopLocal?.();
    },
  };
};
