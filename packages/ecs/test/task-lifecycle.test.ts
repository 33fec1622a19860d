import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { AgentReport } from '../src/domain/task/agent-report.ts';
import { advance, follows, statuses, type TaskEvent } from '../src/domain/task/lifecycle.ts';
import type { TaskContainerRecord, TaskRecord } from '../src/records.ts';

const container = (name: string, more: Partial<TaskContainerRecord> = {}): TaskContainerRecord => ({
  name,
  containerArn: `arn:aws:ecs:us-east-1:000000000000:container/default/t/${name}`,
  image: 'busybox',
  essential: true,
  cpu: '0',
  lastStatus: 'PENDING',
  ...more,
});

const pending: TaskRecord = {
  account: '000000000000',
  region: 'us-east-1',
  clusterName: 'default',
  taskId: 't',
  taskArn: 'arn:aws:ecs:us-east-1:000000000000:task/default/t',
  clusterArn: 'arn:aws:ecs:us-east-1:000000000000:cluster/default',
  taskDefinitionArn: 'arn:aws:ecs:us-east-1:000000000000:task-definition/web:1',
  family: 'web',
  revision: 1,
  group: 'family:web',
  createdAt: 1,
  overrides: {},
  tags: [],
  attributes: [],
  attachments: [],
  enableExecuteCommand: false,
  resources: { cpu: 0, memory: 128, ports: [], portsUdp: [], gpus: 0 },
  credentialsId: 'c',
  executionCredentialsId: 'e',
  desiredStatus: 'RUNNING',
  containerInstanceId: 'i',
  containerInstanceArn: 'arn:aws:ecs:us-east-1:000000000000:container-instance/default/i',
  lastStatus: 'PENDING',
  containers: [container('main'), container('side', { essential: false })],
};

/** Applies events in order; what is refused or changes nothing leaves the task as it is. */
const play = (task: TaskRecord, events: readonly TaskEvent[]): TaskRecord =>
  events.reduce((current, event) => {
    const outcome = advance(current, event);
    return outcome.kind === 'moved' ? outcome.task : current;
  }, task);

const reported = (report: Partial<AgentReport>, at = 10): TaskEvent => ({
  kind: 'reported',
  report: { containers: [], ...report },
  at,
});

const binding = { bindIP: '0.0.0.0', containerPort: 80, hostPort: 32768, protocol: 'tcp' as const };

const running = reported({
  status: 'RUNNING',
  containers: [
    { name: 'main', status: 'RUNNING', runtimeId: 'r1', networkBindings: [binding] },
    { name: 'side', status: 'RUNNING', runtimeId: 'r2' },
  ],
});

const stopped = reported(
  {
    status: 'STOPPED',
    containers: [
      { name: 'main', status: 'STOPPED', exitCode: 3, runtimeId: 'r1', networkBindings: [] },
      { name: 'side', status: 'STOPPED', exitCode: 0, runtimeId: 'r2' },
    ],
    executionStoppedAt: 19,
  },
  20,
);

