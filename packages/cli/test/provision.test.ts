import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, it } from 'node:test';
import type { InstanceInfo } from '@oreno/lxd';
import { startFakeLxd } from '@oreno/lxd/fake';
import { startServer } from '@oreno/server';
import fc from 'fast-check';
import { openClient } from '../src/client.ts';
import { openDataDir, writeNote } from '../src/data-dir.ts';
import { decideProvision, joinsWithin, type ProvidedMachine } from '../src/instances/decide-provision.ts';
import { isLeftover } from '../src/instances/leftovers.ts';
import {
  agentEnvironment,
  chooseNames,
  cores,
  machineOf,
  memoryMiB,
  wayToServer,
} from '../src/instances/launch-plan.ts';
import { runEach } from '../src/instances/run-each.ts';
import { processStartTime } from '../src/processes.ts';

const now = 1_000_000_000;

describe('machines for a capacity provider', () => {
  it('come to be as many as are wanted, and only those go that may', () => {
    const machine = fc.record({
      joined: fc.boolean(),
      leaving: fc.constantFrom('no', 'emptying', 'ended'),
      age: fc.nat(2 * joinsWithin),
    });
    fc.assert(
      fc.property(fc.array(machine, { maxLength: 12 }), fc.nat(12), fc.nat(2), (list, desiredCapacity, coming) => {
        const machines: ProvidedMachine[] = list.map(({ joined, age }, index) => ({
          name: `m-${index}`,
          createdAt: now - age,
          containerInstanceArn: joined ? `arn-${index}` : undefined,
        }));
        const those = (what: string) =>
          new Set(list.flatMap(({ joined, leaving }, index) => (joined && leaving === what ? [`arn-${index}`] : [])));
        const busy = new Set(Array.from({ length: coming }, (_, index) => `new-${index}`));
        const ended = those('ended');
        const emptying = those('emptying');
        const decided = decideProvision({ desiredCapacity, ended, emptying, machines, busy }, now);
        const going = new Set(decided.ends);
        const staying = machines.filter(
          ({ name, containerInstanceArn = '' }) => !going.has(name) && !emptying.has(containerInstanceArn),
        );
        assert.equal(decided.launches, Math.max(0, desiredCapacity - staying.length - coming));
        for (const { name, containerInstanceArn, createdAt } of machines) {
          const mayGo =
            containerInstanceArn === undefined ? now - createdAt > joinsWithin : ended.has(containerInstanceArn);
          assert.equal(going.has(name), mayGo, name);
        }
      }),
    );
  });

  it('stay as they are where nothing is wanted of anybody', () => {
    const machines = [{ name: 'm-1', createdAt: 0 }];
    const nothing = { desiredCapacity: undefined, ended: new Set<string>(), emptying: new Set<string>(), machines };
    assert.deepEqual(decideProvision({ ...nothing, busy: new Set() }, now), { launches: 0, ends: [] });
  });

  it('never come for a capacity provider that nothing scales, and that is told', { timeout: 30_000 }, async (test) => {
    const fake = await startFakeLxd({ images: ['oreno-instance'] });
    const dataDir = openDataDir(await mkdtemp(join(tmpdir(), 'oreno-provide-')));
    const [account, region, cluster] = ['000000000000', 'us-east-1', 'default'];
    const listen = { host: '127.0.0.1', port: 0 };
    const server = await startServer({ listen, dataDir: dataDir.server, account, region, cluster, log: () => {} });
    const startTime = processStartTime(process.pid) ?? '';
    const note = { pid: process.pid, startTime, origin: server.origin, account, region };
    writeNote(dataDir, note);
    const autoScalingGroupProvider = { autoScalingGroupArn: 'metal' };
    await openClient(dataDir, note).ecs('CreateCapacityProvider', { name: 'metal', autoScalingGroupProvider });
    const oreno = join(import.meta.dirname, '../../../oreno');
    const where = ['--lxd', fake.socket, '--data-dir', dataDir.root];
    const stdio = ['ignore', 'ignore', 'pipe'] as const;
    const provider = spawn(oreno, ['instances', 'provide', '--capacity-provider', 'metal', ...where], {
      stdio: [...stdio],
    });
    test.after(async () => {
      provider.kill('SIGKILL');
      await fake.stop();
      await server.stop();
      await rm(dataDir.root, { recursive: true, force: true });
    });
    const lines: string[] = [];
    for await (const line of createInterface(provider.stderr)) {
      lines.push(line);
      if (line.includes('no machines are wanted')) provider.kill('SIGTERM');
    }
    assert.match(
      lines.join('\n'),
      /"capacityProvider":"metal".*no machines are wanted: no cluster has .*, or its managed scaling is off/,
    );
  });
});

