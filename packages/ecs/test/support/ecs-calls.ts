/**
 * Calls ECS handlers as the dispatcher would, over a real store in a temporary folder and with a clock that
 * stands still until it is moved.
 */
import type { TestContext } from 'node:test';
import { AwsError } from '@oreno/aws-wire';
import type { Handler, Principal, ecs } from '@oreno/aws-wire';
import { openTemporaryStore } from '@oreno/store';
import type { Store } from '@oreno/store';
import { keepServiceTasks } from '../../src/reconcilers/service-tasks.ts';
import type { EcsContext } from '../../src/context.ts';
import { noAlarms } from '../../src/deployment-alarms.ts';
import { operations } from '../../src/operations/index.ts';
import { openPlacement } from '../../src/reconcilers/open-placement.ts';
import { tasks } from '../../src/records.ts';
import type { TaskRecord } from '../../src/records.ts';

export const ACCOUNT = '111122223333';
export const REGION = 'us-east-1';
export const START = 1_795_373_255_869;

export const arn = (resource: string): string => `arn:aws:ecs:${REGION}:${ACCOUNT}:${resource}`;

export const root: Principal = {
  type: 'root',
  arn: `arn:aws:iam::${ACCOUNT}:root`,
  account: ACCOUNT,
  accessKeyId: 'AKIATEST',
  userId: ACCOUNT,
};

export const user = (name: string): Principal => ({
  ...root,
  type: 'user',
  arn: `arn:aws:iam::${ACCOUNT}:user/${name}`,
});

type Name = keyof ecs.Operations;

export interface EcsCalls {
  readonly store: Store;
  readonly context: EcsContext;
  /** Runs an operation with the context, changed by `changes`. */
  call<N extends Name>(
    name: N,
    input: ecs.Operations[N]['input'],
    changes?: Partial<EcsContext>,
  ): Promise<ecs.Operations[N]['output']>;
  /** The code and message that an operation refuses with; fails when it does not. */
  refusal<N extends Name>(name: N, input: ecs.Operations[N]['input'], changes?: Partial<EcsContext>): Promise<string>;
  /** Registers a container instance in a cluster; answers its ARN. */
  register(cluster: string, request?: ecs.RegisterContainerInstanceRequest): Promise<string>;
  /** Writes a task onto an instance. */
  writeTask(changes: Partial<TaskRecord>): Promise<TaskRecord>;
  /** Moves the clock on by milliseconds. */
  later(milliseconds: number): void;
}

/** Opens a store for one test and closes it after. */
export const openEcsCalls = async (test: TestContext): Promise<EcsCalls> => {
  const store = await openTemporaryStore();
  const placement = await openPlacement({ store, log: () => undefined, random: () => 0.5 });
  test.after(async () => {
    await placement.stop();
    await store.close();
  });
  let now = START;
  let ids = 0;
  const nextId = (): string => (ids += 1).toString(16).padStart(32, '0');
  const context: EcsContext = {
    serviceTasks: keepServiceTasks(),
    account: ACCOUNT,
    region: REGION,
    principal: root,
    requestId: 'test',
    call: { sourceIp: '127.0.0.1', userAgent: 'test', isSecure: false, time: 0 },
    origin: 'http://10.0.0.1:4566',
    now: () => now,
    signal: new AbortController().signal,
    store,
    placement,
    alarms: noAlarms,
    newId: nextId,
    authorize: () => Promise.resolve(),
  };
  const call: EcsCalls['call'] = (name, input, changes) => {
    const handler = operations[name] as Handler<ecs.Operations, typeof name, EcsContext>;
    return handler(input, { ...context, ...changes });
  };
  return {
    store,
    context,
    call,
    refusal: async (name, input, changes) => {
      const outcome = await call(name, input, changes).then(
        () => undefined,
        (error: unknown) => error,
      );
      if (outcome instanceof AwsError) return `${outcome.code}: ${outcome.message}`;
      throw outcome ?? new Error(`${name} was not refused`);
    },
    register: async (cluster, request = {}) => {
      const { containerInstance } = await call('RegisterContainerInstance', {
        cluster,
        totalResources: [
          { name: 'CPU', type: 'INTEGER', integerValue: 2048 },
          { name: 'MEMORY', type: 'INTEGER', integerValue: 4096 },
          { name: 'PORTS', type: 'STRINGSET', stringSetValue: ['22'] },
          { name: 'PORTS_UDP', type: 'STRINGSET', stringSetValue: [] },
        ],
        ...request,
      });
      return containerInstance?.containerInstanceArn ?? '';
    },
    writeTask: async (changes) => {
      const taskId = nextId();
      const task: TaskRecord = {
        account: ACCOUNT,
        region: REGION,
        clusterName: 'lab',
        taskId,
        taskArn: arn(`task/lab/${taskId}`),
        clusterArn: arn('cluster/lab'),
        taskDefinitionArn: arn('task-definition/app:1'),
        family: 'app',
        revision: 1,
        group: 'family:app',
        createdAt: START,
        launchType: 'EC2',
        overrides: {},
        tags: [],
        attributes: [],
        attachments: [],
        enableExecuteCommand: false,
        resources: { cpu: 256, memory: 512, ports: [8080], portsUdp: [], gpus: 0 },
        credentialsId: 'c',
        executionCredentialsId: 'e',
        desiredStatus: 'RUNNING',
        lastStatus: 'RUNNING',
        containers: [],
        ...changes,
      };
      await store.update((transaction) => transaction.put(tasks, task));
      return task;
    },
    later: (milliseconds) => {
      now += milliseconds;
    },
  };
};
