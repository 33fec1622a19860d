import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startDockerEngine } from '../../../../test/support/docker-engine.ts';
import type { TestEngine } from '../../../../test/support/docker-engine.ts';
import type { Agent } from '../../src/index.ts';
import { pauseElf } from '../../src/images/pause-elf.ts';
import { agentFolder } from '../support/agent-under-test.ts';
import type { AgentFolder } from '../support/agent-under-test.ts';
import { pageOf } from '../support/page.ts';
import { ScriptedControlPlane, testTask } from '../support/scripted-control-plane.ts';

describe('networks and namespaces of tasks', () => {
  let docker: TestEngine;
  let folder: AgentFolder;
  let agent: Agent;
  const controlPlane = new ScriptedControlPlane();
  before(async () => {
    docker = await startDockerEngine();
    await controlPlane.start();
    folder = await agentFolder(controlPlane, docker.socket, docker.engine);
    agent = await folder.start();
  });
  after(async () => {
    await folder.cleanUp();
    await controlPlane.stop();
    await docker.stop();
  });

  const container = (arn: string, name: string) =>
    agent.state.tasks.get(arn)?.containers.find((one) => one.name === name);
  const pauseOf = (arn: string) => agent.state.tasks.get(arn)?.containers.find(({ type }) => type === 'CNI_PAUSE');
  const runIn = async (arn: string, name: string, ...command: readonly string[]) => {
    const result = await docker.engine.exec(container(arn, name)?.dockerId ?? '', command);
    return result.stdout.toString().trim();
  };
  const stop = async (...arns: readonly string[]) => {
    await controlPlane.payload(
      ...arns.map((arn) => ({ arn, family: 'test', version: '1', desiredStatus: 'STOPPED' as const })),
    );
    for (const arn of arns) await controlPlane.reported(arn, 'STOPPED');
  };

  it('awsvpc: two tasks listen on port 80 side by side, containers of one task share the network', async () => {
    const serve = (text: string) => [
      { command: ['sh', '-c', `echo ${text} > /tmp/index.html; httpd -f -p 80 -h /tmp`] },
      { name: 'sidecar' },
    ];
    const tasks = ['one', 'two'].map((text) => testTask(docker.image, { networkMode: 'awsvpc' }, ...serve(text)));
    const [one, two] = tasks;
    assert.ok(one && two);
    await controlPlane.payload(...tasks);
    for (const { arn } of tasks) await controlPlane.reported(arn, 'RUNNING');
    const addresses = tasks.map(({ arn }) => pauseOf(arn)?.networks[0]?.ipv4Addresses[0]);
    assert.notEqual(addresses[0], addresses[1]);
    assert.equal(await pageOf(`http://${addresses[0]}/`), 'one\n');
    assert.equal(await pageOf(`http://${addresses[1]}/`), 'two\n');
    assert.equal(await runIn(one.arn, 'sidecar', 'wget', '-qO-', 'http://127.0.0.1/'), 'one');
    assert.equal(await runIn(one.arn, 'sidecar', 'wget', '-qO-', `http://${addresses[1]}/`), 'two');
    const told = controlPlane.submitted
      .filter(({ task }) => task === one.arn)
      .flatMap(({ containers = [] }) => containers);
    assert.deepEqual([...new Set(told.map(({ containerName }) => containerName))].toSorted(), ['main', 'sidecar']);
    assert.deepEqual(told[0]?.networkBindings, [{ bindIP: addresses[0] }]);
    await stop(one.arn, two.arn);
    assert.equal(pauseOf(one.arn)?.exitCode, 0);
  });

  it('awsvpc: an interface of the payload gets its address, and is told ATTACHED before RUNNING', async () => {
    const attachmentArn = 'arn:aws:ecs:us-east-1:000000000000:attachment/1';
    const third = 100 + Math.floor(Math.random() * 100);
    const task = testTask(docker.image, {
      networkMode: 'awsvpc',
      elasticNetworkInterfaces: [
        {
          ec2Id: 'eni-1',
          macAddress: '02:42:0a:d7:00:63',
          attachmentArn,
          ipv4Addresses: [{ primary: true, privateAddress: `10.215.${third}.99` }],
          subnetGatewayIpv4Address: `10.215.${third}.1/24`,
        },
      ],
    });
    await controlPlane.payload(task);
    await controlPlane.reported(task.arn, 'RUNNING');
    const own = controlPlane.submitted.filter((report) => report.task === task.arn);
    const attached = own.findIndex(({ attachments }) => attachments?.[0]?.attachmentArn === attachmentArn);
    assert.ok(attached !== -1 && attached < own.findIndex(({ status }) => status === 'RUNNING'));
    const network = pauseOf(task.arn)?.networks[0];
    assert.deepEqual(
      [network?.ipv4Addresses, network?.macAddress, network?.subnetGatewayIpv4Address],
      [[`10.215.${third}.99`], '02:42:0a:d7:00:63', `10.215.${third}.1/24`],
    );
    assert.match(await runIn(task.arn, 'main', 'ip', '-4', 'address'), new RegExp(`10\\.215\\.${third}\\.99/24`));
    await stop(task.arn);
  });

  it('host and none', async () => {
    const host = testTask(
      docker.image,
      { networkMode: 'host' },
      { dockerConfig: { hostConfig: '{"NetworkMode":"host"}' } },
    );
    const none = testTask(
      docker.image,
      { networkMode: 'none' },
      { dockerConfig: { hostConfig: '{"NetworkMode":"none"}' } },
    );
    await controlPlane.payload(host, none);
    await controlPlane.reported(host.arn, 'RUNNING');
    await controlPlane.reported(none.arn, 'RUNNING');
    assert.equal((await runIn(none.arn, 'main', 'ls', '/sys/class/net')).trim(), 'lo');
    assert.notEqual((await runIn(host.arn, 'main', 'ls', '/sys/class/net')).trim(), 'lo');
    await stop(host.arn, none.arn);
  });

  it('links lead to the other container by its name and its alias', async () => {
    const task = testTask(
      docker.image,
      {},
      { links: ['db:database', 'db'] },
      { name: 'db', command: ['sh', '-c', 'echo data > /tmp/index.html; httpd -f -p 80 -h /tmp'] },
    );
    await controlPlane.payload(task);
    await controlPlane.reported(task.arn, 'RUNNING');
    const untilItListens = 'until wget -qO- http://database/; do sleep 0.05; done';
    assert.equal(await runIn(task.arn, 'main', 'sh', '-c', untilItListens), 'data');
    assert.equal(await runIn(task.arn, 'main', 'wget', '-qO-', 'http://db/'), 'data');
    await stop(task.arn);
  });

  it('pidMode and ipcMode of the task: one namespace for all its containers', async () => {
    const task = testTask(
      docker.image,
      { pidMode: 'task', ipcMode: 'task' },
      { command: ['sleep', '4711'] },
      { name: 'looks' },
    );
    await controlPlane.payload(task);
    await controlPlane.reported(task.arn, 'RUNNING');
    assert.match(await runIn(task.arn, 'looks', 'ps'), /^ +1 \S+ +\/pause$[\s\S]*sleep 4711/m);
    const ipc = await Promise.all(
      ['main', 'looks'].map((name) => runIn(task.arn, name, 'readlink', '/proc/self/ns/ipc')),
    );
    assert.equal(ipc[0], ipc[1]);
    await stop(task.arn);
  });

  it('the pause program is an ELF file of a few hundred bytes for both architectures', () => {
    for (const architecture of ['x86_64', 'arm64'] as const) {
      const elf = pauseElf(architecture);
      assert.equal(elf.subarray(0, 4).toString('latin1'), '\x7fELF');
      assert.ok(elf.length < 300);
    }
    // svc #0, and exit's number in x8.
    const words = new Uint32Array(pauseElf('arm64').buffer.slice(0));
    assert.ok(words.includes(0xd4000001) && words.includes(0xd2800ba8));
  });
});
