import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CreateServiceCommand, RunTaskCommand, StopTaskCommand } from '@aws-sdk/client-ecs';
import { eventsAreKept, openEventList, openEventWriter, reapEvents, type AwsEvent } from '@oreno/events';
import { startReconcilers } from '@oreno/reconcile';
import { recordEvents } from '../src/events/recording-store.ts';
import { containerInstances, tasks, type TaskRecord } from '../src/records.ts';
import { ACCOUNT, openEcsCalls, REGION } from './support/ecs-calls.ts';
import { isStable, openServiceLab } from './support/service-lab.ts';

const scope = { account: ACCOUNT, region: REGION };
const changed = (task: TaskRecord, changes: Partial<TaskRecord>): TaskRecord => ({ ...task, ...changes });

const never = new AbortController().signal;

const ofType = (events: readonly AwsEvent[], type: AwsEvent['detail-type']): readonly AwsEvent[] =>
  events.filter((event) => event['detail-type'] === type);

const statesOf = (events: readonly AwsEvent[], arn: string): readonly string[] =>
  ofType(events, 'ECS Task State Change')
    .filter(({ resources }) => resources[0] === arn)
    .map(({ detail }) => `${String(detail['desiredStatus'])}/${String(detail['lastStatus'])}`);

/** Reads on until the events are as wanted. */
const until = async (list: ReturnType<typeof openEventList>, enough: (events: readonly AwsEvent[]) => boolean) => {
  const events: AwsEvent[] = [];
  let after = 0;
  for (let left = 100; left > 0 && !enough(events); left -= 1) {
    const page = await list.next(scope, after, 10, { wait: 1_000, signal: never });
    events.push(...page.events);
    after = page.after;
  }
  assert.ok(
    enough(events),
    JSON.stringify(
      events.map(({ detail }) => detail),
      null,
      1,
    ),
  );
  return events;
};

