import { createServer, type RequestListener, type Server } from 'node:http';
import type { Engine } from '@oreno/engine';
import type { Log } from '../domain/agent-runtime.ts';
import { listenOn } from './stable-port.ts';

/**
 * Listeners on the gateways of the engine's bridge networks, beside the one on loopback: a container reaches its
 * bridge's gateway, nobody outside the machine does.
 */
export interface Bridge {
  /** The interface on this machine. */
  readonly device: string;
  readonly gateway: string;
}

/** An engine that was never started before names only the subnet of its own bridge: the first address is the gateway. */
const firstAddress = (subnet: string): string => {
  const numbers = (subnet.split('/')[0] ?? '').split('.').map(Number);
  return numbers.with(3, (numbers[3] ?? 0) + 1).join('.');
};

/** The bridge networks of the engine that have a gateway. */
export const listBridges = async (engine: Pick<Engine, 'networks'>): Promise<readonly Bridge[]> => {
  const networks = await engine.networks.list({ filters: { driver: ['bridge'] } });
  return networks.flatMap(({ Id, IPAM, Options }) => {
    const config = IPAM?.Config?.find(({ Subnet, Gateway }) => (Gateway ?? Subnet)?.includes('.') === true);
    const gateway = config?.Gateway ?? (config?.Subnet === undefined ? undefined : firstAddress(config.Subnet));
    // The engine names the interface after the network's id where no name is configured.
    const device = Options?.['com.docker.network.bridge.name'] ?? `br-${Id.slice(0, 12)}`;
    return gateway === undefined ? [] : [{ device, gateway: gateway.split('/')[0] ?? gateway }];
  });
};

export interface BridgeListeners {
  /** Listens on the gateways that are not listened on yet, and no longer on those that are gone. */
  readonly follow: (bridges: readonly Bridge[]) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Serves one handler on one port of the gateways. */
export const createBridgeListeners = (port: number, handler: RequestListener, log: Log): BridgeListeners => {
  const servers = new Map<string, Server>();
  const refused = new Set<string>();
  const closeOne = async (gateway: string, server: Server): Promise<void> => {
    servers.delete(gateway);
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  return {
    follow: async (bridges) => {
      const wanted = new Set(bridges.map(({ gateway }) => gateway));
      for (const [gateway, server] of servers) if (!wanted.has(gateway)) await closeOne(gateway, server);
      for (const gateway of wanted) {
        if (servers.has(gateway)) continue;
        const server = createServer({ requestTimeout: 10_000 }, handler);
        try {
          await listenOn(server, port, gateway);
          servers.set(gateway, server);
          refused.delete(gateway);
        } catch (error) {
          // The engine may be on another machine, or somebody listens on all addresses.
          if (!refused.has(gateway))
            log('warn', `containers do not reach the agent on ${gateway}:${port}`, { error: String(error) });
          refused.add(gateway);
        }
      }
    },
    close: async () => {
      for (const [gateway, server] of servers) await closeOne(gateway, server);
    },
  };
};
