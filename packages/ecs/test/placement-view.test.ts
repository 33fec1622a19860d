import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { openTemporaryStore, type Store } from '@oreno/store';
import type { PlacementRequest } from '../src/domain/placement/placement.ts';
import { openPlacement, type OpenPlacement } from '../src/reconcilers/open-placement.ts';
import { containerInstances, tasks, type ContainerInstanceRecord, type TaskRecord } from '../src/records.ts';
import { definitionRecord, taskRecord } from './support/agent-records.ts';
import { inDefault, instanceRecord } from './support/placement-records.ts';

const definition = definitionRecord({ containerDefinitions: [{ name: 'main', image: 'busybox' }] });
const resources = { cpu: 512, memory: 512, ports: [], portsUdp: [], gpus: 0 };

const task = (number: number, changes: Partial<TaskRecord> = {}): TaskRecord =>
  taskRecord(definition, number, {
    ...inDefault,
    containerInstanceId: 'i',
    resources,
    lastStatus: 'RUNNING',
    ...changes,
  });

const request = (...taskIds: string[]): PlacementRequest => ({
  ...inDefault,
  taskIds,
  resources,
  group: 'family:web',
  requiresAttributes: [],
  constraints: [],
  strategy: [],
});

const ids = (count: number): string[] => Array.from({ length: count }, (_, index) => `new${index}`);

const putInstance = (store: Store, record: ContainerInstanceRecord) =>
  store.update((transaction) => transaction.put(containerInstances, record));

const putTask = (store: Store, record: TaskRecord) => store.update((transaction) => transaction.put(tasks, record));

/** A store with one instance `i` of 2,048 CPU units, which is room for four tasks. */
const openStore = async (t: TestContext): Promise<Store> => {
  const store = await openTemporaryStore();
  t.after(() => store.close());
  await putInstance(store, instanceRecord('i'));
  return store;
};

const open = async (t: TestContext, store: Store): Promise<OpenPlacement> => {
  const placement = await openPlacement({ store, log: () => undefined, random: Math.random });
  t.after(() => placement.stop());
  return placement;
};

const placedOf = async (placement: OpenPlacement, count: number): Promise<number> => {
  const decision = await placement.place(request(...ids(count)));
  decision.release();
  return decision.placements.length;
};

test('a server that starts knows what runs', async (t) => {
  const store = await openStore(t);
  await putTask(store, task(1));
  await putTask(store, task(2, { lastStatus: 'STOPPED' }));
  const placement = await open(t, store);
  assert.equal(await placedOf(placement, 10), 3);
  const [usage, unknown] = await placement.usage([
    { ...inDefault, containerInstanceId: 'i' },
    { ...inDefault, containerInstanceId: 'none' },
  ]);
  assert.deepEqual(usage, {
    remaining: { cpu: 1536, memory: 3584, ports: [22], portsUdp: [], gpus: [] },
    runningTasksCount: 1,
    pendingTasksCount: 0,
    groups: ['family:hello'],
  });
  assert.equal(unknown, undefined);
});

test('a request sees everything that was committed before it', async (t) => {
  const store = await openStore(t);
  const placement = await open(t, store);
  for (let number = 1; number <= 4; number += 1) {
    await putTask(store, task(number));
    assert.equal(await placedOf(placement, 10), 4 - number);
  }
  await putInstance(store, instanceRecord('second'));
  assert.equal(await placedOf(placement, 10), 4);
  await putTask(store, task(1, { lastStatus: 'STOPPED' }));
  assert.equal(await placedOf(placement, 10), 5);
  await store.update(async (transaction) => {
    await transaction.delete(containerInstances, { ...inDefault, containerInstanceId: 'i' });
    await transaction.delete(tasks, { ...inDefault, taskId: task(1).taskId });
  });
  assert.equal(await placedOf(placement, 10), 4);
});

test('a reservation holds until it is released or its task stops', async (t) => {
  const store = await openStore(t);
  const placement = await open(t, store);
  const first = await placement.place(request(task(1).taskId, task(2).taskId));
  assert.equal(await placedOf(placement, 10), 2);
  for (const number of [1, 2]) await putTask(store, task(number, { lastStatus: 'PENDING' }));
  first.commit();
  assert.equal(await placedOf(placement, 10), 2);
  await putTask(store, task(1, { lastStatus: 'STOPPED' }));
  assert.equal(await placedOf(placement, 10), 3);
});

test('GPUs are handed out by id, each once', async (t) => {
  const store = await openStore(t);
  const placement = await open(t, store);
  await putInstance(
    store,
    instanceRecord('i', { registered: { cpu: 2048, memory: 4096, ports: [], portsUdp: [], gpus: ['a', 'b', 'c'] } }),
  );
  const wanting = { ...request('x', 'y'), resources: { ...resources, gpus: 2 } };
  const decision = await placement.place(wanting);
  assert.deepEqual(
    decision.placements.map(({ gpuIds }) => gpuIds),
    [['a', 'b']],
  );
  assert.equal(decision.failures[0]?.reason, 'RESOURCE:GPU');
  decision.release();
});

test('a change log that was trimmed leads to a new view, in which reservations stand', async (t) => {
  const store = await openStore(t);
  let lose = false;
  const forgetful: Store = {
    read: (work) => store.read(work),
    update: (work) => store.update(work),
    changes: async (cursor, limit) => {
      const page = await store.changes(cursor, limit);
      const lost = lose;
      lose = false;
      return lost ? { ...page, changes: [], lost } : page;
    },
    cursor: () => store.cursor(),
    watch: () => () => undefined,
    lease: (name) => store.lease(name),
    close: () => store.close(),
  };
  const placement = await open(t, forgetful);
  const held = await placement.place(request('held'));
  await putTask(store, task(1));
  lose = true;
  assert.equal(await placedOf(placement, 10), 2);
  held.release();
  assert.equal(await placedOf(placement, 10), 3);
});

test('a store that cannot be read fails the request, not the room', async (t) => {
  const store = await openStore(t);
  let broken = false;
  const failing: Store = {
    read: (work) => store.read(work),
    update: (work) => store.update(work),
    changes: (cursor, limit) => (broken ? Promise.reject(new Error('disk')) : store.changes(cursor, limit)),
    cursor: () => store.cursor(),
    watch: (listener) => store.watch(listener),
    lease: (name) => store.lease(name),
    close: () => store.close(),
  };
  const placement = await open(t, failing);
  broken = true;
  await putInstance(store, instanceRecord('second'));
  await assert.rejects(placement.place(request('x')), /disk/);
  broken = false;
  assert.equal(await placedOf(placement, 10), 8);
});
