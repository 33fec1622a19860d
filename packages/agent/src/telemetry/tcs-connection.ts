import { sign } from '@oreno/aws-wire';
import { WebSocket } from 'ws';
import type { AwsCredentials } from '../domain/agent-runtime.ts';
import type { InstanceIdentity } from '../domain/agent-state.ts';

/**
 * One telemetry websocket: the signed handshake, the signed block before each message, and the end when the server
 * is silent for too long. Any message that the protocol knows counts as a sign of life; a ping does not.
 */
export interface TcsConnection {
  readonly send: (message: object, credentials: AwsCredentials, now: number) => void;
  /** Resolves with how it ended; never rejects. */
  readonly ended: Promise<TcsEnd>;
  readonly close: () => void;
}

export interface TcsEnd {
  /** The close code; 1006 for a connection that broke. */
  readonly code: number;
  readonly reason: string;
  readonly openedAt: number | undefined;
}

const SIGNS_OF_LIFE = new Set(['HeartbeatMessage', 'AckPublishMetric', 'AckPublishHealth', 'AckPublishInstanceStatus']);

/** Where the websocket of this instance is: the address that is signed, with http for ws. */
export const tcsUrl = (telemetryEndpoint: string, identity: InstanceIdentity): URL => {
  const url = new URL(telemetryEndpoint.replace(/\/*$/, '/ws'));
  const query = {
    agentHash: identity.hash,
    agentVersion: identity.version,
    cluster: identity.cluster,
    containerInstance: identity.containerInstanceArn,
    dockerVersion: identity.dockerVersion,
  };
  url.search = Object.entries(query)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&');
  return url;
};

const headerNames: Readonly<Record<string, string>> = {
  authorization: 'Authorization',
  host: 'Host',
  'x-amz-date': 'X-Amz-Date',
  'x-amz-security-token': 'X-Amz-Security-Token',
};

/** A message as it goes out: signed headers of a GET with the JSON as its body, an empty line, the JSON. */
const frameOf = (message: object, headers: Readonly<Record<string, string>>): string => {
  const block = Object.entries(headers).map(([name, value]) => `${headerNames[name] ?? name}: ${value}\r\n`);
  return `${block.join('')}\r\n${JSON.stringify(message)}`;
};

const isSignOfLife = (data: string): boolean => {
  try {
    const { type } = JSON.parse(data) as { readonly type?: unknown };
    return typeof type === 'string' && SIGNS_OF_LIFE.has(type);
  } catch {
    return false;
  }
};

export interface TcsConnectOptions {
  readonly url: URL;
  readonly region: string;
  readonly credentials: AwsCredentials;
  readonly now: () => number;
  /** Milliseconds of silence after which the connection is given up; a random 60 to 120 s when absent. */
  readonly silenceMs?: (() => number) | undefined;
  readonly onOpen: () => void;
}

/** Opens a connection. */
export const connectTcs = (options: TcsConnectOptions): TcsConnection => {
  const { url, region, credentials, now } = options;
  const silenceMs = options.silenceMs ?? (() => 60_000 * (1 + Math.random()));
  const signed = (body: string | undefined, by: AwsCredentials, at: number): Readonly<Record<string, string>> =>
    sign({ method: 'GET', url, body, region, service: 'ecs', credentials: by, now: at });
  const address = new URL(url);
  address.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  const { host: _host, ...headers } = signed(undefined, credentials, now());
  const socket = new WebSocket(address, { headers, perMessageDeflate: false, handshakeTimeout: 30_000 });
  let openedAt: number | undefined;
  let silence: NodeJS.Timeout | undefined;
  let failure = '';
  const hear = (): void => {
    clearTimeout(silence);
    silence = setTimeout(() => socket.terminate(), silenceMs());
  };
  socket.on('open', () => {
    openedAt = now();
    hear();
    options.onOpen();
  });
  socket.on('message', (data, isBinary) => {
    // With ws's default binary type a text frame is one buffer.
    if (!isBinary && Buffer.isBuffer(data) && isSignOfLife(data.toString())) hear();
  });
  socket.on('error', (error) => {
    failure = error.message;
  });
  const ended = new Promise<TcsEnd>((resolve) => {
    socket.on('close', (code, reason) => {
      clearTimeout(silence);
      resolve({ code, reason: reason.toString() || failure, openedAt });
    });
  });
  return {
    ended,
    send: (message, by, at) => {
      if (socket.readyState !== WebSocket.OPEN) return;
      const json = JSON.stringify(message);
      socket.send(frameOf(message, signed(json, by, at)));
    },
    close: () => {
      if (socket.readyState === WebSocket.CONNECTING) socket.terminate();
      else socket.close(1000);
    },
  };
};
