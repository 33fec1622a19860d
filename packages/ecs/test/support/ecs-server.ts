/**
 * The whole of ECS on a free port, over a store in a temporary folder: real signatures, real sockets, one key.
 * What IAM would decide is allowed.
 */
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { ECSClient } from '@aws-sdk/client-ecs';
import { createDispatcher, type Principal } from '@oreno/aws-wire';
import { openTemporaryStore } from '@oreno/store';
import { openEcs } from '../../src/index.ts';
import { SimulatedAgent, type SimulatedAgentOptions } from './simulated-agent.ts';

const account = '111122223333';
const region = 'us-east-1';
const credentials = { accessKeyId: 'AKIDLAB', secretAccessKey: 'lab-secret' };

const root: Principal = {
  type: 'root',
  arn: `arn:aws:iam::${account}:root`,
  account,
  accessKeyId: credentials.accessKeyId,
  userId: account,
};

export interface EcsServer {
  readonly client: ECSClient;
  /** A registered and connected agent in the cluster `default`. */
  agent(options?: Partial<SimulatedAgentOptions>): Promise<SimulatedAgent>;
}

/** Serves ECS for one test. */
export const serveEcs = async (test: TestContext): Promise<EcsServer> => {
  const store = await openTemporaryStore();
  const authorizer = { authorize: () => Promise.resolve() };
  const log = (): void => undefined;
  const issueSession = () => ({ ...credentials, sessionToken: 'token', expiration: Date.now() + 3_600_000 });
  const iam = { issueSession, authorizer };
  const room = await openEcs({ store, iam, account, region, registryHost: 'localhost', now: Date.now, log });
  const dispatcher = createDispatcher({
    services: [room.service],
    credentials: {
      lookup: (accessKeyId) =>
        Promise.resolve(
          accessKeyId === credentials.accessKeyId
            ? { secretAccessKey: credentials.secretAccessKey, principal: root }
            : 'UnrecognizedClientException',
        ),
    },
    authorizer,
    log,
    now: Date.now,
  });
  room.connect(dispatcher.authenticate);
  const server = createServer((request, response) => void dispatcher.handle(request, response));
  server.on('upgrade', (request, socket: Socket, head) => {
    if (!room.upgrade(request, socket, head)) socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  await room.start();
  await room.ensureCluster('default');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = new ECSClient({ endpoint: origin, region, credentials, maxAttempts: 1 });
  const agents: SimulatedAgent[] = [];
  test.after(async () => {
    client.destroy();
    agents.forEach((agent) => agent.stop());
    await room.stop();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await store.close();
  });
  return {
    client,
    agent: async (options = {}) => {
      const agent = new SimulatedAgent({ origin, region, credentials, cluster: 'default', ...options });
      agents.push(agent);
      await agent.register();
      await agent.connect();
      return agent;
    },
  };
};