describe('a task', () => {
  it('runs and ends by its essential container', () => {
    const task = play(pending, [running, stopped]);
    assert.equal(task.lastStatus, 'STOPPED');
    assert.equal(task.desiredStatus, 'STOPPED');
    assert.equal(task.stopCode, 'EssentialContainerExited');
    assert.equal(task.stoppedReason, 'Essential container in task exited');
    assert.deepEqual([task.startedAt, task.executionStoppedAt, task.stoppingAt, task.stoppedAt], [10, 19, 20, 20]);
    assert.equal(task.containers[0]?.exitCode, 3);
    assert.deepEqual(task.containers[0]?.networkBindings, [binding]);
  });

  it('goes on when a container that is not essential exits', () => {
    const exit = reported({ status: 'RUNNING', containers: [{ name: 'side', status: 'STOPPED', exitCode: 0 }] }, 15);
    const task = play(pending, [running, exit]);
    assert.equal(task.lastStatus, 'RUNNING');
    assert.equal(task.desiredStatus, 'RUNNING');
    assert.equal(task.containers[1]?.lastStatus, 'STOPPED');
    assert.equal(task.containers[0]?.lastStatus, 'RUNNING');
  });

  it('is to stop once an essential container has stopped', () => {
    const exit = reported({ status: 'RUNNING', containers: [{ name: 'main', status: 'STOPPED', exitCode: 1 }] }, 15);
    const task = play(pending, [running, exit]);
    assert.equal(task.desiredStatus, 'STOPPED');
    assert.equal(task.lastStatus, 'RUNNING');
    assert.equal(task.stoppingAt, 15);
  });

  it('keeps the exit code that arrives with RUNNING', () => {
    const quick = reported({ status: 'RUNNING', containers: [{ name: 'main', status: 'RUNNING', exitCode: 0 }] });
    const task = play(pending, [quick]);
    assert.equal(task.containers[0]?.exitCode, 0);
    assert.equal(task.desiredStatus, 'RUNNING');
  });

  it('that cannot pull its image failed to start', () => {
    const reason = 'CannotPullContainerError: connection refused';
    const task = play(pending, [
      reported({ status: 'STOPPED', reason: '', containers: [{ name: 'main', status: 'STOPPED', reason }] }),
    ]);
    assert.equal(task.stopCode, 'TaskFailedToStart');
    assert.equal(task.stoppedReason, reason);
    assert.equal(task.startedAt, undefined);
  });

  it('that the agent could not read says why', () => {
    const task = play(pending, [reported({ status: 'STOPPED', reason: 'UnrecogniedTaskError: Error loading task' })]);
    assert.equal(task.stopCode, 'TaskFailedToStart');
    assert.equal(task.stoppedReason, 'UnrecogniedTaskError: Error loading task');
    assert.deepEqual(
      task.containers.map((each) => each.lastStatus),
      ['STOPPED', 'STOPPED'],
    );
  });

  const stop: TaskEvent = { kind: 'stopRequested', stopCode: 'UserInitiated', reason: 'Task stopped by user', at: 12 };

  it('keeps the reason of who stopped it first', () => {
    const task = play(pending, [running, stop, stopped]);
    assert.equal(task.stopCode, 'UserInitiated');
    assert.equal(task.stoppedReason, 'Task stopped by user');
    assert.equal(task.stoppingAt, 12);
    assert.equal(task.lastStatus, 'STOPPED');
  });

  it('that was never placed stops at once', () => {
    const { containerInstanceId: _id, containerInstanceArn: _arn, ...unplaced } = pending;
    const task = play({ ...unplaced, lastStatus: 'PROVISIONING' }, [stop]);
    assert.equal(task.lastStatus, 'STOPPED');
    assert.equal(task.stoppedAt, 12);
  });

  it('is STOPPING once its agent knows that it shall stop', () => {
    const task = play(pending, [running, stop, { kind: 'acknowledged', desiredStatus: 'STOPPED' }, running]);
    assert.equal(task.lastStatus, 'STOPPING');
  });

  it('has the health of its essential containers that are checked', () => {
    const checked = { ...pending, containers: [container('main', { healthStatus: 'UNKNOWN' }), container('side')] };
    const health = (status: 'HEALTHY' | 'UNHEALTHY'): TaskEvent => ({
      kind: 'healthReported',
      containers: new Map([
        ['main', status],
        ['side', 'UNHEALTHY'],
      ]),
    });
    assert.equal(play(checked, [health('HEALTHY')]).healthStatus, 'HEALTHY');
    assert.equal(play(checked, [health('HEALTHY'), health('UNHEALTHY')]).healthStatus, 'UNHEALTHY');
    assert.equal(play(checked, [health('HEALTHY')]).containers[1]?.healthStatus, undefined);
  });
});

