import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { ContainerStats, Engine } from '@oreno/engine';
import fc from 'fast-check';
import { WebSocketServer } from 'ws';
import { createAgentState } from '../src/domain/agent-state.ts';
import type { ContainerState, TaskState } from '../src/domain/task-state.ts';
import { sampleOf } from '../src/telemetry/docker-stats.ts';
import { startTelemetry } from '../src/telemetry/start-telemetry.ts';
import { startStatsSampler } from '../src/telemetry/stats-sampler.ts';
import { containerMetric, counterSet, statsSet } from '../src/telemetry/stats-set.ts';
import { metricsMessages, taskHealths, taskMetric } from '../src/telemetry/tcs-messages.ts';
import { decideReconnect } from '../src/telemetry/tcs-reconnect.ts';
import { aContainer, anIdentity, aTask } from './support/task-fixtures.ts';

const statsAt = (
  seconds: number,
  cpuSeconds: number,
  more: { rx?: number; memory?: ContainerStats['memory_stats']; pre?: boolean } = {},
): ContainerStats => ({
  read: new Date(1_700_000_000_000 + seconds * 1000).toISOString(),
  preread:
    more.pre === true ? new Date(1_700_000_000_000 + (seconds - 1) * 1000).toISOString() : '0001-01-01T00:00:00Z',
  cpu_stats: { cpu_usage: { total_usage: cpuSeconds * 1e9 }, online_cpus: 2, system_cpu_usage: 1 },
  precpu_stats: { cpu_usage: { total_usage: more.pre === true ? (cpuSeconds - 1) * 1e9 : 0 } },
  memory_stats: more.memory ?? { usage: 30 << 20, limit: 64 << 20, stats: { cache: 10 << 20 } },
  blkio_stats: {
    io_service_bytes_recursive: [
      { major: 8, minor: 0, op: 'Read', value: 7 },
      { major: 8, minor: 0, op: 'write', value: 9 },
    ],
  },
  ...(more.rx === undefined
    ? {}
    : {
        networks: {
          eth0: {
            rx_bytes: more.rx,
            rx_packets: 1,
            rx_errors: 0,
            rx_dropped: 0,
            tx_bytes: 5,
            tx_packets: 1,
            tx_errors: 0,
            tx_dropped: 0,
          },
        },
      }),
});

test('a sample is percent of the whole machine, MiB without the page cache, and totals', () => {
  const first = statsAt(0, 10, { rx: 1000 });
  assert.equal(sampleOf(first, undefined)?.cpuPercent, undefined);
  const sample = sampleOf(statsAt(10, 15, { rx: 3000 }), first);
  assert.equal(sample?.cpuPercent, 25, 'five of twenty core seconds');
  assert.equal(sample?.memoryMiB, 20);
  assert.deepEqual([sample?.readBytes, sample?.writeBytes], [7, 9]);
  assert.equal(sample?.network?.rxBytes, 3000);
  assert.equal(sample?.rates?.rxBytesPerSecond, 200);
});

test('the first answer counts by its own precursor, cgroup v2 by inactive_file, a stopped container not at all', () => {
  assert.equal(sampleOf(statsAt(5, 3, { pre: true }), undefined)?.cpuPercent, 50);
  const v2 = { usage: 30 << 20, stats: { inactive_file: 5 << 20 } };
  assert.equal(sampleOf(statsAt(5, 3, { memory: v2 }), undefined)?.memoryMiB, 25);
  assert.equal(sampleOf({ ...statsAt(0, 0), read: '0001-01-01T00:00:00Z' }, undefined), undefined);
  const restarted = sampleOf(statsAt(10, 1), statsAt(0, 100));
  assert.equal(restarted?.cpuPercent, 0, 'a container that was started again does not count backwards');
});

