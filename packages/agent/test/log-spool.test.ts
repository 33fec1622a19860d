import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DescribeLogGroupsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { goesThroughSpool } from '../src/logs/log-config.ts';
import { type LogSpool, startLogSpool } from '../src/logs/log-spool.ts';
import { driverOf, put } from './support/awslogs-driver.ts';
import { agentCredentials, type FakeLogs, startFakeLogs } from './support/fake-logs.ts';
import { aContainer, aTask } from './support/task-fixtures.ts';

const containerLoggingTo = (options: Record<string, string>, name = 'web') =>
  aContainer({
    name,
    definition: {
      name,
      image: 'web:1',
      dockerConfig: { hostConfig: JSON.stringify({ LogConfig: { Type: 'awslogs', Config: options } }) },
    },
  });

const start = (dataDir: string, upstream: FakeLogs, more: object = {}): Promise<LogSpool> =>
  startLogSpool({
    dataDir,
    forward: { origin: upstream.origin, region: 'us-east-1', credentials: () => agentCredentials },
    log: () => undefined,
    now: Date.now,
    ...more,
  });

const rig = async (createGroup: boolean, more: object = {}) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'oreno-log-spool-'));
  const upstream = await startFakeLogs();
  const spool = await start(dataDir, upstream, more);
  const task = aTask();
  const container = containerLoggingTo({ 'awslogs-group': '/ecs/demo', 'awslogs-create-group': String(createGroup) });
  const options = spool.optionsFor(task, container);
  const end = async (): Promise<void> => {
    await upstream.down();
    await rm(dataDir, { recursive: true, force: true });
  };
  return { dataDir, upstream, spool, task, container, options, end };
};

test('lines go through at once while the control plane is up', async () => {
  const { upstream, spool, options, end } = await rig(false);
  const driver = await driverOf(options);
  await assert.rejects(
    driver.send(new CreateLogStreamCommand({ logGroupName: '/ecs/demo', logStreamName: 's' })),
    { name: 'ResourceNotFoundException', message: 'The specified log group does not exist.' },
    'the error that keeps a container from starting is the control plane’s own',
  );
  await driver.send(new CreateLogGroupCommand({ logGroupName: '/ecs/demo' }));
  await driver.send(new CreateLogStreamCommand({ logGroupName: '/ecs/demo', logStreamName: 's' }));
  const { nextSequenceToken } = await put(driver, ['one', 'zwei', '三']);
  assert.match(nextSequenceToken ?? '', /^\d+$/);
  await spool.flush();
  assert.deepEqual(upstream.lines('/ecs/demo', 's'), ['one', 'zwei', '三']);
  const { logGroups } = await driver.send(new DescribeLogGroupsCommand({}));
  assert.deepEqual(
    logGroups?.map(({ logGroupName }) => logGroupName),
    ['/ecs/demo'],
  );
  await spool.stop();
  await end();
});

test('a control plane that is down costs no line and keeps no container from starting', async () => {
  const { upstream, spool, options, end } = await rig(true);
  const driver = await driverOf(options);
  await upstream.down();
  const started = Date.now();
  await driver.send(new CreateLogStreamCommand({ logGroupName: '/ecs/demo', logStreamName: 's' }));
  for (let at = 0; at < 50; at += 1) await put(driver, [`line ${at}`]);
  assert.ok(Date.now() - started < 3000);
  assert.equal(spool.status().reachable, false);
  assert.ok(spool.status().pending > 0);
  await upstream.up();
  await spool.flush();
  assert.deepEqual(
    upstream.lines('/ecs/demo', 's'),
    Array.from({ length: 50 }, (_, at) => `line ${at}`),
  );
  assert.deepEqual(upstream.calls.slice(0, 4), [
    'CreateLogStream',
    'CreateLogGroup',
    'CreateLogStream',
    'PutLogEvents',
  ]);
  assert.equal(spool.status().reachable, true);
  await spool.stop();
  await end();
});

test('a control plane that hangs holds the start of a container for a second, and only the first', async () => {
  const { upstream, spool, options, end } = await rig(true);
  const driver = await driverOf(options);
  upstream.slow(20_000);
  const started = Date.now();
  await driver.send(new CreateLogStreamCommand({ logGroupName: '/ecs/demo', logStreamName: 's' }));
  // A second, and what a busy machine makes of it.
  assert.ok(Date.now() - started < 6_000, `${Date.now() - started} ms`);
  upstream.slow(0);
  await put(driver, ['x']);
  await spool.flush();
  assert.deepEqual(upstream.lines('/ecs/demo', 's'), ['x']);
  await spool.stop();
  await end();
});

