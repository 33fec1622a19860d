import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { callAws, createDispatcher, logsModel } from '@oreno/aws-wire';
import type { AgentPart, CredentialProvider, Log } from '../domain/agent-runtime.ts';
import type { LogOptions } from '../domain/log-options.ts';
import type { ContainerState, TaskState } from '../domain/task-state.ts';
import { listenOnStablePort } from '../endpoints/stable-port.ts';
import { createForwarder } from './forwarder.ts';
import { awslogsOptions, goesThroughSpool, spoolOptions } from './log-config.ts';
import { openLogCredentials } from './log-credentials.ts';
import { spoolCredentialSource, spoolService } from './spool-service.ts';
import { openSpoolStore } from './spool-store.ts';
import type { LogsUpstream } from './upstream.ts';

/**
 * The log spool: a server on loopback that takes what Docker's awslogs driver sends, writes it down, and forwards it
 * to the control plane. It answers while the control plane is down, so that no line is lost and no container kept
 * from starting, and it keeps its port and its credentials over restarts, because the drivers of running containers
 * hold both. Lines are delivered at least once.
 */
export interface LogSpool extends LogOptions, AgentPart {
  readonly port: number;
  /** The same as `optionsFor`, by what the definition says of awslogs; empty when the lines go elsewhere. */
  lead(container: LeadInput): Readonly<Record<string, string>>;
  optionsFor(task: TaskState, container: ContainerState): Readonly<Record<string, string>>;
  /** These tasks live; all others that had a container here have ended, and keep nobody waiting for their lines. */
  retain(taskArns: readonly string[]): void;
  /** Whether a container may still log here. */
  inUse(): boolean;
  /** Tries to forward now instead of after the delay: the control plane or the credentials are other ones. */
  hurry(): void;
  /** Resolves once everything that was taken is at the control plane, or refused by it. */
  flush(): Promise<void>;
  status(): LogSpoolStatus;
  /** `hurryMs` is how long calls under way may take to end; 2,000 when absent. */
  stop(options?: { readonly hurryMs: number }): Promise<void>;
}

/** A container whose lines are to come here. */
export interface LeadInput {
  readonly taskArn: string;
  readonly containerName: string;
  /** The awslogs options of its definition. */
  readonly given: Readonly<Record<string, string>>;
}

export interface LogSpoolStatus {
  readonly port: number;
  /** False from the first call that failed until one succeeds again. */
  readonly reachable: boolean;
  /** Entries that wait, bytes on disk, events that the control plane refused since the start. */
  readonly pending: number;
  readonly bytes: number;
  readonly dropped: number;
}

export interface LogSpoolOptions {
  /** The agent's data folder; the spool keeps to `log-spool/` in it. */
  readonly dataDir: string;
  /** Read at each use. */
  readonly forward: {
    /** Scheme, host and port of the control plane. */
    readonly origin: string;
    /** For containers whose options name no region. */
    readonly region: string;
    /** The agent's own. */
    readonly credentials: CredentialProvider;
  };
  readonly log: Log;
  readonly now: () => number;
  /** The port of the first start, any free one when absent; later starts take the one that was had. */
  readonly port?: number | undefined;
  /** Bytes on disk past which events are refused; 1 GiB when absent. */
  readonly maxBytes?: number | undefined;
}

const GIBIBYTE = 1024 ** 3;
/** Ten thousand short lines full of escapes are several times larger as JSON than PutLogEvents counts them. */
const MAX_BODY_BYTES = 16 * 1024 * 1024;

const upstreamOf = ({ forward, now }: LogSpoolOptions, signal: AbortSignal): LogsUpstream => ({
  call: async (operation, input, { region, timeoutMs }) =>
    callAws({
      origin: forward.origin,
      model: logsModel,
      // The names come from the model's own table or from this package.
      operation: operation as 'PutLogEvents',
      input: input as never,
      region,
      credentials: await forward.credentials(),
      signal,
      timeoutMs,
      now,
    }),
});

const answerJson = (response: ServerResponse, status: number, body: unknown): void => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
};

/** Starts the spool: opens what an earlier run left, listens, and begins to forward. */
export const startLogSpool = async (options: LogSpoolOptions): Promise<LogSpool> => {
  const { dataDir, forward, log, now } = options;
  const folder = join(dataDir, 'log-spool');
  const stopping = new AbortController();
  const upstream = upstreamOf(options, stopping.signal);
  const store = await openSpoolStore({ folder, maxBytes: options.maxBytes ?? GIBIBYTE, log });
  const credentials = await openLogCredentials(join(folder, 'credentials'), now);
  const forwarder = createForwarder({ store, upstream, log, now });
  for (const record of store.recovered) forwarder.enqueue(record);
  if (store.recovered.length > 0) log('info', 'log spool: resumes', { entries: store.recovered.length });

  const dispatcher = createDispatcher({
    services: [spoolService({ store, forwarder, upstream, credentials, log, now })],
    credentials: spoolCredentialSource(credentials),
    // The keys are good for this port alone, and what is asked through is judged by the control plane.
    authorizer: { authorize: () => Promise.resolve() },
    log: (level, message, fields) => log(level === 'info' ? 'debug' : level, message, fields),
    now,
    maxBodyBytes: MAX_BODY_BYTES,
  });

  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    const id = /^\/v2\/credentials\/([^/?]+)$/.exec(request.url ?? '')?.[1];
    if (request.method !== 'GET' || id === undefined) return void dispatcher.handle(request, response);
    const answer = credentials.answer(id);
    if (answer !== undefined) return answerJson(response, 200, answer);
    const message = 'CredentialsV2Request: Credentials not found';
    answerJson(response, 400, { code: 'InvalidIdInRequest', message, HTTPErrorCode: 400 });
  };

  const server = createServer({ keepAliveTimeout: 120_000 }, handle);
  const port = await listenOnStablePort({
    server,
    host: '127.0.0.1',
    file: join(folder, 'port'),
    preferred: options.port ?? 0,
    log,
  });

  /** Undefined until somebody knows: then every task with credentials counts. */
  let live: Set<string> | undefined;
  const lead = ({ taskArn, containerName, given }: LeadInput): Readonly<Record<string, string>> => {
    if (!goesThroughSpool(given, forward.origin)) return {};
    const grant = credentials.issue(taskArn, containerName, given['awslogs-create-group'] === 'true');
    live?.add(taskArn);
    return spoolOptions(given, { port, grantId: grant.id, region: forward.region });
  };

  return {
    port,
    lead,
    optionsFor: (task, container) => {
      const given = awslogsOptions(container.definition);
      return given === undefined ? {} : lead({ taskArn: task.arn, containerName: container.name, given });
    },
    retain: (taskArns) => {
      live = new Set(taskArns);
    },
    inUse: () => credentials.held().some((taskArn) => live?.has(taskArn) ?? true),
    hurry: () => forwarder.gate.hurry(),
    release: (taskArn) => credentials.release(taskArn),
    flush: () => forwarder.idle(),
    status: () => ({
      port,
      reachable: forwarder.gate.open(),
      bytes: store.size(),
      ...forwarder.counts(),
    }),
    stop: async ({ hurryMs } = { hurryMs: 2000 }) => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      // Drivers keep their connections open; what is in flight gets its answer first.
      const hurry = setTimeout(() => server.closeAllConnections(), hurryMs);
      await closed;
      clearTimeout(hurry);
      // A call under way is ended, and sent again after the next start.
      const abort = setTimeout(() => stopping.abort(), hurryMs);
      await forwarder.stop();
      clearTimeout(abort);
      await store.close();
    },
  };
};
