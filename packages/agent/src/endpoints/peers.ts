import { type IncomingMessage, request as startRequest, type RequestListener, type ServerResponse } from 'node:http';
import type { AgentState } from '../domain/agent-state.ts';
import { isAwsvpcAddress } from './metadata-routes.ts';

/**
 * Several agents on one machine share 169.254.170.2, and the firewall can lead it to one of them only. So an agent
 * that is asked for what is not its own asks the others, whose ports it knows from their rules; once, because a
 * request that was passed on is never passed on again.
 */
export interface Peers {
  readonly state: AgentState;
  /** The metadata ports of the other agents. */
  readonly ports: () => readonly number[];
}

/** Set on a request that was passed on: the address of the container that made it. */
export const RELAY_HEADER = 'x-oreno-relayed-for';

const PROBE_TIMEOUT_MS = 1000;

/** Whether an answer can be here: the container, the credentials or the caller of version 2 belong to this agent. */
const isOwn = (state: AgentState, path: string, remoteAddress: string): boolean => {
  const container = /^\/(?:v3|v4|api)\/([^/]+)/.exec(path)?.[1];
  if (container !== undefined) return state.findByMetadataId(container) !== undefined;
  const credentials = /^\/v2\/credentials\/(.+)$/.exec(path)?.[1];
  if (credentials !== undefined) return state.credentials.has(credentials);
  if (/^\/v2\/(?:metadata|stats)/.test(path)) return isAwsvpcAddress(state, remoteAddress);
  return true;
};

/** What to ask a peer to learn whether a path is its own: the API of a container is not to be called for that. */
const probeOf = (path: string): string => path.replace(/^\/api\/([^/]+)\/.*$/, '/v4/$1');

const owns = (port: number, path: string, relayedFor: string): Promise<boolean> =>
  new Promise((resolve) => {
    const headers = { [RELAY_HEADER]: relayedFor };
    const probe = startRequest({ host: '127.0.0.1', port, path, headers, timeout: PROBE_TIMEOUT_MS }, (answer) => {
      answer.resume();
      resolve((answer.statusCode ?? 500) < 400);
    });
    probe.once('error', () => resolve(false)).once('timeout', () => probe.destroy());
    probe.end();
  });

const pass = (request: IncomingMessage, response: ServerResponse, port: number, relayedFor: string): void => {
  const headers = { ...request.headers, [RELAY_HEADER]: relayedFor };
  const onward = startRequest(
    { host: '127.0.0.1', port, path: request.url, method: request.method, headers },
    (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    },
  );
  onward.once('error', () => response.destroy());
  request.pipe(onward);
};

/** A handler that passes on what belongs to another agent, and leaves the rest to `own`. */
export const withPeers = ({ state, ports }: Peers, own: RequestListener): RequestListener => {
  const find = async (path: string, relayedFor: string): Promise<number | undefined> => {
    for (const port of ports()) if (await owns(port, probeOf(path), relayedFor)) return port;
    return undefined;
  };
  return (request, response) => {
    const remote = request.socket.remoteAddress ?? '';
    const path = (request.url ?? '').split('?')[0] ?? '';
    const settled = request.headers[RELAY_HEADER] !== undefined || ports().length === 0 || isOwn(state, path, remote);
    if (settled) {
      own(request, response);
      return;
    }
    find(path, remote).then(
      (port) => (port === undefined ? own(request, response) : pass(request, response, port, remote)),
      () => own(request, response),
    );
  };
};