test('port, credentials and what waits outlive the agent', async () => {
  const { dataDir, upstream, spool, options, task, container, end } = await rig(true);
  const driver = await driverOf(options);
  await upstream.down();
  await put(driver, ['before']);
  await spool.stop();
  const again = await start(dataDir, upstream);
  assert.equal(again.port, spool.port);
  assert.deepEqual(again.optionsFor(task, container), options);
  // The driver of a running container goes on with the keys that it has.
  await put(driver, ['after']);
  await upstream.up();
  await again.flush();
  assert.deepEqual(upstream.lines('/ecs/demo', 's'), ['before', 'after']);
  assert.equal((await stat(join(dataDir, 'log-spool', 'credentials'))).mode & 0o777, 0o600);
  await again.stop();
  assert.deepEqual((await readdir(join(dataDir, 'log-spool'))).toSorted(), ['credentials', 'port']);
  await end();
});

test('only the keys that the agent made open the spool, until some time after their task', async () => {
  let clock = Date.now();
  const { dataDir, upstream, spool, options, task, end } = await rig(true, { now: () => clock });
  const driver = await driverOf(options);
  const stranger = new CloudWatchLogsClient({
    region: 'us-east-1',
    endpoint: options['awslogs-endpoint'] ?? '',
    maxAttempts: 1,
    credentials: agentCredentials,
  });
  await assert.rejects(put(stranger, ['x']), { name: 'UnrecognizedClientException' });
  const unknown = await fetch(`http://127.0.0.1:${spool.port}/v2/credentials/none`);
  assert.deepEqual([unknown.status, ((await unknown.json()) as { code: string }).code], [400, 'InvalidIdInRequest']);
  spool.release(task.arn);
  clock += 60_000;
  await put(driver, ['the last batch of a stopped container']);
  clock += 61_000;
  await assert.rejects(put(driver, ['x']), { name: 'UnrecognizedClientException' });
  assert.match(await readFile(join(dataDir, 'log-spool', 'credentials'), 'utf8'), /"released"/);
  await spool.stop();
  await upstream.down();
  await end();
});

test('a full spool tells the driver to try again', async () => {
  const { upstream, spool, options, end } = await rig(true, { maxBytes: 20_000 });
  const driver = await driverOf(options);
  await upstream.down();
  await put(driver, ['x'.repeat(15_000)]);
  await assert.rejects(put(driver, ['x'.repeat(15_000)]), { name: 'ServiceUnavailableException' });
  await upstream.up();
  await spool.flush();
  await put(driver, ['there is room again']);
  await spool.flush();
  assert.equal(upstream.lines('/ecs/demo', 's').length, 2);
  await spool.stop();
  await end();
});

test('a definition with an endpoint of its own is left alone', () => {
  assert.equal(goesThroughSpool({}, 'http://127.0.0.1:4566'), true);
  assert.equal(goesThroughSpool({ 'awslogs-endpoint': 'http://127.0.0.1:4566/' }, 'http://127.0.0.1:4566'), true);
  assert.equal(
    goesThroughSpool({ 'awslogs-endpoint': 'https://logs.eu-west-1.amazonaws.com' }, 'http://127.0.0.1:4566'),
    false,
  );
});

test('an agent killed in the middle loses no line that it took, and repeats hardly any', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'oreno-spool-kill-'));
  const upstream = await startFakeLogs();
  const program = fileURLToPath(new URL('./support/spool-process.ts', import.meta.url));
  const accepted: string[] = [];
  let tries = 0;
  for (let round = 0; round < 5; round += 1) {
    const child = spawn(process.execPath, [program, dataDir, upstream.origin], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [first] = (await once(child.stdout, 'data')) as [Buffer];
    const driver = await driverOf(JSON.parse(first.toString()) as Record<string, string>);
    const ending = setTimeout(() => child.kill('SIGKILL'), 150 + round * 60);
    try {
      for (;;) {
        tries += 1;
        const line = `line ${tries}`;
        await put(driver, [line]);
        accepted.push(line);
      }
    } catch {
      // Killed: this line was not acknowledged, whether it was taken or not.
    }
    clearTimeout(ending);
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }
  const last = await start(dataDir, upstream);
  await last.flush();
  const lines = upstream.lines('/ecs/demo', 's');
  const seen = new Set(lines);
  assert.ok(accepted.length > 20, `${accepted.length} lines were taken`);
  assert.deepEqual(
    accepted.filter((line) => !seen.has(line)),
    [],
  );
  assert.ok(lines.length - seen.size <= 50, `${lines.length - seen.size} of ${lines.length} lines came twice`);
  await last.stop();
  await upstream.down();
  await rm(dataDir, { recursive: true, force: true });
});
