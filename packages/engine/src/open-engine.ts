import type { Engine } from './engine.ts';
import { openTransport } from './transport.ts';
import { containerCalls } from './containers.ts';
import { imageCalls } from './images.ts';
import { networkCalls, volumeCalls } from './networks.ts';
import { followEvents } from './events.ts';
import { execIn } from './exec.ts';
import type { EngineInfo, EngineVersion } from './engine-types.ts';

export interface EngineOptions {
  /** `/var/run/docker.sock`, `unix:///…`, `tcp://host:port` or `http://host:port`. */
  readonly socket: string;
  /** For one answer, where a call has no limit of its own. Milliseconds; 60,000 when absent. */
  readonly timeoutMs?: number | undefined;
}

/**
 * A client of the engine behind `socket`. Connects at the first call, keeps connections alive, and settles on an
 * API version with the engine (1.41, or what the engine has if that is older, or asks for at least).
 */
export function openEngine(options: EngineOptions): Engine {
  const transport = openTransport(options);
  return {
    address: transport.address,
    async ping(call) {
      await transport.empty({ method: 'GET', path: '/_ping', unversioned: true, operation: 'ping', ...call });
    },
    version: (call) =>
      transport.json<EngineVersion>({
        method: 'GET',
        path: '/version',
        unversioned: true,
        operation: 'version',
        ...call,
      }),
    info: (call) => transport.json<EngineInfo>({ method: 'GET', path: '/info', operation: 'info', ...call }),
    containers: containerCalls(transport),
    images: imageCalls(transport),
    networks: networkCalls(transport),
    volumes: volumeCalls(transport),
    events: (query) => followEvents(transport, query),
    exec: (container, command, call) => execIn(transport, container, command, call),
    close: () => transport.close(),
  };
}
