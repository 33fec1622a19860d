/**
 * ECS on a free port with agents that only pretend to run containers, for the service scheduler: real sockets,
 * real signatures, and a room that can be closed and opened again on the same store, as a server that restarts.
 */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { DescribeServicesCommand, ECSClient, RegisterTaskDefinitionCommand } from '@aws-sdk/client-ecs';
import type { ContainerDefinition, Service } from '@aws-sdk/client-ecs';
import { createDispatcher, type Principal } from '@oreno/aws-wire';
import { openTemporaryStore, type Store } from '@oreno/store';
import { openEcs, type AlarmSource, type EcsRoom } from '../../src/index.ts';
import { tasks, type TaskRecord } from '../../src/records.ts';
import { SimulatedAgent, type SimulatedAgentOptions } from './simulated-agent.ts';

const account = '111122223333';
const region = 'us-east-1';
const credentials = { accessKeyId: 'AKIDLAB', secretAccessKey: 'lab-secret' };
const principal: Principal = {
  type: 'root',
  arn: `arn:aws:iam::${account}:root`,
  account,
  accessKeyId: credentials.accessKeyId,
  userId: account,
};

export interface ServiceLab {
  readonly store: Store;
  readonly client: ECSClient;
  /** The room that serves now. */
  room(): EcsRoom;
  /** Errors that the room logged. */
  readonly errors: readonly string[];
  agent(options?: Partial<SimulatedAgentOptions>): Promise<SimulatedAgent>;
  /** A new revision of the family `web`; answers its ARN. */
  define(changes?: Partial<ContainerDefinition>): Promise<string>;
  service(name?: string): Promise<Service>;
  /** Every task of the service, whatever its status. */
  tasks(name?: string): Promise<readonly TaskRecord[]>;
  /** Closes the room and opens another on the same store; agents connect again. */
  restart(): Promise<void>;
  /** Waits until services are as wanted; fails with the last events after eight seconds. */
  until(condition: (service: Service) => boolean | Promise<boolean>, name?: string): Promise<Service>;
}

export const isStable = ({ deployments = [], runningCount, desiredCount }: Service): boolean =>
  deployments.length === 1 && runningCount === desiredCount && deployments[0]?.rolloutState === 'COMPLETED';

export const openServiceLab = async (
  test: TestContext,
  { alarms }: { readonly alarms?: AlarmSource } = {},
): Promise<ServiceLab> => {
  const store = await openTemporaryStore();
  const authorizer = { authorize: () => Promise.resolve() };
  const errors: string[] = [];
  const log = (level: string, message: string, fields?: object): void => {
    if (level === 'error') errors.push(`${message} ${JSON.stringify(fields, errorText)}`);
  };
  const issueSession = () => ({ ...credentials, sessionToken: 'token', expiration: Date.now() + 3_600_000 });
  const lookup = () => Promise.resolve({ secretAccessKey: credentials.secretAccessKey, principal });
  const open = async () => {
    const iam = { issueSession, authorizer };
    const room = await openEcs({ store, iam, alarms, account, region, registryHost: 'localhost', now: Date.now, log });
    const options = { services: [room.service], credentials: { lookup }, authorizer, log, now: Date.now };
    const dispatcher = createDispatcher(options);
    room.connect(dispatcher.authenticate);
    await room.start();
    return { room, dispatcher };
  };
  let current: { readonly room: EcsRoom; readonly dispatcher: ReturnType<typeof createDispatcher> } = await open();
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
  const lab: ServiceLab = {
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
    define: async (changes = {}) => {
      const container = { name: 'main', image: 'busybox', memory: 64, cpu: 10, ...changes };
      const command = new RegisterTaskDefinitionCommand({ family: 'web', containerDefinitions: [container] });
      return (await client.send(command)).taskDefinition?.taskDefinitionArn ?? '';
    },
    service: async (name = 'web') => {
      const { services = [] } = await client.send(new DescribeServicesCommand({ services: [name] }));
      assert.ok(services[0], `no service ${name}`);
      return services[0];
    },
    tasks: async (name = 'web') => {
      const where = { account, region, clusterName: 'default', group: `service:${name}` };
      const rows = await store.read((transaction) => transaction.list(tasks, { index: 'byGroup', where }));
      return rows.map(({ record }) => record);
    },
    restart: async () => {
      agents.forEach((agent) => agent.disconnect());
      await current.room.stop();
      current = await open();
      for (const agent of agents) await agent.connect();
    },
    until: async (condition, name = 'web') => {
      const end = Date.now() + 8_000;
      for (;;) {
        const service = await lab.service(name);
        if (await condition(service)) return service;
        if (Date.now() > end) {
          const { events = [], deployments } = service;
          assert.fail(`did not come about: ${JSON.stringify({ deployments, events: events.slice(0, 8) }, null, 1)}`);
        }
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
  };
  return lab;
};

const errorText = (_key: string, value: unknown): unknown =>
  value instanceof Error ? (value.stack ?? value.message) : value;
