import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { EngineError, isNotFound, openEngine } from '../../src/index.ts';
import type { Engine, EventItem } from '../../src/index.ts';
import { startDockerEngine } from '../../../../test/support/docker-engine.ts';
import type { TestEngine } from '../../../../test/support/docker-engine.ts';

const label = 'oreno-engine-test';

describe('the client on a real engine', () => {
  let docker: TestEngine;
  let engine: Engine;
  before(async () => {
    docker = await startDockerEngine();
    engine = docker.engine;
  });
  after(async () => {
    const left = await engine.containers.list({ all: true, filters: { label: [label] } });
    await Promise.all(left.map(({ Id }) => engine.containers.remove(Id, { force: true })));
    await docker.stop();
  });

  const create = (command: readonly string[], more: object = {}) =>
    engine.containers.create(`${label}-${Math.random().toString(36).slice(2)}`, {
      Image: docker.image,
      Cmd: command,
      Labels: { [label]: '1' },
      ...more,
    });

  it('tells its version and what it has', async () => {
    await engine.ping();
    const version = await engine.version();
    assert.match(version.ApiVersion, /^\d+\.\d+$/);
    const info = await engine.info();
    assert.ok(info.NCPU > 0 && info.MemTotal > 0);
  });

  it('runs a container and gives its exit code and both streams', async () => {
    const { Id } = await create(['sh', '-c', 'echo out; echo err >&2; exit 7']);
    await engine.containers.start(Id);
    assert.equal(await engine.containers.wait(Id), 7);
    const text = { stdout: '', stderr: '' };
    for await (const chunk of engine.containers.logs(Id)) text[chunk.stream] += chunk.data.toString();
    assert.deepEqual(text, { stdout: 'out\n', stderr: 'err\n' });
    const inspected = await engine.containers.inspect(Id);
    assert.equal(inspected.State.ExitCode, 7);
    await engine.containers.remove(Id, {});
    await assert.rejects(engine.containers.inspect(Id), (error) => isNotFound(error) && error instanceof EngineError);
  });

  it('runs a command inside, samples statistics, stops', async () => {
    const { Id } = await create(['sleep', '100']);
    await engine.containers.start(Id);
    await engine.containers.start(Id);
    const result = await engine.exec(Id, ['sh', '-c', 'echo hello; exit 3']);
    assert.deepEqual([result.exitCode, result.stdout.toString()], [3, 'hello\n']);
    let samples = 0;
    for await (const sample of engine.containers.stats(Id)) {
      assert.ok(sample.read);
      samples += 1;
      if (samples === 2) break;
    }
    await engine.containers.stop(Id, 0);
    await engine.containers.stop(Id, 0);
    assert.equal((await engine.containers.inspect(Id)).State.ExitCode, 137);
  });

  it('throws the error that a pull stream carries', async () => {
    await assert.rejects(
      engine.images.pull('127.0.0.1:1/nothing:1'),
      (error) => error instanceof EngineError && error.kind === 'response' && /connection refused/.test(error.message),
    );
  });

  it('refuses with the reason of the engine, and with a connection error where none listens', async () => {
    await assert.rejects(create(['x'], { Image: 'no/such:image' }), /No such image/);
    const nowhere = openEngine({ socket: '/nonexistent/docker.sock' });
    await assert.rejects(nowhere.ping(), (error) => error instanceof EngineError && error.kind === 'connection');
  });

  it('gives up at the time limit and at an abort', async () => {
    const { Id } = await create(['sleep', '100']);
    await engine.containers.start(Id);
    await assert.rejects(
      engine.containers.wait(Id, { timeoutMs: 50 }),
      (error) => error instanceof EngineError && error.kind === 'timeout',
    );
    const reason = new Error('enough');
    await assert.rejects(engine.containers.wait(Id, { signal: AbortSignal.abort(reason) }), reason);
  });

  it('makes volumes and networks and forgets them', async () => {
    const volume = await engine.volumes.create({ Name: `${label}-${process.pid}`, Labels: { [label]: '1' } });
    assert.equal((await engine.volumes.inspect(volume.Name)).Driver, 'local');
    await engine.volumes.remove(volume.Name);
    const { Id } = await engine.networks.create({ Name: `${label}-${process.pid}`, Driver: 'bridge' });
    assert.equal((await engine.networks.inspect(Id)).Driver, 'bridge');
    await engine.networks.remove(Id);
  });

  it('follows events', async () => {
    const stop = new AbortController();
    const seen: EventItem[] = [];
    const following = (async () => {
      for await (const item of engine.events({ filters: { label: [label] }, signal: stop.signal })) {
        seen.push(item);
        if (item.kind === 'event' && item.event.Action === 'die') return;
      }
    })();
    while (seen.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    const { Id } = await create(['true']);
    await engine.containers.start(Id);
    await following;
    stop.abort();
    const actions = seen.flatMap((item) =>
      item.kind === 'event' && item.event.Actor.ID === Id ? [item.event.Action] : [],
    );
    assert.deepEqual(actions, ['create', 'start', 'die']);
  });
});

describe('the client when its engine is killed', () => {
  it('finds its way back and misses no event', { timeout: 90_000 }, async (t) => {
    const docker = await startDockerEngine({ private: true });
    t.after(() => docker.stop());
    const stop = new AbortController();
    t.after(() => stop.abort());
    const seen: EventItem[] = [];
    const following = (async () => {
      for await (const item of docker.engine.events({ filters: { type: ['container'] }, signal: stop.signal }))
        seen.push(item);
    })();
    while (seen.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    await docker.kill();
    await docker.restart();
    const connected = () => seen.filter((item) => item.kind === 'connected').length;
    while (connected() < 2) await new Promise((resolve) => setTimeout(resolve, 50));
    const { Id } = await docker.engine.containers.create('after', { Image: docker.image, Cmd: ['true'] });
    const created = () => seen.some((item) => item.kind === 'event' && item.event.Actor.ID === Id);
    while (!created()) await new Promise((resolve) => setTimeout(resolve, 10));
    stop.abort();
    await following;
  });
});
