import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startServer, type RunningServer } from '@oreno/server';
import { SimulatedAgent } from '../../ecs/test/support/simulated-agent.ts';
import { openClient, type Client } from '../src/client.ts';
import { openDataDir, type DataDir, type RunningNote } from '../src/data-dir.ts';
import { greetingOf } from '../src/greeting.ts';
import { activateAgain, stopMachineTasks } from '../src/stop-machine-tasks.ts';
import { listTasks } from '../src/tasks.ts';

const region = 'us-east-1';
const account = '000000000000';
const cluster = 'default';

describe('down --stop-tasks', () => {
  let dataDir: DataDir;
  let server: RunningServer;
  let agent: SimulatedAgent;
  let client: Client;
  let note: RunningNote;
  let where: { readonly cluster: string; readonly containerInstance: string };

  before(async () => {
    dataDir = openDataDir(await mkdtemp(join(tmpdir(), 'oreno-down-')));
    const listen = { host: '127.0.0.1', port: 0 };
    server = await startServer({ listen, dataDir: dataDir.server, account, region, cluster, log: () => {} });
    const { origin } = server;
    // Its containers take their time to end.
    agent = new SimulatedAgent({ origin, region, credentials: server.rootAccessKey, cluster, endsIn: 500 });
    const containerInstance = await agent.register();
    await agent.connect();
    where = { cluster, containerInstance };
    note = {
      pid: process.pid,
      startTime: '',
      origin,
      account,
      region,
      cluster,
      containerInstanceArn: containerInstance,
    };
    client = openClient(dataDir, note);
    await client.ecs('RegisterTaskDefinition', {
      family: 'web',
      containerDefinitions: [{ name: 'main', image: 'web', memory: 64, essential: true }],
    });
  });
  after(async () => {
    agent.stop();
    await server.stop();
    await rm(dataDir.root, { recursive: true, force: true });
  });

  const signal = new AbortController().signal;
  const status = async (): Promise<string | undefined> => {
    const containerInstances = [where.containerInstance];
    return (await client.ecs('DescribeContainerInstances', { cluster, containerInstances })).containerInstances?.[0]
      ?.status;
  };
  const alive = (): number => [...agent.tasks.values()].filter((task) => task.status !== 'STOPPED').length;
  const running = (): number => [...agent.tasks.values()].filter((task) => task.status === 'RUNNING').length;
  const untilRunning = async (count: number): Promise<void> => {
    for (const end = Date.now() + 20_000; running() !== count; await sleep(20)) {
      assert.ok(Date.now() < end, `${running()} of ${count} tasks run`);
    }
  };

  it('outlasts tasks that were told to stop before, and services that would start others', async () => {
    await client.ecs('CreateService', { cluster, serviceName: 'web', taskDefinition: 'web', desiredCount: 2 });
    const { tasks = [] } = await client.ecs('RunTask', { cluster, taskDefinition: 'web' });
    await untilRunning(3);
    await client.ecs('StopTask', { cluster, task: tasks[0]?.taskArn ?? '' });
    await stopMachineTasks(dataDir, note, signal);
    assert.equal(alive(), 0);
    await sleep(300);
    assert.deepEqual(await listTasks(client, where), []);
    assert.equal(await status(), 'DRAINING');
  });

  it('is over with the next start: the services come back', async () => {
    await activateAgain(dataDir, client, where);
    assert.equal(await status(), 'ACTIVE');
    assert.doesNotMatch(await greetingOf(dataDir, note), /It is/);
    await untilRunning(2);
  });

  it('takes a machine back that it could not empty', async () => {
    const gone = new AbortController();
    setTimeout(() => gone.abort(), 50);
    await assert.rejects(stopMachineTasks(dataDir, note, gone.signal), { message: /takes tasks again/, exitCode: 130 });
    assert.equal(await status(), 'ACTIVE');
    assert.equal(existsSync(dataDir.drained), false);
  });

  it('leaves a machine drained that somebody else had drained', async () => {
    const containerInstances = [where.containerInstance];
    await client.ecs('UpdateContainerInstancesState', { cluster, containerInstances, status: 'DRAINING' });
    await stopMachineTasks(dataDir, note, signal);
    await activateAgain(dataDir, client, where);
    assert.equal(alive(), 0);
    assert.equal(await status(), 'DRAINING');
    // The next `up` says so, and how to end it: the machine would seem to have nothing to do.
    const said = await greetingOf(dataDir, note);
    const command =
      /It is DRAINING.*\n {2}oreno aws ecs (update-container-instances-state .* --status ACTIVE .*)\n/.exec(said);
    assert.ok(command?.[1]?.endsWith(where.containerInstance.split('/').at(-1) ?? ''), said);
  });
});