describe('a machine that a launch left', () => {
  const created = '2026-01-01T00:00:00Z';
  const machineWith = (config: Record<string, string>) => ({ config, created_at: created }) as InstanceInfo;
  const later = Date.parse(created) + joinsWithin + 1;
  const launching = machineWith({ 'user.oreno.launching': 'true' });

  it('is one that nobody waits for, and never joined', () => {
    assert.equal(isLeftover({ machine: launching, containerInstance: undefined }, later), true);
    assert.equal(isLeftover({ machine: launching, containerInstance: undefined }, later - 2), false);
    assert.equal(isLeftover({ machine: launching, containerInstance: {} }, later), false);
    assert.equal(isLeftover({ machine: machineWith({}), containerInstance: undefined }, later), false);
  });
});

describe('a launch', () => {
  const request = {
    image: 'oreno-instance',
    cluster: 'default',
    region: 'us-east-1',
    endpoint: 'http://127.0.0.1:4566',
    throughHost: true,
    cpu: '2',
    memory: '1GiB',
    zone: 'us-east-1b',
    capacityProvider: 'cloud',
    attributes: { rack: '7' },
  };

  it('makes an unprivileged machine with a way to the server, and tells its agent who it is', () => {
    const { config, devices } = machineOf('web-1', request);
    assert.equal(config?.['security.nesting'], true);
    assert.equal(config?.['security.privileged'], undefined);
    assert.deepEqual(devices?.['oreno'], {
      type: 'proxy',
      bind: 'instance',
      listen: 'tcp:127.0.0.1:4566',
      connect: 'tcp:127.0.0.1:4566',
    });
    assert.equal(
      agentEnvironment('web-1', request),
      'ORENO_AGENT_OPTIONS=--endpoint=http://127.0.0.1:4566 --cluster=default --region=us-east-1 ' +
        '--availability-zone=us-east-1b --capacity-provider=cloud --attribute=rack=7 --attribute=oreno.lxd-name=web-1\n',
    );
    assert.equal(machineOf('web-1', { ...request, throughHost: false }).devices, undefined);
    assert.throws(() => agentEnvironment('web-1', { ...request, attributes: { a: 'b c' } }), /cannot have spaces/);
  });

  it('takes names that nobody has, and sizes as LXD writes them', () => {
    assert.deepEqual(chooseNames('web', 3, new Set(['web-2', 'web'])), ['web-1', 'web-3', 'web-4']);
    assert.throws(() => chooseNames('1 web', 1, new Set()), /letters, digits and hyphens/);
    assert.deepEqual([memoryMiB('2GiB'), memoryMiB('512MiB'), memoryMiB('1GB')], [2048, 512, 953]);
    assert.throws(() => memoryMiB('lots'), /like 2GiB/);
    assert.equal(cores('2'), 2);
    for (const text of ['0', '0.5', 'two']) assert.throws(() => cores(text), { exitCode: 2, message: /cores/ });
    assert.throws(() => wayToServer('server', 'http://127.0.0.1:4566'), {
      exitCode: 2,
      message: /like http:\/\/10\.0\.0\.1:4566/,
    });
  });

  it('lets work that is interrupted tidy up before the command ends', async () => {
    const tidied: string[] = [];
    // Those of the tests' runner would end all tests.
    const others = new Set(process.listeners('SIGINT'));
    const work = async (name: string, _index: number, _tell: unknown, signal: AbortSignal): Promise<never> => {
      const aborted = once(signal, 'abort');
      for (const listener of process.listeners('SIGINT')) if (!others.has(listener)) listener('SIGINT');
      await aborted;
      tidied.push(name);
      throw new Error('gone');
    };
    const running = runEach(['web-1'], work, 'silent');
    await assert.rejects(running, { exitCode: 130, message: 'web-1: interrupted' });
    assert.deepEqual(tidied, ['web-1']);
  });
});