test('statistic sets hold what was sampled', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(), { minLength: 1 }), (values) => {
      const set = statsSet(values);
      assert.equal(set.sampleCount, values.length);
      assert.equal(set.min, Math.min(...values));
      assert.equal(set.max, Math.max(...values));
      assert.equal(
        set.sum,
        values.reduce((a, b) => a + b, 0),
      );
    }),
  );
  assert.equal(counterSet([2 ** 63 + 4096]).overflowMax, 4096);
  assert.equal(counterSet([1, 2]).overflowSum, 0);
});

test('in awsvpc the interfaces of the pause container are shared by the others', () => {
  const task: TaskState = aTask({
    networkMode: 'awsvpc',
    containers: [
      aContainer({ name: '~internal~ecs~pause', type: 'CNI_PAUSE', dockerId: 'p' }),
      aContainer({ name: 'a', dockerId: 'a' }),
      aContainer({ name: 'b', dockerId: 'b' }),
    ],
  });
  const samples = [sampleOf(statsAt(10, 15, { rx: 3000 }), statsAt(0, 10, { rx: 1000 }))].filter(
    (s) => s !== undefined,
  );
  const bare = [sampleOf(statsAt(10, 15), statsAt(0, 10))].filter((s) => s !== undefined);
  const metric = taskMetric(task, ({ dockerId }) => (dockerId === 'p' ? samples : bare));
  assert.deepEqual(
    metric?.containerMetrics.map(({ containerName }) => containerName),
    ['a', 'b'],
  );
  assert.equal(metric.containerMetrics[0]?.networkStatsSet?.rxBytes.max, 1500);
  assert.equal(metric.containerMetrics[0]?.networkStatsSet?.rxBytesPerSecond?.max, 100);
  assert.equal(containerMetric({ name: 'x' }, bare)?.networkStatsSet, undefined);
});

test('a round is split at ten tasks, and its last message says so', () => {
  const metrics = Array.from({ length: 21 }, (_, at) => ({
    taskArn: `t${at}`,
    taskDefinitionFamily: 'f',
    taskDefinitionVersion: '1',
    containerMetrics: [],
  }));
  const messages = metricsMessages(metrics, anIdentity, { id: 'm', at: 5000 });
  assert.deepEqual(
    messages.map(({ message }) => [(message['taskMetrics'] as unknown[]).length, message['metadata']]),
    [10, 10, 1].map((size, at) => [
      size,
      {
        cluster: 'lab',
        containerInstance: anIdentity.containerInstanceArn,
        messageId: 'm',
        idle: false,
        fin: at === 2,
      },
    ]),
  );
  const [idle] = metricsMessages([], anIdentity, { id: 'm', at: 5000 });
  assert.equal(idle?.message['timestamp'], 5);
  assert.equal('taskMetrics' in (idle?.message ?? {}), false);
});

test('health is told of running containers whose check is tracked', () => {
  const definition = { name: 'a', image: 'i', healthCheckType: 'docker' };
  const running: ContainerState = aContainer({ name: 'a', definition, knownStatus: 'RUNNING' });
  const healthy = { ...running, health: { status: 'HEALTHY', since: 2500 } } as const;
  assert.deepEqual(
    taskHealths([aTask({ containers: [healthy, aContainer({ name: 'b', knownStatus: 'RUNNING' })] })])[0]?.containers,
    [{ containerName: 'a', healthStatus: 'HEALTHY', statusSince: 2.5 }],
  );
  assert.deepEqual(taskHealths([aTask({ containers: [{ ...healthy, knownStatus: 'STOPPED' }] })]), []);
});

