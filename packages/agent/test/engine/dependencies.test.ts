import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startDockerEngine } from '../../../../test/support/docker-engine.ts';
import type { TestEngine } from '../../../../test/support/docker-engine.ts';
import type { Agent } from '../../src/index.ts';
import { agentFolder } from '../support/agent-under-test.ts';
import type { AgentFolder } from '../support/agent-under-test.ts';
import { ScriptedControlPlane, testTask } from '../support/scripted-control-plane.ts';

describe('containers that depend on each other', () => {
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

  const container = (arn: string, name: string) => {
    const found = agent.state.tasks.get(arn)?.containers.find((one) => one.name === name);
    assert.ok(found);
    return found;
  };
  const healthcheck = (command: string) =>
    JSON.stringify({ Healthcheck: { Test: ['CMD-SHELL', command], Interval: 2e8, Timeout: 2e9, Retries: 2 } });

  it('wait for START, COMPLETE, SUCCESS and HEALTHY', async () => {
    const waits = (...conditions: readonly (readonly [string, string])[]) =>
      conditions.map(([containerName, condition]) => ({ containerName, condition }));
    const task = testTask(
      docker.image,
      {},
      {
        dependsOn: waits(['fails', 'COMPLETE'], ['prepares', 'SUCCESS'], ['serves', 'HEALTHY'], ['idles', 'START']),
      },
      { name: 'fails', essential: false, command: ['sh', '-c', 'sleep 0.3; exit 2'] },
      { name: 'prepares', essential: false, command: ['sleep', '0.5'] },
      {
        name: 'serves',
        command: ['sh', '-c', 'sleep 0.7; touch /ready; sleep 300'],
        healthCheckType: 'docker',
        dockerConfig: { config: healthcheck('test -e /ready') },
      },
      { name: 'idles' },
    );
    await controlPlane.payload(task);
    await controlPlane.reported(task.arn, 'RUNNING');
    const main = container(task.arn, 'main');
    for (const name of ['fails', 'prepares']) assert.ok(container(task.arn, name).finishedAt! <= main.createdAt!);
    assert.equal(container(task.arn, 'serves').health?.status, 'HEALTHY');
    assert.ok(container(task.arn, 'idles').startedAt! <= main.createdAt!);
    await controlPlane.payload({ ...task, desiredStatus: 'STOPPED' });
    await controlPlane.reported(task.arn, 'STOPPED');
    for (const name of ['serves', 'idles']) assert.ok(main.startedAt! <= container(task.arn, name).finishedAt!);
  });

  it('stop in the reverse order', async () => {
    const slow = ['sh', '-c', 'trap "sleep 0.6; exit 0" TERM; while :; do sleep 0.05; done'];
    const task = testTask(
      docker.image,
      {},
      { command: slow, stopTimeout: 10 },
      { name: 'middle', command: slow, stopTimeout: 10, dependsOn: [{ containerName: 'main', condition: 'START' }] },
      { name: 'last', command: slow, stopTimeout: 10, links: ['middle:m'] },
    );
    await controlPlane.payload(task);
    await controlPlane.reported(task.arn, 'RUNNING');
    await controlPlane.payload({ ...task, desiredStatus: 'STOPPED' });
    await controlPlane.reported(task.arn, 'STOPPED');
    const [main, middle, last] = ['main', 'middle', 'last'].map((name) => container(task.arn, name).finishedAt ?? 0);
    assert.ok(last! < middle! && middle! < main!);
    assert.deepEqual(
      ['main', 'middle', 'last'].map((name) => container(task.arn, name).exitCode),
      [0, 0, 0],
    );
  });

  it('end the task when what they need can never be', async () => {
    const unsuccessful = testTask(
      docker.image,
      {},
      { dependsOn: [{ containerName: 'init', condition: 'SUCCESS' }] },
      { name: 'init', essential: false, command: ['sh', '-c', 'exit 6'] },
    );
    const unhealthy = testTask(
      docker.image,
      {},
      { dependsOn: [{ containerName: 'never', condition: 'HEALTHY' }] },
      {
        name: 'never',
        startTimeout: 2,
        healthCheckType: 'docker',
        dockerConfig: { config: healthcheck('false') },
      },
    );
    const circle = testTask(
      docker.image,
      {},
      { dependsOn: [{ containerName: 'other', condition: 'START' }] },
      { name: 'other', dependsOn: [{ containerName: 'main', condition: 'START' }] },
    );
    await controlPlane.payload(unsuccessful, unhealthy, circle);
    for (const { arn } of [unsuccessful, unhealthy, circle]) await controlPlane.reported(arn, 'STOPPED');
    assert.match(container(unsuccessful.arn, 'main').reason ?? '', /init did not exit successfully/);
    assert.match(container(unhealthy.arn, 'main').reason ?? '', /never timed out after 2 seconds/);
    assert.equal(container(unhealthy.arn, 'never').exitCode, 137);
    const { reason } = await controlPlane.reported(circle.arn, 'STOPPED');
    assert.equal(reason, `Task dependencies cannot be resolved, taskArn: ${circle.arn}`);
  });
});