/** A life as an agent tells it: reports in the order in which they are sent, of one consistent story. */
const stories = fc
  .record({
    starts: fc.boolean(),
    digest: fc.boolean(),
    sideExits: fc.boolean(),
    exitCode: fc.integer({ min: 0, max: 255 }),
    exitWithRunning: fc.boolean(),
    omitBindings: fc.boolean(),
  })
  .map(({ starts, digest, sideExits, exitCode, exitWithRunning, omitBindings }) => {
    const main = { name: 'main', runtimeId: 'r1' };
    const reports: Partial<AgentReport>[] = [];
    if (digest) {
      reports.push({ status: 'PENDING', containers: [{ name: 'main', status: 'PENDING', imageDigest: 'sha256:1' }] });
    }
    const reason = 'CannotPullContainerError: no';
    if (!starts)
      return [
        ...reports,
        { status: 'STOPPED' as const, containers: [{ name: 'main', status: 'STOPPED' as const, reason }] },
      ];
    reports.push({
      status: 'RUNNING',
      containers: [
        { ...main, status: 'RUNNING', networkBindings: [binding], exitCode: exitWithRunning ? exitCode : undefined },
        { name: 'side', status: 'RUNNING' },
      ],
    });
    if (sideExits) reports.push({ status: 'RUNNING', containers: [{ name: 'side', status: 'STOPPED', exitCode: 0 }] });
    reports.push({
      status: 'STOPPED',
      executionStoppedAt: 19,
      containers: [
        { ...main, status: 'STOPPED', exitCode, networkBindings: omitBindings ? undefined : [] },
        { name: 'side', status: 'STOPPED', exitCode: 0 },
      ],
    });
    return reports;
  });

const plain = (task: TaskRecord): unknown => JSON.parse(JSON.stringify(task));

describe('any order and repetition of reports', () => {
  it('ends in the same state', () => {
    const shuffled = stories.chain((reports) =>
      fc.tuple(fc.constant(reports), fc.shuffledSubarray([...reports, ...reports], { minLength: reports.length * 2 })),
    );
    fc.assert(
      fc.property(shuffled, ([inOrder, anyOrder]) => {
        const straight = play(
          pending,
          inOrder.map((report) => reported(report)),
        );
        const mixed = play(
          pending,
          anyOrder.map((report) => reported(report)),
        );
        assert.deepEqual(plain({ ...mixed, stoppingAt: 0 }), plain({ ...straight, stoppingAt: 0 }));
      }),
    );
  });

  it('never takes a status back, whatever else happens', () => {
    const requests: readonly TaskEvent[] = [
      { kind: 'stopRequested', stopCode: 'UserInitiated', reason: 'Task stopped by user', at: 5 },
      {
        kind: 'lost',
        stopCode: 'TerminationNotice',
        reason: 'Container instance deregistration forced by user',
        at: 6,
      },
      { kind: 'acknowledged', desiredStatus: 'RUNNING' },
      { kind: 'acknowledged', desiredStatus: 'STOPPED' },
      { kind: 'connectivityChanged', connectivity: 'DISCONNECTED', at: 7 },
      { kind: 'healthReported', containers: new Map([['main', 'HEALTHY']]) },
    ];
    const events = stories.chain((reports) =>
      fc.shuffledSubarray([...reports.map((report) => reported(report)), ...requests], { minLength: 1 }),
    );
    fc.assert(
      fc.property(events, (happened) => {
        let task = pending;
        for (const event of happened) {
          const next = play(task, [event]);
          assert.ok(next.lastStatus === task.lastStatus || follows(task.lastStatus, next.lastStatus));
          assert.ok(task.desiredStatus === 'RUNNING' || next.desiredStatus === 'STOPPED');
          if (task.stopCode === 'UserInitiated') assert.equal(next.stopCode, 'UserInitiated');
          if (next.lastStatus === 'STOPPED') {
            assert.equal(next.desiredStatus, 'STOPPED');
            assert.ok(next.stopCode !== undefined && next.stoppedReason !== undefined && next.stoppedAt !== undefined);
            assert.ok(next.containers.every((each) => each.lastStatus === 'STOPPED'));
          }
          task = next;
        }
      }),
    );
  });

  it('knows every status once', () => {
    assert.equal(new Set(statuses).size, 8);
  });
});
