import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createAgentState } from '../src/domain/agent-state.ts';
import { type AgentLogSpool, type AgentLogSpoolOptions, startAgentLogSpool } from '../src/logs/agent-log-spool.ts';
import { connectSpool } from '../src/logs/spool-connection.ts';
import { spoolSocket } from '../src/logs/spool-protocol.ts';
import { driverOf, put } from './support/awslogs-driver.ts';
import { agentCredentials, type FakeLogs, startFakeLogs } from './support/fake-logs.ts';
import { aContainer, anIdentity, aTask } from './support/task-fixtures.ts';

const logConfig = {
  LogConfig: { Type: 'awslogs', Config: { 'awslogs-group': '/ecs/demo', 'awslogs-create-group': 'true' } },
};
const definition = { name: 'web', image: 'web:1', dockerConfig: { hostConfig: JSON.stringify(logConfig) } };
const container = aContainer({ definition });
const task = aTask({ containers: [container] });
const numbered = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, at) => `line ${from + at}`);

const rig = async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'oreno-spool-process-'));
  const upstream = await startFakeLogs();
  const end = async (): Promise<void> => {
    await upstream.down();
    // Without its folder a process that an assertion left behind ends as well.
    await rm(dataDir, { recursive: true, force: true });
  };
  return { dataDir, upstream, end };
};

const agentOn = (dataDir: string, upstream: FakeLogs, more: Partial<AgentLogSpoolOptions> = {}): AgentLogSpool =>
  startAgentLogSpool({
    dataDir,
    forward: { origin: upstream.origin, region: 'us-east-1', credentials: () => agentCredentials },
    log: () => undefined,
    lingerMs: 300,
    ...more,
  });

const processOf = async (dataDir: string): Promise<number> =>
  Number((await readFile(join(dataDir, 'log-spool', 'agent.pid'), 'utf8')).split(' ')[0]);

const alive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

const untilEnded = async (pid: number): Promise<void> => {
  for (let at = 0; at < 200 && alive(pid); at += 1) await delay(25);
  assert.equal(alive(pid), false, 'the process of the spool has ended');
};

