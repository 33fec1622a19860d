import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startDockerEngine } from '../../../../test/support/docker-engine.ts';
import type { TestEngine } from '../../../../test/support/docker-engine.ts';
import { taskArnLabel } from '../../src/domain/labels.ts';
import { agentFolder } from '../support/agent-under-test.ts';
import type { AgentFolder } from '../support/agent-under-test.ts';
import { ScriptedControlPlane, testTask } from '../support/scripted-control-plane.ts';

const containersOf = (docker: TestEngine, arn: string) =>
  docker.engine.containers.list({ all: true, filters: { label: [`${taskArnLabel}=${arn}`] } });

describe('an agent that is started again', () => {
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

  it('is the same instance, finds what runs, tells what ended meanwhile, and says nothing twice', async () => {
    const first = await folder.start();
    const stays = testTask(docker.image);
    const ends = testTask(docker.image, {}, { command: ['sh', '-c', 'sleep 1.5; exit 4'] });
    await controlPlane.payload(stays, ends);
    await controlPlane.reported(stays.arn, 'RUNNING');
    await controlPlane.reported(ends.arn, 'RUNNING');
    await first.stop();
    const [running] = await containersOf(docker, stays.arn);
    assert.equal(running?.State, 'running');
    await sleep(2000);
    const said = controlPlane.submitted.filter(({ task }) => task === stays.arn).length;
    const second = await folder.start();
    assert.equal(second.containerInstanceArn, first.containerInstanceArn);
    await controlPlane.reported(ends.arn, 'STOPPED');
    assert.equal(controlPlane.container(ends.arn, 'main').exitCode, 4);
    await controlPlane.until(() => controlPlane.connected, 'it connects');
    assert.equal(controlPlane.handshakes.at(-1)?.searchParams.get('sendCredentials'), 'true');
    assert.equal(controlPlane.submitted.filter(({ task }) => task === stays.arn).length, said);
    assert.deepEqual(
      (await containersOf(docker, stays.arn)).map(({ Id }) => Id),
      [running.Id],
    );
    await controlPlane.payload({ ...stays, desiredStatus: 'STOPPED' });
    await controlPlane.reported(stays.arn, 'STOPPED');
    await second.stop();
  });

  it('takes up its containers when its state is lost, and completes them with the payload', async () => {
    const first = await folder.start();
    const task = testTask(docker.image, {}, { stopTimeout: 1 });
    await controlPlane.payload(task);
    await controlPlane.reported(task.arn, 'RUNNING');
    await first.stop();
    await rm(join(folder.dataDir, 'agent-state.ndjson'));
    const [before] = await containersOf(docker, task.arn);
    const second = await folder.start();
    assert.equal(second.containerInstanceArn, first.containerInstanceArn);
    assert.equal(second.state.tasks.get(task.arn)?.knownStatus, 'RUNNING');
    await controlPlane.payload(task);
    await controlPlane.until(() => !second.state.tasks.get(task.arn)?.adopted, 'the payload completes the task');
    assert.deepEqual(second.state.tasks.get(task.arn)?.containers[0]?.definition.command, ['sleep', '300']);
    assert.deepEqual(
      (await containersOf(docker, task.arn)).map(({ Id }) => Id),
      [before?.Id],
    );
    await controlPlane.payload({ ...task, desiredStatus: 'STOPPED' });
    await controlPlane.until(() => second.state.tasks.get(task.arn)?.knownStatus === 'STOPPED', 'it stops');
    await second.stop();
  });

  it('removes the containers of an instance that the control plane has forgotten', async () => {
    const first = await folder.start();
    const task = testTask(docker.image);
    await controlPlane.payload(task);
    await controlPlane.reported(task.arn, 'RUNNING');
    await first.stop();
    await rm(join(folder.dataDir, 'agent-state.ndjson'));
    controlPlane.answers['RegisterContainerInstance'] = (input) => {
      if (input['containerInstanceArn'] !== undefined)
        throw { code: 'InvalidParameterException', message: 'no such container instance' };
      const containerInstanceArn = 'arn:aws:ecs:us-east-1:000000000000:container-instance/lab/new';
      return { containerInstance: { containerInstanceArn, attributes: input['attributes'] } };
    };
    const second = await folder.start();
    delete controlPlane.answers['RegisterContainerInstance'];
    assert.match(second.containerInstanceArn, /new$/);
    assert.deepEqual(await containersOf(docker, task.arn), []);
    await second.stop();
  });

  it('tells in order what nobody took while the control plane was away', async () => {
    const agent = await folder.start();
    const task = testTask(docker.image, {}, { command: ['sh', '-c', 'sleep 1; exit 8'] });
    let away = 3;
    controlPlane.answers['SubmitTaskStateChange'] = () => {
      away -= 1;
      if (away >= 0) throw { code: away === 0 ? 'ClientException' : 'ServerException', message: 'away' };
      return { acknowledgment: 'ok' };
    };
    await controlPlane.payload(task);
    await controlPlane.reported(task.arn, 'STOPPED');
    delete controlPlane.answers['SubmitTaskStateChange'];
    const statuses = controlPlane.submitted.filter((report) => report.task === task.arn).map(({ status }) => status);
    assert.deepEqual(statuses, ['RUNNING', 'STOPPED']);
    await agent.stop();
  });

  it('connects again to a control plane that was killed, and takes an unacknowledged payload once', async () => {
    const agent = await folder.start();
    const task = testTask(docker.image);
    await controlPlane.payload(task);
    await controlPlane.reported(task.arn, 'RUNNING');
    await controlPlane.stop();
    await sleep(300);
    await controlPlane.start();
    await controlPlane.payload(task, { ...testTask(docker.image), ...task, desiredStatus: 'STOPPED' });
    await controlPlane.reported(task.arn, 'STOPPED');
    assert.equal((await containersOf(docker, task.arn)).length, 1);
    assert.equal(controlPlane.handshakes.at(-1)?.searchParams.get('sendCredentials'), 'false');
    await agent.stop();
  });

  it('keeps to its own containers beside another agent, and lets no other use its folder', async () => {
    const other = await agentFolder(controlPlane, docker.socket, docker.engine);
    const first = await folder.start();
    await assert.rejects(folder.start(), /in use/);
    const task = testTask(docker.image);
    await controlPlane.payload(task);
    await controlPlane.reported(task.arn, 'RUNNING');
    await first.stop();
    const stranger = await other.start();
    assert.notEqual(stranger.containerInstanceArn, first.containerInstanceArn);
    assert.equal(stranger.state.tasks.size, 0);
    assert.equal((await containersOf(docker, task.arn))[0]?.State, 'running');
    await other.cleanUp();
    await assert.rejects(folder.start({ cluster: 'another' }), /belongs to a container instance of cluster lab/);
    const again = await folder.start();
    await again.stopTasks();
    assert.equal((await containersOf(docker, task.arn))[0]?.State, 'exited');
    await again.stop();
  });
});

