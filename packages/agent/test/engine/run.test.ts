import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startDockerEngine } from '../../../../test/support/docker-engine.ts';
import type { TestEngine } from '../../../../test/support/docker-engine.ts';
import { agentFolder } from '../support/agent-under-test.ts';
import type { AgentFolder } from '../support/agent-under-test.ts';
import { ScriptedControlPlane, testTask } from '../support/scripted-control-plane.ts';

describe('an agent runs tasks on a real engine', () => {
  let docker: TestEngine;
  let folder: AgentFolder;
  const controlPlane = new ScriptedControlPlane();
  before(async () => {
    docker = await startDockerEngine();
    await controlPlane.start();
    folder = await agentFolder(controlPlane, docker.socket, docker.engine);
    await folder.start();
  });
  after(async () => {
    await folder.cleanUp();
    await controlPlane.stop();
    await docker.stop();
  });

  it('acknowledges, runs, and tells exit codes', async () => {
    const task = testTask(docker.image, {}, { command: ['sh', '-c', 'exit 3'] });
    const messageId = await controlPlane.payload(task);
    const stopped = await controlPlane.reported(task.arn, 'STOPPED');
    await controlPlane.reported(task.arn, 'RUNNING');
    assert.equal(controlPlane.container(task.arn, 'main').exitCode, 3);
    assert.ok(stopped.executionStoppedAt);
    const ack = controlPlane.frames.find(
      ({ type, message }) => type === 'AckRequest' && message['messageId'] === messageId,
    );
    assert.ok(ack);
  });
});
