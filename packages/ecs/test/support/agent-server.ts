/**
 * A server with nothing but agent sessions over a real store and real sockets, for tests of the sessions: its
 * callers are believed, its clock is the machine's, and state changes go straight through the task's life cycle.
 */
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AwsError } from '@oreno/aws-wire';
import type { Store } from '@oreno/store';
import { openTemporaryStore } from '@oreno/store';
import type { AgentSessions, AgentSessionsOptions } from '../../src/agents/index.ts';
import { openAgentSessions } from '../../src/agents/index.ts';
import type { MetricSample } from '../../src/agents/metric-sink.ts';
import { advance } from '../../src/domain/task/lifecycle.ts';
import type { ContainerInstanceRecord, TaskDefinitionRecord, TaskRecord } from '../../src/records.ts';
import { containerInstances, taskDefinitions, tasks } from '../../src/records.ts';
import { instanceRecord } from './agent-records.ts';
import type { AgentApi, SimulatedAgentOptions } from './simulated-agent.ts';
import { SimulatedAgent } from './simulated-agent.ts';

export interface AgentServer {
  readonly store: Store;
  readonly origin: string;
  readonly logged: readonly { readonly level: string; readonly message: string }[];
  readonly published: readonly MetricSample[];
  /** Roles that sessions were issued for, in order. */
  readonly issued: readonly string[];
  /** Ends the sessions and opens new ones on the same store and port, as a restarted server does. */
  restart(): Promise<void>;
  /** An agent for the instance, not yet connected. */
  agent(options?: Partial<SimulatedAgentOptions>): SimulatedAgent;
  write(records: {
    readonly instance?: ContainerInstanceRecord;
    readonly definition?: TaskDefinitionRecord;
    readonly tasks?: readonly TaskRecord[];
  }): Promise<void>;
  task(taskId: string): Promise<TaskRecord>;
  instance(): Promise<ContainerInstanceRecord>;
  close(): Promise<void>;
}

/** Waits until the condition holds, and fails after five seconds. */
export const until = async (condition: () => boolean | Promise<boolean>): Promise<void> => {
  const end = Date.now() + 5_000;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error('what was waited for did not happen in 5 s');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};

const statusOf = (status: string | undefined): 'PENDING' | 'RUNNING' | 'STOPPED' =>
  status === 'RUNNING' || status === 'STOPPED' ? status : 'PENDING';

const apiOf = (store: Store, instance: ContainerInstanceRecord): AgentApi => ({
  register: () => Promise.resolve({ containerInstance: { containerInstanceArn: instance.containerInstanceArn } }),
  discover: () => Promise.resolve({}),
  submit: async (change) => {
    const taskId = (change.task ?? '').slice(-32);
    await store.update(async (transaction) => {
      const { account, region, clusterName } = instance;
      const row = await transaction.get(tasks, { account, region, clusterName, taskId });
      if (row === undefined) return;
      const containers = (change.containers ?? []).map((container) => ({
        name: container.containerName ?? '',
        status: statusOf(container.status),
        exitCode: container.exitCode,
      }));
      const report = { status: statusOf(change.status), reason: change.reason, containers };
      const result = advance(row.record, { kind: 'reported', report, at: Date.now() });
      if (result.kind === 'moved') await transaction.put(tasks, result.task);
    });
    return { acknowledgment: 'ok' };
  },
});

const listen = (server: Server): Promise<string> =>
  new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)),
  );

export const openAgentServer = async (changes: Partial<AgentSessionsOptions> = {}): Promise<AgentServer> => {
  const store = await openTemporaryStore();
  const instance = instanceRecord();
  const logged: { level: string; message: string }[] = [];
  const published: MetricSample[] = [];
  const issued: string[] = [];
  const options: AgentSessionsOptions = {
    store,
    authenticate: (request) =>
      request.headers.authorization?.includes('Credential=AKIDLAB/') === true
        ? Promise.resolve({
            type: 'root',
            arn: 'arn:aws:iam::111122223333:root',
            account: '111122223333',
            accessKeyId: 'AKIDLAB',
            userId: '111122223333',
            region: 'us-east-1',
          })
        : Promise.reject(new AwsError('UnrecognizedClientException', 'The security token is invalid.')),
    iam: {
      issueSession: ({ roleArn }) => {
        issued.push(roleArn);
        return {
          accessKeyId: `ASIA${issued.length}`,
          secretAccessKey: 'secret',
          sessionToken: 'token',
          expiration: Date.now() + 6 * 3_600_000,
        };
      },
      authorizer: { authorize: () => Promise.resolve() },
    },
    registryHost: 'localhost:4566',
    ownsRegistry: (account) => account === '111122223333',
    metrics: { record: (samples) => void published.push(...samples) },
    now: Date.now,
    log: (level, message) => void logged.push({ level, message }),
    ...changes,
  };
  let sessions: AgentSessions = openAgentSessions(options);
  const server = createServer();
  server.on('upgrade', (request, socket, head) => {
    if (!sessions.upgrade(request, socket, head)) socket.destroy();
  });
  const origin = await listen(server);
  await store.update((transaction) => transaction.put(containerInstances, instance));
  await sessions.start();
  const agents: SimulatedAgent[] = [];
  const read = <R>(row: { readonly record: R } | undefined): R => {
    if (row === undefined) throw new Error('no such record');
    return row.record;
  };
  const { account, region, clusterName, containerInstanceId } = instance;
  return {
    store,
    origin,
    logged,
    published,
    issued,
    restart: async () => {
      await sessions.stop();
      sessions = openAgentSessions(options);
      await sessions.start();
    },
    agent: (agentOptions = {}) => {
      const agent = new SimulatedAgent({
        origin,
        region,
        cluster: 'lab',
        credentials: { accessKeyId: 'AKIDLAB', secretAccessKey: 'labsecret' },
        containerInstanceArn: instance.containerInstanceArn,
        api: apiOf(store, instance),
        ...agentOptions,
      });
      agents.push(agent);
      return agent;
    },
    write: (records) =>
      store.update(async (transaction) => {
        if (records.instance !== undefined) await transaction.put(containerInstances, records.instance);
        if (records.definition !== undefined) await transaction.put(taskDefinitions, records.definition);
        for (const task of records.tasks ?? []) await transaction.put(tasks, task);
      }),
    task: async (taskId) =>
      read(await store.read((transaction) => transaction.get(tasks, { account, region, clusterName, taskId }))),
    instance: async () =>
      read(
        await store.read((transaction) =>
          transaction.get(containerInstances, { account, region, clusterName, containerInstanceId }),
        ),
      ),
    close: async () => {
      for (const agent of agents) agent.stop();
      await sessions.stop();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await store.close();
    },
  };
};