test('an agent that is killed costs no line: the spool goes on, and ends when nobody needs it', async () => {
  const { dataDir, upstream, end } = await rig();
  const program = fileURLToPath(new URL('./support/agent-with-spool.ts', import.meta.url));
  const child = spawn(process.execPath, [program, dataDir, upstream.origin], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [first] = (await once(child.stdout, 'data')) as [Buffer];
  const options = JSON.parse(first.toString()) as Record<string, string>;
  const driver = await driverOf(options);
  for (const line of numbered(0, 5)) await put(driver, [line]);
  const pid = await processOf(dataDir);

  child.kill('SIGKILL');
  await upstream.down();
  await once(child, 'exit');
  for (const line of numbered(5, 30)) await put(driver, [line]);
  await delay(800);
  assert.ok(alive(pid), 'a container may still log: the process stays');
  await driverOf(options);

  await upstream.up();
  const agent = agentOn(dataDir, upstream);
  await agent.flush();
  assert.equal(await processOf(dataDir), pid);
  assert.deepEqual(await agent.optionsFor(task, container), options);
  await put(driver, ['line 30']);
  await agent.flush();
  assert.deepEqual(upstream.lines('/ecs/demo', 's'), numbered(0, 31));
  assert.equal((await stat(spoolSocket(dataDir))).mode & 0o077, 0);
  assert.equal((await stat(join(dataDir, 'log-spool.log'))).mode & 0o077, 0);

  const state = createAgentState(anIdentity);
  state.putTask(task);
  const unfollow = agent.follow(state);
  state.putTask({ ...task, knownStatus: 'STOPPED' });
  await agent.status();
  unfollow();
  await agent.stop();
  await untilEnded(pid);
  assert.equal(existsSync(spoolSocket(dataDir)), false);
  await end();
});

test('it forwards by itself while the agent is away', async () => {
  const { dataDir, upstream, end } = await rig();
  const agent = agentOn(dataDir, upstream);
  const driver = await driverOf(await agent.optionsFor(task, container));
  const pid = await processOf(dataDir);
  await agent.stop();
  await put(driver, ['nobody is here']);
  for (let at = 0; at < 100 && upstream.lines('/ecs/demo', 's').length === 0; at += 1) await delay(20);
  assert.deepEqual(upstream.lines('/ecs/demo', 's'), ['nobody is here']);
  process.kill(pid, 'SIGTERM');
  await untilEnded(pid);
  await end();
});

test('a process of another code version is replaced, and its drivers notice no more than a retry', async () => {
  const { dataDir, upstream, end } = await rig();
  const program = fileURLToPath(new URL('../src/logs/spool-main.ts', import.meta.url));
  const given = JSON.stringify({ version: 'older', port: 0, lingerMs: 60_000 });
  const old = spawn(process.execPath, [program, dataDir, given], { stdio: 'ignore' });
  while (!existsSync(spoolSocket(dataDir))) await delay(10);
  const first = await connectSpool(spoolSocket(dataDir));
  await first.ask('adopt', { origin: upstream.origin, region: 'us-east-1', credentials: agentCredentials });
  const options = await first.ask('lead', {
    taskArn: task.arn,
    containerName: 'web',
    given: logConfig.LogConfig.Config,
  });
  const driver = await driverOf(options, 4);
  const lines: string[] = [];
  let going = true;
  const logging = (async () => {
    while (going) {
      const line = `line ${lines.length}`;
      await put(driver, [line]);
      lines.push(line);
      await delay(10);
    }
  })();
  await delay(100);
  const exit = once(old, 'exit');
  const agent = agentOn(dataDir, upstream);
  assert.deepEqual(await agent.optionsFor(task, container), options);
  await exit;
  await first.closed;
  await delay(100);
  going = false;
  await logging;
  await agent.flush();
  assert.deepEqual([...new Set(upstream.lines('/ecs/demo', 's'))], lines);
  agent.release(task.arn);
  await agent.status();
  const pid = await processOf(dataDir);
  await agent.stop();
  await untilEnded(pid);
  await end();
});

test('a process that dies under the agent is started again, with the same port and keys', async () => {
  const { dataDir, upstream, end } = await rig();
  const agent = agentOn(dataDir, upstream);
  const options = await agent.optionsFor(task, container);
  const driver = await driverOf(options, 4);
  await put(driver, ['one']);
  const pid = await processOf(dataDir);
  process.kill(pid, 'SIGKILL');
  assert.deepEqual(await agent.optionsFor(task, container), options);
  await put(driver, ['two']);
  await agent.flush();
  assert.deepEqual([...new Set(upstream.lines('/ecs/demo', 's'))], ['one', 'two']);
  const next = await processOf(dataDir);
  assert.notEqual(next, pid);
  agent.release(task.arn);
  await agent.status();
  await agent.stop();
  await untilEnded(next);
  await end();
});

test('without credentials everything is kept until there are some', async () => {
  const { dataDir, upstream, end } = await rig();
  let known = false;
  const credentials = () => {
    if (known) return agentCredentials;
    throw new Error('not yet');
  };
  const forward = { origin: upstream.origin, region: 'us-east-1', credentials };
  const agent = agentOn(dataDir, upstream, { forward, renewMs: 50 });
  const driver = await driverOf(await agent.optionsFor(task, container));
  for (const line of numbered(0, 5)) await put(driver, [line]);
  assert.equal((await agent.status()).reachable, false);
  known = true;
  await agent.flush();
  assert.deepEqual(upstream.lines('/ecs/demo', 's'), numbered(0, 5));
  const pid = await processOf(dataDir);
  agent.release(task.arn);
  await agent.status();
  await agent.stop();
  await untilEnded(pid);
  await end();
});

test('where no process can be started the spool runs in the agent, with a warning', async () => {
  const { dataDir, upstream, end } = await rig();
  const warnings: string[] = [];
  // Longer than a unix socket's address may be.
  const folder = join(dataDir, 'x'.repeat(120));
  const agent = agentOn(folder, upstream, { log: (level, message) => level === 'warn' && warnings.push(message) });
  const driver = await driverOf(await agent.optionsFor(task, container));
  await put(driver, ['one']);
  await agent.flush();
  assert.deepEqual(upstream.lines('/ecs/demo', 's'), ['one']);
  assert.ok(warnings.some((message) => message.includes('it runs in the agent')));
  await agent.stop();
  await end();
});
