import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { isNotFound } from '@oreno/engine';
import { startDockerEngine } from '../../../../test/support/docker-engine.ts';
import type { TestEngine } from '../../../../test/support/docker-engine.ts';
import { taskArnLabel } from '../../src/domain/labels.ts';
import { agentFolder } from '../support/agent-under-test.ts';
import type { AgentFolder } from '../support/agent-under-test.ts';
import { ScriptedControlPlane, testTask } from '../support/scripted-control-plane.ts';

describe('what is over is removed', () => {
  let docker: TestEngine;
  let folder: AgentFolder;
  const controlPlane = new ScriptedControlPlane();
  before(async () => {
    docker = await startDockerEngine();
    await controlPlane.start();
    folder = await agentFolder(controlPlane, docker.socket, docker.engine);
  });
  after(async () => {
    await folder.cleanUp();
    await controlPlane.stop();
    await docker.stop();
  });

  it('a stopped task goes with its containers and volumes once its end was taken', async () => {
    const agent = await folder.start({ cleanupWaitMs: 200 });
    const task = testTask(
      docker.image,
      { volumes: [{ name: 'v', host: {} }] },
      { command: ['true'], mountPoints: [{ sourceVolume: 'v', containerPath: '/v' }] },
    );
    let refuse = true;
    controlPlane.answers['SubmitTaskStateChange'] = () => {
      if (refuse) throw { code: 'ServerException', message: 'not yet' };
      return { acknowledgment: 'ok' };
    };
    await controlPlane.payload(task);
    await controlPlane.until(() => agent.state.tasks.get(task.arn)?.knownStatus === 'STOPPED', 'it stops');
    const volume = agent.state.tasks.get(task.arn)?.volumeNames['v'] ?? '';
    await new Promise((resolve) => setTimeout(resolve, 800));
    assert.ok(agent.state.tasks.has(task.arn));
    refuse = false;
    await controlPlane.reported(task.arn, 'STOPPED');
    await controlPlane.until(() => !agent.state.tasks.has(task.arn), 'it is removed');
    const left = await docker.engine.containers.list({
      all: true,
      filters: { label: [`${taskArnLabel}=${task.arn}`] },
    });
    assert.deepEqual(left, []);
    await assert.rejects(docker.engine.volumes.inspect(volume), isNotFound);
    await agent.stop();
  });
});
