/**
 * The sessions of container agents: the websockets `/acs/ws` and `/tcs/ws` of the ECS agent protocol, one of
 * each for a container instance. Which server of several holds an instance's sockets matters to nobody: what an
 * agent is to do and what it has confirmed is in the store.
 *
 * Invariants: the newest socket of an instance wins, and the older one is closed; a deregistered instance has no
 * session; nothing is served before `start` or after `stop`.
 */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { AuthorizationRequest } from '@oreno/aws-wire';
import type { Log } from '@oreno/reconcile';
import type { Store } from '@oreno/store';
import type { WebSocket } from 'ws';
import { WebSocketServer } from 'ws';
import type { ContainerInstanceRecord } from '../records.ts';
import { AcsSession, closeCodes, superseded } from './acs/session.ts';
import type { ChangeFollower } from './change-follower.ts';
import { followChanges } from './change-follower.ts';
import type { IssueSession } from './credential-desk.ts';
import { openCredentialDesk } from './credential-desk.ts';
import { openDefinitionReader } from './definitions.ts';
import type { Caller, Handshake } from './handshake.ts';
import { channelOf, shakeHands } from './handshake.ts';
import { instanceName } from './instance-key.ts';
import type { MetricSink } from './metric-sink.ts';
import { openPresence } from './presence.ts';
import { Refusal, refuse } from './refusal.ts';
import { openUsageMetrics } from './tcs/usage-metrics.ts';
import { TcsSession } from './tcs/session.ts';

export interface AgentSessionsOptions {
  readonly store: Store;
  /** Verifies a handshake's signature (the dispatcher's); throws AwsError. */
  readonly authenticate: (request: IncomingMessage) => Promise<Caller>;
  readonly iam: {
    readonly issueSession: IssueSession;
    readonly authorizer: { authorize(request: AuthorizationRequest): Promise<void> };
  };
  /** Host and port of repository URIs, for example `localhost:4566`. */
  readonly registryHost: string;
  /** Whether an account's registry is kept here, whatever host name an image has. */
  readonly ownsRegistry: (account: string) => boolean;
  /** Whether `<account>.dkr.ecr.<region>.amazonaws.com` means Amazon's registry even for accounts kept here. */
  readonly leavesAmazonNames?: boolean | undefined;
  /** Where dockerd on the instances reaches CloudWatch Logs; the origin of each instance when absent. */
  readonly logsOrigin?: string | undefined;
  /** Takes the metrics of AWS/ECS, made from what agents publish; nobody when absent. */
  readonly metrics?: MetricSink | undefined;
  /** The clock, in milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: Log;
  /** Milliseconds without a socket until an agent counts as disconnected; 25,000 when absent. */
  readonly disconnectGrace?: number | undefined;
}

export interface AgentSessions {
  /** Takes over an HTTP upgrade when it is an agent's: true means that the socket is being dealt with. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean;
  start(): Promise<void>;
  /** Closes every session in the way that makes agents come back at once. */
  stop(): Promise<void>;
  /** How many agents are connected to this server. */
  connected(): number;
}

/** The largest frame taken from an agent: twice what telemetry messages are allowed to be, and more. */
const largestFrame = 4 * 1024 * 1024;
/** Milliseconds between looks at what time asks for. */
const tickEvery = 1_000;

