/**
 * One connection to ACS: the signed websocket, its envelopes, its time limits. It ends once and says how; connecting
 * again is for acs-session.ts.
 */
import { sign } from '@oreno/aws-wire';
import { WebSocket } from 'ws';
import type { RawData } from 'ws';
import type { InstanceIdentity } from '../domain/agent-state.ts';
import type { AwsCredentials, Log } from '../domain/agent-runtime.ts';
import type { Envelope } from '../protocol/acs-messages.ts';

export interface AcsConnectOptions {
  readonly endpoint: string;
  readonly identity: InstanceIdentity;
  readonly region: string;
  readonly credentials: AwsCredentials;
  /** Asks the control plane for the credentials of every task that runs. */
  readonly sendCredentials: boolean;
  /** True when the message was one that the agent knows: only those count as signs of life. */
  readonly onMessage: (envelope: Envelope, send: AcsSend) => boolean;
  readonly onOpen: (send: AcsSend) => void;
  readonly log: Log;
  readonly now: () => number;
  readonly signal: AbortSignal;
}

export type AcsSend = (type: string, message: unknown) => void;

export interface AcsEnd {
  /** The close code; 0 when no connection came about. */
  readonly code: number;
  /** The modelled error that a refused upgrade names, like `InactiveInstanceException`. */
  readonly refusal?: string | undefined;
  readonly reason: string;
  /** Milliseconds that it stood. */
  readonly stood: number;
}

const HANDSHAKE_MS = 30_000;
const MINUTE = 60_000;

/** The address to connect to; its query is part of what is signed. */
export function acsUrl(endpoint: string, identity: InstanceIdentity, sendCredentials: boolean): URL {
  const url = new URL(`${endpoint.replace(/\/$/, '')}/ws`);
  const query = {
    agentHash: identity.hash,
    agentVersion: identity.version,
    clusterArn: identity.cluster,
    containerInstanceArn: identity.containerInstanceArn,
    dockerVersion: `DockerVersion: ${identity.dockerVersion}`,
    protocolVersion: '2',
    sendCredentials: String(sendCredentials),
    seqNum: '1',
  };
  url.search = Object.entries(query)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&');
  return url;
}

/** Connects, serves until the connection ends, and resolves with how it ended. Never rejects. */
export function runAcsConnection(options: AcsConnectOptions): Promise<AcsEnd> {
  const { log, now, signal } = options;
  const url = acsUrl(options.endpoint, options.identity, options.sendCredentials);
  const headers = sign({
    method: 'GET',
    url,
    region: options.region,
    service: 'ecs',
    credentials: options.credentials,
    now: now(),
  });
  return new Promise((resolve) => {
    const address = url.href.replace(/^http/, 'ws');
    const socket = new WebSocket(address, { headers, perMessageDeflate: false, handshakeTimeout: HANDSHAKE_MS });
    const timers = new Set<NodeJS.Timeout>();
    let openedAt: number | undefined;
    let refusal: string | undefined;
    let failure = '';
    let quiet: NodeJS.Timeout | undefined;

    const send: AcsSend = (type, message) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ type, message }));
    };
    const listen = () => {
      if (quiet) clearTimeout(quiet);
      quiet = setTimeout(
        () => {
          log('warn', 'the control plane says nothing on ACS; connecting anew');
          socket.terminate();
        },
        MINUTE + Math.random() * MINUTE,
      );
    };
    const onAbort = () => (socket.readyState === WebSocket.OPEN ? socket.close(1000) : socket.terminate());
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();

    socket.on('open', () => {
      openedAt = now();
      listen();
      const expire = () => socket.close(1000, 'ConnectionExpired: Reconnect to continue');
      timers.add(setTimeout(expire, 30 * MINUTE + Math.random() * 5 * MINUTE));
      options.onOpen(send);
    });
    socket.on('message', (data) => {
      const envelope = readEnvelope(data);
      if (envelope && options.onMessage(envelope, send)) listen();
      else log('debug', 'dropped a message that is none of ACS', { type: envelope?.type });
    });
    socket.on('unexpected-response', (request, response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8').slice(0, 4096);
        refusal = refusalOf(text);
        failure = `HTTP ${response.statusCode}: ${text}`;
        request.destroy();
        socket.terminate();
        finish(0, failure);
      });
    });
    socket.on('error', (error) => {
      failure ||= error.message;
    });
    let over = false;
    const finish = (code: number, reason: string) => {
      if (over) return;
      over = true;
      if (quiet) clearTimeout(quiet);
      for (const timer of timers) clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      resolve({ code, refusal, reason, stood: openedAt === undefined ? 0 : now() - openedAt });
    };
    socket.on('close', (code, reason) => finish(openedAt === undefined ? 0 : code, reason.toString() || failure));
  });
}

function readEnvelope(data: RawData): Envelope | undefined {
  try {
    const text = Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as Buffer);
    const value: unknown = JSON.parse(text.toString('utf8'));
    if (typeof value !== 'object' || value === null || !('type' in value) || typeof value.type !== 'string')
      return undefined;
    const message = 'message' in value ? value.message : undefined;
    if (typeof message !== 'object' || message === null) return undefined;
    return { type: value.type, message };
  } catch {
    return undefined;
  }
}

const refusals = [
  'InactiveInstanceException',
  'InvalidInstanceException',
  'InvalidClusterException',
  'AccessDeniedException',
  'BadRequestException',
  'ServerException',
];

/** A refused upgrade names its error as the one key of an object, or as the type of an envelope. */
export function refusalOf(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return undefined;
    const type = 'type' in value ? String(value.type) : undefined;
    return refusals.find((name) => name in value || name === type);
  } catch {
    return undefined;
  }
}