test('the life of a task is told in order, in the shape of EventBridge, and kept by a server that restarts', async (t) => {
  const lab = await openServiceLab(t);
  const agent = await lab.agent();
  const taskDefinition = await lab.define();
  const { tasks: started = [] } = await lab.client.send(new RunTaskCommand({ taskDefinition }));
  const arn = started[0]?.taskArn ?? '';
  const list = openEventList(lab.store, never);
  await until(list, (events) => statesOf(events, arn).includes('RUNNING/RUNNING'));
  await lab.client.send(new StopTaskCommand({ task: arn, reason: 'enough' }));
  const events = await until(list, (all) => statesOf(all, arn).includes('STOPPED/STOPPED'));
  await lab.restart();

  const states = statesOf(events, arn);
  assert.deepEqual(
    states.filter((state, index) => state !== states[index - 1]),
    ['RUNNING/PENDING', 'RUNNING/RUNNING', 'STOPPED/RUNNING', 'STOPPED/STOPPING', 'STOPPED/STOPPED'],
  );
  const last = events.findLast(({ resources }) => resources[0] === arn);
  assert.ok(last);
  const { id, time, detail, ...envelope } = last;
  assert.deepEqual(envelope, {
    version: '0',
    'detail-type': 'ECS Task State Change',
    source: 'aws.ecs',
    ...scope,
    resources: [arn],
  });
  assert.match(id, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  assert.match(String(detail['updatedAt']), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.match(String(detail['stoppedAt']), /Z$/);
  assert.equal(detail['stoppedReason'], 'enough');
  assert.equal(detail['containerInstanceArn'], agent.containerInstanceArn);
  const versions = ofType(events, 'ECS Task State Change').map((event) => Number(event.detail['version']));
  assert.deepEqual(
    versions,
    versions.toSorted((a, b) => a - b),
  );

  const [joined] = ofType(events, 'ECS Container Instance State Change');
  assert.deepEqual(joined?.resources, [agent.containerInstanceArn]);
  assert.equal(joined?.detail['clusterArn'], `arn:aws:ecs:${REGION}:${ACCOUNT}:cluster/default`);
  const kept = await openEventList(lab.store, never).list(scope, 0, 1_000);
  assert.deepEqual(kept.events.slice(0, events.length), events);
});

test('a service tells its deployment and its steady state', async (t) => {
  const lab = await openServiceLab(t);
  await lab.agent();
  const taskDefinition = await lab.define();
  await lab.client.send(new CreateServiceCommand({ serviceName: 'web', taskDefinition, desiredCount: 2 }));
  const { serviceArn = '', deployments } = await lab.until(isStable);
  const isSteady = (event: AwsEvent): boolean => event.detail['eventName'] === 'SERVICE_STEADY_STATE';
  const events = await until(openEventList(lab.store, never), (all) => all.some(isSteady));
  const told = ofType(events, 'ECS Deployment State Change');
  const deploymentId = deployments?.[0]?.id ?? '';
  assert.deepEqual(
    told.map(({ detail: { updatedAt: _, ...detail } }) => detail),
    [
      {
        eventType: 'INFO',
        eventName: 'SERVICE_DEPLOYMENT_IN_PROGRESS',
        deploymentId,
        reason: `ECS deployment ${deploymentId} in progress.`,
      },
      {
        eventType: 'INFO',
        eventName: 'SERVICE_DEPLOYMENT_COMPLETED',
        deploymentId,
        reason: `ECS deployment ${deploymentId} completed.`,
      },
    ],
  );
  assert.deepEqual(told[0]?.resources, [serviceArn]);
  assert.deepEqual(events.find(isSteady)?.resources, [serviceArn]);
});

test('what nobody can see from outside is no event, and a transaction that fails leaves none', async (t) => {
  const { store, context, writeTask, call, register } = await openEcsCalls(t);
  await call('CreateCluster', { clusterName: 'lab' });
  const instance = await register('lab');
  const task = await writeTask({ containerInstanceId: instance.split('/').at(-1) });
  const recording = recordEvents(store, openEventWriter(), context.now);
  const list = openEventList(store, never);
  await recording.update((transaction) => transaction.put(tasks, changed(task, { acknowledged: 'RUNNING' })));
  const failing = recording.update(async (transaction) => {
    await transaction.put(tasks, changed(task, { lastStatus: 'STOPPED' }));
    throw new Error('no');
  });
  await assert.rejects(failing, /no/);
  const stale = { ifVersion: 17 };
  await recording.update((transaction) => transaction.put(tasks, changed(task, { lastStatus: 'STOPPED' }), stale));
  assert.deepEqual(await list.list(scope, 0, 10), { events: [], after: 0 });

  await recording.update(async (transaction) => {
    await transaction.put(tasks, changed(task, { lastStatus: 'DEACTIVATING' }));
    await transaction.put(tasks, changed(task, { lastStatus: 'STOPPING' }));
    const [row] = await transaction.list(containerInstances, { limit: 1 });
    assert.ok(row);
    await transaction.put(containerInstances, { ...row.record, agentConnected: true });
  });
  const { events } = await list.list(scope, 0, 10);
  assert.deepEqual(statesOf(events, task.taskArn), ['RUNNING/STOPPING']);
  assert.equal(events[0]?.detail['version'], 4);
  const remaining = events[1]?.detail['remainingResources'] as readonly { name: string; integerValue?: number }[];
  assert.equal(remaining.find(({ name }) => name === 'MEMORY')?.integerValue, 4096 - 512);
  assert.equal(events[1]?.detail['runningTasksCount'], 0);
});

test('numbers grow though the clock goes back, and events are forgotten after a week', async (t) => {
  const { store, context, writeTask, later } = await openEcsCalls(t);
  const task = await writeTask({});
  const list = openEventList(store, never);
  const move = (lastStatus: 'RUNNING' | 'STOPPING' | 'STOPPED') =>
    recordEvents(store, openEventWriter(), context.now).update((transaction) =>
      transaction.put(tasks, changed(task, { lastStatus })),
    );
  const reap = async (): Promise<void> => {
    const options = { store, now: context.now, log: () => undefined };
    const loop = startReconcilers(options, [reapEvents(store, context.now)]);
    await loop.idle();
    await loop.stop();
  };
  await move('STOPPING');
  const { after } = await list.list(scope, 0, 10);
  assert.equal(await list.newest(scope), after);
  later(-5_000);
  await move('STOPPED');
  const { events } = await list.list(scope, after, 10);
  assert.deepEqual(statesOf(events, task.taskArn), ['RUNNING/STOPPED']);
  later(5_000 + eventsAreKept - 1);
  await reap();
  assert.deepEqual(statesOf((await list.list(scope, 0, 10)).events, task.taskArn), ['RUNNING/STOPPING']);
  later(1);
  await reap();
  assert.deepEqual((await list.list(scope, 0, 10)).events, []);
});

test('waiting for the next event ends with it, with the time, and with the signal', async (t) => {
  const { store, context, writeTask } = await openEcsCalls(t);
  const task = await writeTask({});
  const ended = new AbortController();
  const list = openEventList(store, ended.signal);
  assert.deepEqual((await list.next(scope, 0, 10, { wait: 20, signal: never })).events, []);
  const next = list.next(scope, 0, 10, { wait: 60_000, signal: never });
  const recording = recordEvents(store, openEventWriter(), context.now);
  await recording.update((transaction) => transaction.put(tasks, changed(task, { lastStatus: 'STOPPING' })));
  assert.equal((await next).events.length, 1);
  const idle = list.next(scope, (await next).after, 10, { wait: 60_000, signal: never });
  ended.abort();
  assert.deepEqual((await idle).events, []);
});
