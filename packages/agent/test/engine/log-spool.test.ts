import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { startDockerEngine, type TestEngine } from '../../../../test/support/docker-engine.ts';
import { type LogSpool, startLogSpool } from '../../src/logs/log-spool.ts';
import { agentCredentials, type FakeLogs, startFakeLogs } from '../support/fake-logs.ts';
import { aContainer, aTask } from '../support/task-fixtures.ts';

const label = 'oreno-log-spool-test';

describe('Docker’s awslogs driver through the spool', () => {
  let docker: TestEngine;
  let dataDir: string;
  let upstream: FakeLogs;
  let spool: LogSpool;

  const startSpool = (): Promise<LogSpool> =>
    startLogSpool({
      dataDir,
      forward: { origin: upstream.origin, region: 'us-east-1', credentials: () => agentCredentials },
      log: () => undefined,
      now: Date.now,
    });

  const create = (name: string, options: Record<string, string>, script: string): Promise<{ Id: string }> => {
    const config = { 'awslogs-group': '/ecs/demo', 'awslogs-stream': name, ...options };
    const hostConfig = JSON.stringify({ LogConfig: { Type: 'awslogs', Config: config } });
    const container = aContainer({ name, definition: { name, image: docker.image, dockerConfig: { hostConfig } } });
    return docker.engine.containers.create(`${label}-${name}-${Date.now()}`, {
      Image: docker.image,
      Cmd: ['sh', '-c', script],
      Labels: { [label]: '1' },
      HostConfig: { LogConfig: { Type: 'awslogs', Config: { ...config, ...spool.optionsFor(aTask(), container) } } },
    });
  };

  const linesWhen = async (stream: string, count: number): Promise<readonly string[]> => {
    for (let at = 0; at < 100 && upstream.lines('/ecs/demo', stream).length < count; at += 1) await delay(100);
    return upstream.lines('/ecs/demo', stream);
  };
  const numbered = (count: number): string[] => Array.from({ length: count }, (_, at) => `line ${at + 1}`);

  before(async () => {
    docker = await startDockerEngine();
    dataDir = await mkdtemp(join(tmpdir(), 'oreno-spool-engine-'));
    upstream = await startFakeLogs();
    spool = await startSpool();
  });
  after(async () => {
    const left = await docker.engine.containers.list({ all: true, filters: { label: [label] } });
    await Promise.all(left.map(({ Id }) => docker.engine.containers.remove(Id, { force: true })));
    await spool.stop();
    await upstream.down();
    await docker.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  it('keeps a container from starting for the control plane’s reason', async () => {
    const { Id } = await create('refused', {}, 'echo never');
    await assert.rejects(
      docker.engine.containers.start(Id),
      /ResourceNotFoundException: The specified log group does not exist/,
    );
  });

  it('brings every line, also of a container that starts and ends while the control plane is down', async () => {
    const script = 'i=1; while [ $i -le 12 ]; do echo "line $i"; i=$((i+1)); sleep 0.5; done';
    const first = await create('first', { 'awslogs-create-group': 'true' }, script);
    await docker.engine.containers.start(first.Id);
    await delay(1500);
    await upstream.down();
    const second = await create(
      'second',
      { 'awslogs-create-group': 'true' },
      'for i in 1 2 3; do echo "line $i"; done',
    );
    await docker.engine.containers.start(second.Id);
    assert.equal(await docker.engine.containers.wait(second.Id), 0);
    await delay(5500);
    await upstream.up();
    assert.equal(await docker.engine.containers.wait(first.Id), 0);
    assert.deepEqual(await linesWhen('first', 12), numbered(12));
    assert.deepEqual(await linesWhen('second', 3), numbered(3));
    assert.equal(spool.status().dropped, 0);
  });

  it('goes on for a running container after the agent was started again', async () => {
    const script = 'i=1; while [ $i -le 16 ]; do echo "line $i"; i=$((i+1)); sleep 0.5; done';
    const { Id } = await create('restarted', { 'awslogs-create-group': 'true' }, script);
    await docker.engine.containers.start(Id);
    await delay(2000);
    await spool.stop();
    spool = await startSpool();
    assert.equal(await docker.engine.containers.wait(Id), 0);
    assert.deepEqual(await linesWhen('restarted', 16), numbered(16));
  });
});
