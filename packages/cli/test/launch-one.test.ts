import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { connect, LxdError, type Instance, type Lxd } from '@oreno/lxd';
import { startFakeLxd } from '@oreno/lxd/fake';
import type { Client } from '../src/client.ts';
import { launchOne, type LaunchTools } from '../src/instances/launch-one.ts';

const request = {
  image: 'oreno-instance',
  cluster: 'default',
  region: 'us-east-1',
  endpoint: 'http://127.0.0.1:4566',
  throughHost: true,
  zone: 'us-east-1a',
};

const attributes = [{ name: 'oreno.lxd-name', value: 'web-1' }];

type Answers = Readonly<Record<string, (input: object) => unknown>>;

/** Servers to launch at: LXD, whose instances are also as `change` has them, and one that answers of ECS as is told. */
const start = async (test: TestContext, change: (machine: Instance) => Partial<Instance> = () => ({})) => {
  const fake = await startFakeLxd({ images: [request.image] });
  const lxd = await connect({ socket: fake.socket });
  const server = createServer((_, response) => response.end('{}')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  test.after(async () => {
    lxd.close();
    await fake.stop();
    server.close();
  });
  // The instances of the fake are of any image: that of the container instances has the folder.
  const instance: Lxd['instance'] = (...about) => {
    const machine = lxd.instance(...about);
    const write: typeof machine.files.write = async (...file) => {
      await machine.files.makeDirectory('/etc/oreno');
      return machine.files.write(...file);
    };
    return { ...machine, files: { ...machine.files, write }, ...change(machine) };
  };
  const toolsOf = (answers: Answers, signal: AbortSignal): LaunchTools => ({
    lxd: { ...lxd, instance },
    client: { ecs: async (operation: string, input: object) => answers[operation]?.(input) } as unknown as Client,
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    timeout: 10_000,
    signal,
  });
  return { fake, toolsOf };
};

/** A cluster with these container instances. */
const clusterOf = (known: () => readonly { readonly containerInstanceArn: string }[]): Answers => ({
  DescribeClusters: () => ({ clusters: [{ status: 'ACTIVE' }] }),
  ListContainerInstances: (input) =>
    'status' in input && input.status === 'ACTIVE'
      ? { containerInstanceArns: known().map(({ containerInstanceArn }) => containerInstanceArn) }
      : {},
  DescribeContainerInstances: () => ({ containerInstances: known() }),
});

describe('a launch', () => {
  it('that is interrupted once its agent has joined leaves neither the machine nor its container instance', async (test) => {
    const { fake, toolsOf } = await start(test);
    const stopping = new AbortController();
    const known = [
      { containerInstanceArn: 'of-an-earlier-machine', attributes, registeredAt: Date.now() - 60_000 },
      { containerInstanceArn: 'of-another', attributes: [{ name: 'oreno.lxd-name', value: 'web-2' }] },
    ];
    const deregistered: unknown[] = [];
    const answers: Answers = {
      ...clusterOf(() => known),
      DescribeContainerInstances: () => {
        // Its agent registers, and before it is connected somebody stops the command.
        if (!stopping.signal.aborted) {
          known.push({ containerInstanceArn: 'of-this-launch', attributes, registeredAt: Date.now() });
          stopping.abort(new Error('interrupted'));
        }
        return { containerInstances: known };
      },
      DeregisterContainerInstance: (input) => {
        deregistered.push([fake.instance('web-1'), input]);
        return {};
      },
    };
    await assert.rejects(
      launchOne(toolsOf(answers, stopping.signal), 'web-1', request, () => {}),
      /interrupted|aborted/,
    );
    assert.equal(fake.instance('web-1'), undefined);
    const its = { cluster: 'default', containerInstance: 'of-this-launch', force: true };
    assert.deepEqual(deregistered, [[undefined, its]], 'after the end of the machine, and no other one');
  });

  it('is done once its agent has joined, and the machine stays whatever comes then: it may run tasks', async (test) => {
    const { fake, toolsOf } = await start(test, () => ({
      update: () => Promise.reject(new LxdError('it is changed by somebody else')),
    }));
    const joined = { containerInstanceArn: 'of-this-launch', attributes, status: 'ACTIVE', agentConnected: true };
    const tools = toolsOf(
      clusterOf(() => [joined]),
      new AbortController().signal,
    );
    assert.equal(await launchOne(tools, 'web-1', request, () => {}), 'of-this-launch');
    assert.notEqual(fake.instance('web-1'), undefined);
  });
});
