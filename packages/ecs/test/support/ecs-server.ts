/**
 * The whole of ECS on a free port, over a store in a temporary folder: real signatures, real sockets, one key, and a
 * room that can be closed and opened again on the same store, as a server that restarts. What IAM would decide is
 * allowed.
 */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { ECSClient } from '@aws-sdk/client-ecs';
import { createDispatcher, type Principal } from '@oreno/aws-wire';
import { openEventWriter } from '@oreno/events';
import { openTemporaryStore, type Store } from '@oreno/store';
import { openEcs, type AlarmSource, type EcsRoom } from '../../src/index.ts';
import { SimulatedAgent, type SimulatedAgentOptions } from './simulated-agent.ts';

export const account = '111122223333';
export const region = 'us-east-1';
const credentials = { accessKeyId: 'AKIDLAB', secretAccessKey: 'lab-secret' };

const root: Principal = {
  type: 'root',
  arn: `arn:aws:iam::${account}:root`,
  account,
  accessKeyId: credentials.accessKeyId,
  userId: account,
};

export interface EcsServer {
  readonly store: Store;
  readonly client: ECSClient;
  /** The room that serves now. */
  room(): EcsRoom;
  /** Errors that the room logged; a test that ends with one fails. */
  readonly errors: readonly string[];
  /** A registered and connected agent in the cluster `default`. */
  agent(options?: Partial<SimulatedAgentOptions>): Promise<SimulatedAgent>;
  /** Closes the room and opens another on the same store; agents connect again. */
  restart(): Promise<void>;
}

/** Serves ECS for one test. */
export const serveEcs = async (
  test: TestContext,
  { alarms }: { readonly alarms?: AlarmSource } = {},
): Promise<EcsServer> => {
  const store = await openTemporaryStore();
  const authorizer = { authorize: () => Promise.resolve() };
  const errors: string[] = [];
  const log = (level: string, message: string, fields?: object): void => {
    if (level === 'error') errors.push(`${message} ${JSON.stringify(fields, errorText)}`);
  };
  const issueSession = () => ({ ...credentials, sessionToken: 'token', expiration: Date.now() + 3_600_000 });
  const lookup = (accessKeyId: string) =>
    Promise.resolve(
      accessKeyId === credentials.accessKeyId
        ? { secretAccessKey: credentials.secretAccessKey, principal: root }
        : ('UnrecognizedClientException' as const),
    );
  const open = async () => {
    const iam = { issueSession, authorizer };
    const room = await openEcs({
      store,
      writeEvents: openEventWriter(),
      iam,
      alarms,
      account,
      region,
      registryHost: 'localhost',
      now: Date.now,
      log,
    });
    const options = { services: [room.service], credentials: { lookup }, authorizer, log, now: Date.now };
    const dispatcher = createDispatcher(options);
    room.connect(dispatcher.authenticate);
    await room.start();
    return { room, dispatcher };
  };
  let current = await open();
  const server = createServer((request, response) => void current.dispatcher.handle(request, response));
  server.on('upgrade', (request, socket: Socket, head) => {
    if (!current.room.upgrade(request, socket, head)) socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  await current.room.ensureCluster('default');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = new ECSClient({ endpoint: origin, region, credentials, maxAttempts: 1 });
  const agents: SimulatedAgent[] = [];
  test.after(async () => {
    client.destroy();
    agents.forEach((agent) => agent.stop());
    await current.room.stop();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await store.close();
    assert.deepEqual(errors, []);
  });
  return {
    store,
    client,
    room: () => current.room,
    errors,
    agent: async (options = {}) => {
      const agent = new SimulatedAgent({ origin, region, credentials, cluster: 'default', ...options });
      agents.push(agent);
      await agent.register();
      await agent.connect();
      return agent;
    },
    restart: async () => {
      agents.forEach((agent) => agent.disconnect());
      await current.room.stop();
      current = await open();
      for (const agent of agents) await agent.connect();
    },
  };
};

const errorText = (_key: string, value: unknown): unknown =>
  value instanceof Error ? (value.stack ?? value.message) : value;
