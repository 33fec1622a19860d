import { createServer, type RequestListener, type Server } from 'node:http';
import { join } from 'node:path';
import type { AgentPart, AgentRuntime } from '../domain/agent-runtime.ts';
import type { TaskState } from '../domain/task-state.ts';
import type { StatsSampler } from '../telemetry/stats-sampler.ts';
import { send } from './answer.ts';
import { openAuditFile } from './audit-file.ts';
import { type Bridge, createBridgeListeners, listBridges } from './bridge-listeners.ts';
import { createHostRules, type HostRules } from './host-rules.ts';
import { answerIntrospection } from './introspection.ts';
import { createMetadataHandler, targetOf } from './metadata-server.ts';
import type { RateLimits } from './rate-limit.ts';
import { listenOnStablePort } from './stable-port.ts';
import { withPeers } from './peers.ts';
import { lookUpTags } from './tags.ts';

/**
 * Starts the endpoints that the agent serves: the metadata server (behind 169.254.170.2) and the introspection server,
 * each on loopback and on the gateways of the engine's bridges, and the firewall rules that lead there.
 */
export interface Endpoints extends AgentPart {
  readonly metadataPort: number;
  readonly introspectionPort: number;
  /** Looks at the engine's networks again; done by itself every half minute and when a task has a network not seen yet. */
  refresh(): Promise<void>;
}

export interface EndpointsOptions {
  readonly runtime: AgentRuntime;
  readonly stats: Pick<StatsSampler, 'latest'>;
  /** 51679 when absent, another one when that is taken, and the same again at the next start. */
  readonly metadataPort?: number | undefined;
  /** 51678 when absent; as above. */
  readonly introspectionPort?: number | undefined;
  /** False leaves the machine's firewall alone. */
  readonly hostRules?: boolean | undefined;
  readonly limits?: RateLimits | undefined;
}

/** How soon flushed rules and new networks are noticed. */
const REFRESH_MS = 30_000;

const closeServer = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });

/** The gateways of the networks that a task's containers are on. */
const gatewaysOf = ({ containers }: TaskState): readonly string[] =>
  containers.flatMap(({ networks }) =>
    networks.flatMap(({ subnetGatewayIpv4Address: gateway }) => gateway?.split('/')[0] ?? []),
  );

/** Starts everything; resolves once both servers listen. */
export const startEndpoints = async (options: EndpointsOptions): Promise<Endpoints> => {
  const { runtime, stats } = options;
  const { state, engine, log, dataDir } = runtime;
  const folder = join(dataDir, 'endpoints');
  const audit = await openAuditFile(join(folder, 'audit.log'), log);
  const parts = { state, stats, tagsOf: (arn: string) => lookUpTags(runtime, arn) };
  let rules: HostRules | undefined = undefined;
  const metadata = withPeers(
    { state, ports: () => rules?.peers() ?? [] },
    createMetadataHandler({ runtime, parts, audit: audit.write, limits: options.limits }),
  );
  const introspection: RequestListener = (request, response) => {
    const url = targetOf(request.url);
    send(response, answerIntrospection({ state, stats }, url.pathname, url.searchParams));
  };

  const serve = async (
    handler: RequestListener,
    name: string,
    preferred: number,
  ): Promise<{ server: Server; port: number }> => {
    const server = createServer({ requestTimeout: 10_000 }, handler);
    const file = join(folder, `${name}-port`);
    return { server, port: await listenOnStablePort({ server, host: '127.0.0.1', file, preferred, log }) };
  };
  const forTasks = await serve(metadata, 'metadata', options.metadataPort ?? 51_679);
  const forAgents = await serve(introspection, 'introspection', options.introspectionPort ?? 51_678);
  const gateways = [
    createBridgeListeners(forTasks.port, metadata, log),
    createBridgeListeners(forAgents.port, introspection, log),
  ];
  rules = options.hostRules === false ? undefined : createHostRules(forTasks.port, log);

  const look = async (): Promise<void> => {
    let bridges: readonly Bridge[];
    try {
      bridges = await listBridges(engine);
    } catch (error) {
      // The engine is away: what is in place stays.
      log('debug', 'the networks of the engine cannot be listed', { error: String(error) });
      return;
    }
    for (const { gateway } of bridges) known.add(gateway);
    for (const gateway of gateways) await gateway.follow(bridges);
    await rules?.ensure(bridges.map(({ device }) => device));
  };
  const known = new Set<string>();
  let looking = Promise.resolve();
  const refresh = (): Promise<void> => (looking = looking.then(look));
  await refresh();
  const timer = setInterval(() => void refresh(), REFRESH_MS);
  const unsubscribe = state.onChange((change) => {
    if (change.kind !== 'task') return;
    const fresh = gatewaysOf(change.task).filter((gateway) => !known.has(gateway));
    for (const gateway of fresh) known.add(gateway);
    if (fresh.length > 0) void refresh();
  });

  return {
    metadataPort: forTasks.port,
    introspectionPort: forAgents.port,
    refresh,
    stop: async () => {
      clearInterval(timer);
      unsubscribe();
      await looking;
      for (const gateway of gateways) await gateway.close();
      await Promise.all([closeServer(forTasks.server), closeServer(forAgents.server)]);
      // Tasks that go on running need the rules again as soon as the agent is back.
      const running = [...state.tasks.values()].some(({ knownStatus }) => knownStatus !== 'STOPPED');
      if (!running) await rules?.remove();
      await audit.close();
    },
  };
};