test('a connection that lasted is made again at once, others after longer and longer', () => {
  const at = (previousStepMs: number) => ({ now: 100_000, previousStepMs, random: 0 });
  assert.deepEqual(decideReconnect({ code: 1006, reason: '', openedAt: 1 }, at(0)), { delayMs: 0, stepMs: 0 });
  assert.equal(decideReconnect({ code: 4000, reason: '', openedAt: 1 }, at(0)).delayMs, 1000);
  let step = 0;
  const delays = Array.from({ length: 9 }, () => {
    const next = decideReconnect({ code: 1006, reason: 'refused', openedAt: undefined }, at(step));
    step = next.stepMs;
    return next.delayMs / 1000;
  });
  assert.deepEqual(delays, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
});

test('the telemetry connects, publishes signed messages, and connects again when it is dropped', async () => {
  const http = createServer();
  const sockets = new WebSocketServer({ server: http });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const { port } = http.address() as AddressInfo;
  const frames: string[] = [];
  const paths: string[] = [];
  let connections = 0;
  sockets.on('connection', (socket, request) => {
    connections += 1;
    paths.push(request.url ?? '');
    assert.match(
      request.headers.authorization ?? '',
      /^AWS4-HMAC-SHA256 Credential=AKIA.*\/us-east-1\/ecs\/aws4_request/,
    );
    assert.equal(request.headers.host, `127.0.0.1:${port}`);
    socket.on('message', (data) => {
      frames.push((data as Buffer).toString());
      socket.send(JSON.stringify({ type: 'AckPublishMetric', message: { message: 'ok' } }));
      if (connections === 1 && frames.length >= 4) socket.close(4000);
    });
  });
  const state = createAgentState(anIdentity);
  state.putTask(aTask({ containers: [aContainer({ name: 'web', dockerId: 'd1', knownStatus: 'RUNNING' })] }));
  let polls = 0;
  const engine = {
    ping: () => Promise.resolve(),
    containers: { statsOnce: () => Promise.resolve(statsAt((polls += 1), polls, { rx: polls * 100, pre: true })) },
  } as unknown as Engine;
  const log = () => undefined;
  const stats = startStatsSampler({ state, engine, log, intervalMs: 10 });
  const telemetry = startTelemetry({
    runtime: {
      state,
      engine,
      endpoint: '',
      region: 'us-east-1',
      cluster: 'lab',
      credentials: () => ({ accessKeyId: 'AKIATEST', secretAccessKey: 's' }),
      discoverPollEndpoint: () => Promise.resolve({ endpoint: '', telemetryEndpoint: `http://127.0.0.1:${port}` }),
      dataDir: '',
      log,
      now: Date.now,
      signal: new AbortController().signal,
    },
    stats,
    intervalMs: 50,
  });
  for (let at = 0; at < 100 && (connections < 2 || frames.length < 8); at += 1) await delay(50);
  const definition = { name: 'web', image: 'i', healthCheckType: 'docker' };
  const checked = aContainer({ dockerId: 'd1', definition, health: { status: 'HEALTHY', since: 5000 } });
  const isHealth = (frame: string): boolean => frame.includes('"PublishHealthRequest"');
  state.putTask(aTask({ containers: [checked] }));
  for (let at = 0; at < 100 && !frames.some(isHealth); at += 1) await delay(5);
  assert.match(frames.find(isHealth) ?? '', /"healthStatus":"HEALTHY","statusSince":5/);
  await telemetry.stop();
  await stats.stop();
  for (const client of sockets.clients) client.terminate();
  await new Promise((resolve) => http.close(resolve));

  assert.ok(connections >= 2);
  assert.match(paths[0] ?? '', /^\/ws\?agentHash=abc&agentVersion=1\.2\.3&cluster=lab&containerInstance=arn%3Aaws/);
  const bodies = frames.map((frame) => {
    const [head = '', body = ''] = frame.split('\r\n\r\n');
    assert.match(head, /^Host: .*\r\nX-Amz-Date: .*\r\nAuthorization: AWS4/);
    return JSON.parse(body) as {
      type: string;
      message: { taskMetrics?: { containerMetrics: { cpuStatsSet: { sampleCount: number } }[] }[] };
    };
  });
  assert.ok(bodies.some(({ type }) => type === 'PublishInstanceStatusRequest'));
  const counted = bodies
    .flatMap(({ message }) => message.taskMetrics ?? [])
    .reduce((sum, { containerMetrics: [metric] }) => sum + (metric?.cpuStatsSet.sampleCount ?? 0), 0);
  assert.ok(counted > 0 && counted <= polls, `${counted} samples of ${polls} answers`);
});