for (const liveRestore of [false, true]) {
  describe(`an engine that is killed, ${liveRestore ? 'with' : 'without'} live restore`, () => {
    it('loses and doubles nothing', { timeout: 120_000 }, async (t) => {
      const docker = await startDockerEngine({ private: true, liveRestore });
      const controlPlane = new ScriptedControlPlane();
      await controlPlane.start();
      const folder = await agentFolder(controlPlane, docker.socket, docker.engine);
      t.after(async () => {
        await folder.cleanUp();
        await controlPlane.stop();
        await docker.stop();
      });
      const agent = await folder.start();
      // The host's network: a bridge is not what this is about.
      const dockerConfig = { hostConfig: '{"NetworkMode":"host"}' };
      const before = testTask(docker.image, { networkMode: 'host' }, { dockerConfig });
      await controlPlane.payload(before);
      await controlPlane.reported(before.arn, 'RUNNING');
      const during = testTask(docker.image, { networkMode: 'host' }, { dockerConfig });
      await controlPlane.payload(during);
      await docker.kill();
      await docker.restart();
      await controlPlane.reported(during.arn, 'RUNNING');
      for (const { arn } of [before, during]) assert.equal((await containersOf(docker, arn)).length, 1);
      if (liveRestore) {
        assert.equal(agent.state.tasks.get(before.arn)?.knownStatus, 'RUNNING');
        await controlPlane.payload({ ...before, desiredStatus: 'STOPPED' });
      }
      const { containers } = await controlPlane.reported(before.arn, 'STOPPED');
      assert.equal(containers?.[0]?.status, 'STOPPED');
      await controlPlane.payload({ ...during, desiredStatus: 'STOPPED' });
      await controlPlane.reported(during.arn, 'STOPPED');
    });
  });
}
