import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { startDockerEngine, type TestEngine } from '../../../../test/support/docker-engine.ts';
import { createAgentState } from '../../src/domain/agent-state.ts';
import { type Endpoints, startEndpoints } from '../../src/endpoints/start-endpoints.ts';
import { startStatsSampler, type StatsSampler } from '../../src/telemetry/stats-sampler.ts';
import { aContainer, anIdentity, aTask } from '../support/task-fixtures.ts';

const label = 'oreno-endpoints-test';
const run = promisify(execFile);
const rules = async (): Promise<string> => (await run('iptables', ['-w', '-t', 'nat', '-S'])).stdout;

describe('the endpoints on a real engine', () => {
  let docker: TestEngine;
  let dataDir: string;
  let endpoints: Endpoints;
  let stats: StatsSampler;
  const state = createAgentState(anIdentity);
  const log = () => undefined;

  before(async () => {
    docker = await startDockerEngine();
    dataDir = await mkdtemp(join(tmpdir(), 'oreno-endpoints-engine-'));
    const { engine } = docker;
    stats = startStatsSampler({ state, engine, log, intervalMs: 1000 });
    endpoints = await startEndpoints({
      runtime: {
        state,
        engine,
        endpoint: 'http://127.0.0.1:1',
        region: 'us-east-1',
        cluster: 'lab',
        credentials: () => ({ accessKeyId: 'AKIA', secretAccessKey: 's' }),
        discoverPollEndpoint: () => Promise.reject(new Error('not asked')),
        dataDir,
        log,
        now: Date.now,
        signal: new AbortController().signal,
      },
      stats,
      metadataPort: 0,
      introspectionPort: 0,
    });
  });
  after(async () => {
    const left = await docker.engine.containers.list({ all: true, filters: { label: [label] } });
    await Promise.all(left.map(({ Id }) => docker.engine.containers.remove(Id, { force: true })));
    const networks = await docker.engine.networks.list({ filters: { label: [label] } });
    await Promise.all(networks.map(({ Id }) => docker.engine.networks.remove(Id)));
    await stats.stop();
    await endpoints.stop();
    await docker.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  const startContainer = async (networkMode: string): Promise<string> => {
    const { Id } = await docker.engine.containers.create(`${label}-${Date.now()}`, {
      Image: docker.image,
      Cmd: ['sleep', '1000'],
      Labels: { [label]: '1' },
      HostConfig: { NetworkMode: networkMode },
    });
    await docker.engine.containers.start(Id);
    return Id;
  };
  /** The body of an answer; over nc, because a static wget cannot look up names in an image without libraries. */
  const fetchIn = async (id: string, address: string): Promise<string> => {
    const { hostname, port, pathname } = new URL(address);
    const request = `printf 'GET ${pathname} HTTP/1.0\\r\\n\\r\\n' | nc -w 3 ${hostname} ${port || 80}`;
    const { stdout, stderr, exitCode } = await docker.engine.exec(id, ['sh', '-c', request]);
    assert.equal(exitCode, 0, stderr.toString());
    return stdout.toString().split('\r\n\r\n')[1] ?? '';
  };

  it('are reached on 169.254.170.2 from bridge, host and other networks alike', async () => {
    await docker.engine.networks.create({ Name: `${label}-${process.pid}`, Labels: { [label]: '1' } });
    await endpoints.refresh();
    for (const networkMode of ['bridge', 'host', `${label}-${process.pid}`]) {
      const dockerId = await startContainer(networkMode);
      state.putTask(aTask({ containers: [aContainer({ dockerId })] }));
      const answer = await fetchIn(dockerId, 'http://169.254.170.2/v4/meta-web/task');
      assert.equal((JSON.parse(answer) as { Family: string }).Family, 'web', networkMode);
      await docker.engine.containers.remove(dockerId, { force: true });
    }
  });

  it('give monitoring agents in a container the introspection on the gateway of their bridge', async () => {
    const dockerId = await startContainer('bridge');
    const { NetworkSettings } = await docker.engine.containers.inspect(dockerId);
    const gateway = Object.values(NetworkSettings.Networks ?? {})[0]?.Gateway ?? '';
    const answer = await fetchIn(dockerId, `http://${gateway}:${endpoints.introspectionPort}/v1/metadata`);
    assert.equal((JSON.parse(answer) as { Cluster: string }).Cluster, 'lab');
  });

  it('have the figures of the engine for a running container', async () => {
    const dockerId = await startContainer('bridge');
    state.putTask(aTask({ containers: [aContainer({ dockerId })] }));
    for (let at = 0; at < 80 && stats.latest(dockerId) === undefined; at += 1) await delay(100);
    const answer = await fetchIn(dockerId, 'http://169.254.170.2/v4/meta-web/stats');
    const body = JSON.parse(answer) as {
      id: string;
      precpu_stats: object;
      network_rate_stats: { rx_bytes_per_sec: number };
    };
    assert.equal(body.id, dockerId);
    assert.equal(typeof body.network_rate_stats.rx_bytes_per_sec, 'number');
    const [sample] = stats.take(dockerId);
    assert.ok((sample?.cpuPercent ?? -1) >= 0);
  });

  it('have their rules made again after a flush, once, and removed at the end', async () => {
    const made = await rules();
    assert.match(made, new RegExp(`-N ORENO-IN-${endpoints.metadataPort}`));
    await endpoints.refresh();
    assert.equal(await rules(), made);
    await run('iptables', ['-w', '-t', 'nat', '-F', `ORENO-IN-${endpoints.metadataPort}`]);
    await endpoints.refresh();
    assert.deepEqual((await rules()).split('\n').toSorted(), made.split('\n').toSorted());
    for (const arn of state.tasks.keys()) state.removeTask(arn);
    await endpoints.stop();
    assert.doesNotMatch(await rules(), new RegExp(`ORENO-(IN|OUT)-${endpoints.metadataPort}\\b`));
  });
});