/** Opens the agent sessions; `start` begins to serve them. */
export const openAgentSessions = (options: AgentSessionsOptions): AgentSessions => {
  const { store, now, log } = options;
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: largestFrame,
    handleProtocols: () => false,
  });
  const acs = new Map<string, AcsSession>();
  const tcs = new Map<string, TcsSession>();
  const presence = openPresence({ store, now, log, grace: options.disconnectGrace ?? 60_000 });
  const usage = openUsageMetrics({ store, sink: options.metrics ?? { record: () => undefined }, now, log });
  const services = {
    store,
    now,
    log,
    newId: () => randomUUID(),
    definitions: openDefinitionReader(store),
    credentials: openCredentialDesk(options.iam.issueSession, now),
    registries: {
      registryHost: options.registryHost,
      ownsRegistry: options.ownsRegistry,
      leavesAmazonNames: options.leavesAmazonNames,
    },
    logsOrigin: options.logsOrigin,
    usage,
  };
  let follower: ChangeFollower | undefined;
  let ticker: NodeJS.Timeout | undefined;
  let serving = false;

  const openAcs = (socket: WebSocket, { instance, parameters }: Handshake): void => {
    const name = instanceName(instance);
    const agentVersion = parameters.get('agentVersion') ?? undefined;
    const sendCredentials = parameters.get('sendCredentials') === 'true';
    const session = new AcsSession(socket, instance, { agentVersion, sendCredentials }, services);
    acs.get(name)?.close(closeCodes.superseded, superseded);
    acs.set(name, session);
    socket.on('close', () => {
      if (acs.get(name) !== session) return;
      acs.delete(name);
      presence.gone(instance, session.id);
    });
    session.open();
    log('info', 'container agent connected', { containerInstanceArn: instance.containerInstanceArn, agentVersion });
    presence
      .connected(instance, session.id, {
        agentVersion,
        agentHash: parameters.get('agentHash') ?? undefined,
        dockerVersion: parameters.get('dockerVersion') ?? undefined,
      })
      // It may have been deregistered since the handshake looked.
      .then((record) => {
        if (record?.status === 'INACTIVE') session.instanceChanged(record);
      })
      .catch((error: unknown) => log('error', 'writing agentConnected failed', { error: String(error) }));
  };

  const openTcs = (socket: WebSocket, { instance }: Handshake): void => {
    const name = instanceName(instance);
    const session = new TcsSession(socket, instance, services);
    tcs.get(name)?.close(closeCodes.superseded, superseded);
    tcs.set(name, session);
    socket.on('close', () => {
      if (tcs.get(name) === session) tcs.delete(name);
    });
    session.tick(now());
  };

  const accept = async (request: IncomingMessage, socket: Duplex, head: Buffer, channel: 'acs' | 'tcs') => {
    const handshake = await shakeHands(request, channel, {
      store,
      authenticate: options.authenticate,
      authorize: (question) => options.iam.authorizer.authorize(question),
      now,
    });
    if (!serving) throw new Refusal('ServerException', 'The server is stopping.');
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.on('error', (error) =>
        log('warn', 'a container agent session broke', {
          containerInstanceArn: handshake.instance.containerInstanceArn,
          error: error.message,
        }),
      );
      (channel === 'acs' ? openAcs : openTcs)(webSocket, handshake);
    });
  };

  const instanceWritten = (record: ContainerInstanceRecord): void => {
    const name = instanceName(record);
    acs.get(name)?.instanceChanged(record);
    if (record.status === 'INACTIVE') tcs.get(name)?.close(closeCodes.normal, 'Container instance is deregistered.');
  };

  const tick = (): void => {
    const at = now();
    for (const session of acs.values()) session.tick(at);
    for (const session of tcs.values()) session.tick(at);
  };

  return {
    upgrade: (request, socket, head) => {
      const channel = channelOf(request);
      if (channel === undefined) return false;
      const onError = (): void => void socket.destroy();
      socket.on('error', onError);
      accept(request, socket, head, channel).catch((error: unknown) => {
        if (!(error instanceof Refusal)) log('error', 'an agent handshake failed', { error: String(error) });
        else log('info', 'an agent handshake was refused', { error: `${error.code}: ${error.message}` });
        refuse(socket, error instanceof Refusal ? error : new Refusal('ServerException', 'Internal error.'));
      });
      return true;
    },
    start: async () => {
      follower = await followChanges(
        store,
        {
          tasks: (rows) => {
            const byInstance = Map.groupBy(rows, ({ record }) =>
              instanceName({ ...record, containerInstanceId: record.containerInstanceId ?? '' }),
            );
            for (const [name, changed] of byInstance) acs.get(name)?.tasksChanged(changed);
          },
          instances: (rows) => rows.forEach(({ record }) => instanceWritten(record)),
          lost: () => acs.forEach((session) => session.resynchronize()),
        },
        log,
      );
      await presence.start();
      usage.start();
      serving = true;
      ticker = setInterval(tick, tickEvery);
      ticker.unref();
    },
    stop: async () => {
      serving = false;
      clearInterval(ticker);
      presence.stop();
      usage.stop();
      await follower?.stop();
      const closing = [...sockets.clients].map((socket) => new Promise((closed) => socket.once('close', closed)));
      for (const session of [...acs.values(), ...tcs.values()])
        session.close(closeCodes.goingAway, 'The server is going away.');
      acs.clear();
      tcs.clear();
      sockets.close();
      await Promise.all(closing);
    },
    connected: () => acs.size,
  };
};
