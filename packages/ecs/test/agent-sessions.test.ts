import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import type { ecs } from '@oreno/aws-wire';
import { openCredentialDesk } from '../src/agents/credential-desk.ts';
import type { AgentSessionsOptions } from '../src/agents/index.ts';
import { definitionRecord, instanceRecord, taskRecord } from './support/agent-records.ts';
import type { AgentServer } from './support/agent-server.ts';
import { openAgentServer, until } from './support/agent-server.ts';
import type { ReceivedMessage, ReceivedTask } from './support/simulated-agent.ts';

const definition = definitionRecord({ containerDefinitions: [{ name: 'main', image: 'bb:1' }] });

let server: AgentServer | undefined;

const open = async (options: Partial<AgentSessionsOptions> = {}): Promise<AgentServer> => {
  server = await openAgentServer(options);
  await server.write({ definition });
  return server;
};

afterEach(async () => {
  await server?.close();
  server = undefined;
});

/** Collects what an agent is sent. */
const recorder = () => {
  const messages: ReceivedMessage[] = [];
  const of = (type: string) => messages.filter((message) => message.type === type).map(({ message }) => message);
  return {
    onMessage: (message: ReceivedMessage) => void messages.push(message),
    of,
    tasks: () => of('PayloadMessage').flatMap((message) => message['tasks'] as readonly ReceivedTask[]),
  };
};

describe('ACS', () => {
  it('delivers a task, takes its acknowledgement and its reports', async () => {
    const { write, agent, task } = await open();
    await agent({ runsFor: 5 }).connect();
    const written = taskRecord(definition);
    await write({ tasks: [written] });
    await until(async () => (await task(written.taskId)).lastStatus === 'STOPPED');
    const record = await task(written.taskId);
    assert.equal(record.acknowledged, 'RUNNING');
    assert.equal(record.containers[0]?.exitCode, 0);
  });

  it('delivers what was placed while the agent was away, and nothing twice', async () => {
    const { write, agent, task } = await open();
    const seen = recorder();
    await write({ tasks: [1, 2, 3].map((number) => taskRecord(definition, number)) });
    const first = agent({ onMessage: seen.onMessage });
    await first.connect();
    await until(async () => (await task(taskRecord(definition, 3).taskId)).acknowledged === 'RUNNING');
    first.disconnect();
    await first.connect();
    await until(() => seen.of('TaskManifestMessage').length === 2);
    assert.equal(seen.tasks().length, 3);
    assert.equal(seen.of('PayloadMessage').length, 1);
    assert.equal(seen.of('PayloadMessage')[0]?.['seqNum'], undefined);
  });

  it('orders a stop, also of a task that the agent never saw', async () => {
    const { write, agent, task } = await open();
    const seen = recorder();
    const [running, unseen] = [taskRecord(definition, 1), taskRecord(definition, 2, { desiredStatus: 'STOPPED' })];
    await write({ tasks: [running] });
    await agent({ onMessage: seen.onMessage }).connect();
    await until(async () => (await task(running.taskId)).lastStatus === 'RUNNING');
    await write({ tasks: [{ ...(await task(running.taskId)), desiredStatus: 'STOPPED' }, unseen] });
    for (const { taskId } of [running, unseen]) {
      await until(async () => (await task(taskId)).lastStatus === 'STOPPED');
    }
    await until(async () => (await task(running.taskId)).acknowledged === 'STOPPED');
    assert.deepEqual(
      seen.tasks().map(({ desiredStatus }) => desiredStatus),
      ['RUNNING', 'STOPPED', 'STOPPED'],
    );
  });

  it('counts a task as delivered that the agent could not read, and repeats its companions alone', async () => {
    let now = Date.now();
    const { write, agent, task } = await open({ now: () => now });
    const seen = recorder();
    const [bad, good] = [taskRecord(definition, 1), taskRecord(definition, 2)];
    await write({ tasks: [bad, good] });
    await agent({ onMessage: seen.onMessage, takes: (each) => each.arn !== bad.taskArn }).connect();
    await until(async () => (await task(bad.taskId)).lastStatus === 'STOPPED');
    await until(async () => (await task(good.taskId)).lastStatus === 'RUNNING');
    assert.equal((await task(good.taskId)).acknowledged, undefined);
    now += 11_000;
    await until(async () => (await task(good.taskId)).acknowledged === 'RUNNING');
    assert.deepEqual(
      seen.of('PayloadMessage').map((message) => (message['tasks'] as readonly ReceivedTask[]).map(({ arn }) => arn)),
      [[bad.taskArn, good.taskArn], [good.taskArn]],
    );
  });

  it('stops a task that it cannot send, with the reason', async () => {
    const { write, agent, task } = await open();
    const secret = definitionRecord(
      { containerDefinitions: [{ name: 'a', image: 'i', secrets: [{ name: 'S', valueFrom: 'p' }] }] },
      { family: 'secret' },
    );
    await write({ definition: secret });
    await agent().connect();
    const written = taskRecord(secret);
    await write({ tasks: [written] });
    await until(async () => (await task(written.taskId)).lastStatus === 'STOPPED');
    const record = await task(written.taskId);
    assert.equal(record.stopCode, 'TaskFailedToStart');
    assert.match(record.stoppedReason ?? '', /^ResourceInitializationError: unable to pull secrets/);
  });

  it('keeps the newest socket of an instance', async () => {
    const { agent, instance } = await open();
    const [older, newer] = [agent(), agent()];
    await older.connect();
    const closed = new Promise<number>((resolve) => older.acsSocket?.once('close', resolve));
    await newer.connect();
    assert.equal(await closed, 4000);
    await until(async () => (await instance()).agentConnected);
    assert.equal(newer.acsSocket?.readyState, newer.acsSocket?.OPEN);
  });

  it('gives way to a newer session on another server', async () => {
    const { agent, instance, write } = await open({ disconnectGrace: 50 });
    const simulated = agent();
    await simulated.connect();
    await until(async () => (await instance()).agentConnected);
    const closed = new Promise<number>((resolve) => simulated.acsSocket?.once('close', resolve));
    await write({ instance: { ...(await instance()), agentSessionId: 'on another server' } });
    assert.equal(await closed, 4000);
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal((await instance()).agentConnected, true);
  });

  it('writes agentConnected and the versions, and false only after the grace', async () => {
    const { agent, instance } = await open({ disconnectGrace: 150 });
    const simulated = agent({ agentVersion: '1.72.0' });
    await simulated.connect();
    await until(async () => (await instance()).agentConnected);
    assert.deepEqual((await instance()).versionInfo, {
      agentVersion: '1.72.0',
      agentHash: 'simulated',
      dockerVersion: 'DockerVersion: 20.10.24+dfsg1',
    });
    simulated.disconnect();
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal((await instance()).agentConnected, true);
    await simulated.connect();
    await new Promise((resolve) => setTimeout(resolve, 250));
    assert.equal((await instance()).agentConnected, true);
    simulated.disconnect();
    await until(async () => !(await instance()).agentConnected);
  });

  it('lets agents come back to a restarted server without a flap', async () => {
    const { agent, instance, restart } = await open({ disconnectGrace: 100 });
    const simulated = agent();
    await simulated.connect();
    await until(async () => (await instance()).agentConnected);
    const { agentConnectedAt } = await instance();
    const closed = new Promise<number>((resolve) => simulated.acsSocket?.once('close', resolve));
    await restart();
    assert.equal(await closed, 1001);
    assert.equal((await instance()).agentConnected, true);
    await simulated.connect();
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.equal((await instance()).agentConnected, true);
    assert.equal((await instance()).agentConnectedAt, agentConnectedAt);
    simulated.disconnect();
    await restart();
    await until(async () => !(await instance()).agentConnected);
  });

  it('ends the session of a deregistered instance and refuses the next one in words that agents know', async () => {
    const { agent, write, instance } = await open();
    const simulated = agent();
    await simulated.connect();
    await until(async () => (await instance()).agentConnected);
    const closed = new Promise<number>((resolve) => simulated.acsSocket?.once('close', resolve));
    await write({ instance: { ...(await instance()), status: 'INACTIVE' } });
    assert.equal(await closed, 1000);
    await assert.rejects(
      simulated.connect(),
      /400 \{"InactiveInstanceException":"Container instance is deregistered\."\}/,
    );
  });

  it('refuses who is not there or not known', async () => {
    const { agent } = await open();
    const credentials = { accessKeyId: 'AKIDOTHER', secretAccessKey: 'x' };
    await assert.rejects(agent({ credentials }).connect(), /403 \{"AccessDeniedException"/);
    await assert.rejects(
      agent({ cluster: 'nowhere', containerInstanceArn: 'c'.repeat(32) }).connect(),
      /InvalidCluster/,
    );
    await assert.rejects(agent({ cluster: 'a b' }).connect(), /400 \{"BadRequestException"/);
    await assert.rejects(agent({ containerInstanceArn: '' }).connect(), /400 \{"BadRequestException"/);
  });

  it('survives whatever it is sent', async () => {
    const { agent, logged, write, task } = await open();
    const simulated = agent();
    await simulated.connect();
    const frames: readonly (string | Buffer)[] = [
      'garbage',
      '{"type":5}',
      '[]',
      '{"type":"AckRequest","message":[1]}',
      '{"type":"AckRequest","message":{"messageId":{}}}',
      '{"type":"TaskStopVerificationMessage","message":{"stopCandidates":[1,{"taskArn":5},{"taskArn":"arn:::::/daemon"}]}}',
      '{"type":"IAMRoleCredentialsAckRequest"}',
      '{"type":"constructor","message":{}}',
      Buffer.from([0, 1, 2]),
    ];
    for (const frame of frames) simulated.acsSocket?.send(frame);
    const written = taskRecord(definition);
    await write({ tasks: [written] });
    await until(async () => (await task(written.taskId)).lastStatus === 'RUNNING');
    assert.ok(logged.some(({ message }) => message === 'container agent sent a frame that is not JSON'));
    assert.deepEqual(
      logged.filter(({ level }) => level === 'error'),
      [],
    );
    const closed = new Promise<number>((resolve) => simulated.acsSocket?.once('close', resolve));
    simulated.acsSocket?.send(Buffer.alloc(5 * 1024 * 1024, 'x').toString());
    assert.notEqual(await closed, 1000);
    await simulated.connect();
  });
});

describe('credentials over ACS', () => {
  const withRoles = definitionRecord(
    { taskRoleArn: 'arn:aws:iam::111122223333:role/app', containerDefinitions: [{ name: 'main', image: 'bb:1' }] },
    { family: 'roles' },
  );

  it('travel with the payload, and again to a new process of the agent', async () => {
    const { write, agent, task } = await open();
    await write({ definition: withRoles });
    const seen = recorder();
    const simulated = agent({ onMessage: seen.onMessage });
    await simulated.connect();
    const written = taskRecord(withRoles);
    await write({ tasks: [written] });
    await until(async () => (await task(written.taskId)).lastStatus === 'RUNNING');
    const sent = seen.tasks()[0]?.['roleCredentials'] as { credentialsId: string };
    assert.equal(sent.credentialsId, written.credentialsId);

    simulated.disconnect();
    await simulated.connect();
    await until(() => seen.of('TaskManifestMessage').length === 2);
    assert.equal(seen.of('IAMRoleCredentialsMessage').length, 0);

    simulated.disconnect();
    simulated.forgetCredentials();
    await simulated.connect();
    await until(() => seen.of('TaskManifestMessage').length === 3);
    const [renewed] = seen.of('IAMRoleCredentialsMessage');
    assert.equal(renewed?.['taskArn'], written.taskArn);
    assert.equal(renewed?.['roleType'], 'TaskApplication');
    assert.equal(
      (renewed?.['roleCredentials'] as { credentialsId: string } | undefined)?.credentialsId,
      written.credentialsId,
    );
  });

  it('are renewed when half of their life is over, under the same id', async () => {
    let now = Date.now();
    const { write, agent, task } = await open({ now: () => now });
    await write({ definition: withRoles });
    const seen = recorder();
    const simulated = agent({ onMessage: seen.onMessage });
    await simulated.connect();
    const written = taskRecord(withRoles);
    await write({ tasks: [written] });
    await until(async () => (await task(written.taskId)).acknowledged === 'RUNNING');
    simulated.disconnect();
    now += 3.1 * 3_600_000;
    await simulated.connect();
    await until(() => seen.of('IAMRoleCredentialsMessage').length === 1);
    const [renewed] = seen.of('IAMRoleCredentialsMessage');
    assert.equal(
      (renewed?.['roleCredentials'] as { credentialsId: string } | undefined)?.credentialsId,
      written.credentialsId,
    );
  });

  it('are sent again until they are acknowledged', async () => {
    let now = 1_000_000;
    const desk = openCredentialDesk(
      () => ({ accessKeyId: 'A', secretAccessKey: 'S', sessionToken: 'T', expiration: now + 6 * 3_600_000 }),
      () => now,
    );
    const need = { roleType: 'TaskApplication', roleArn: 'r', credentialsId: 'c' } as const;
    assert.equal(desk.isDue('c'), true);
    const { expiration } = await desk.issue(need, 'task');
    assert.equal(desk.isDue('c'), false);
    now += 60_000;
    assert.equal(desk.isDue('c'), true);
    desk.acknowledged('c', 'something else');
    assert.equal(desk.isDue('c'), true);
    desk.acknowledged('c', expiration);
    assert.equal(desk.isDue('c'), false);
    now += 3 * 3_600_000;
    assert.equal(desk.isDue('c'), true);
  });
});

describe('orphans', () => {
  const candidates = (...arns: readonly string[]) => ({
    messageId: 'm',
    stopCandidates: arns.map((taskArn) => ({ taskArn, taskClusterArn: 'c', desiredStatus: 'STOPPED' })),
  });
  const orphan = 'arn:aws:ecs:us-east-1:111122223333:task/lab/ffffffffffffffffffffffffffffffff';

  it('are confirmed to new agents, and only they', async () => {
    const { write, agent, task } = await open();
    const seen = recorder();
    const wanted = taskRecord(definition);
    await write({ tasks: [wanted] });
    const simulated = agent({ onMessage: seen.onMessage });
    await simulated.connect();
    await until(async () => (await task(wanted.taskId)).lastStatus === 'RUNNING');
    simulated.say('TaskStopVerificationMessage', candidates(wanted.taskArn, orphan, 'arn:::::/daemon'));
    await until(() => seen.of('TaskStopVerificationAck').length === 1);
    const [answer] = seen.of('TaskStopVerificationAck');
    assert.equal(answer?.messageId, 'm');
    assert.deepEqual(
      (answer?.['stopTasks'] as { taskArn: string }[] | undefined)?.map(({ taskArn }) => taskArn),
      [orphan],
    );
  });

  it('are stopped by a payload on agents that would leak their containers', async () => {
    const { agent } = await open();
    const seen = recorder();
    const simulated = agent({ onMessage: seen.onMessage, agentVersion: '1.72.0' });
    await simulated.connect();
    simulated.say('TaskStopVerificationMessage', candidates(orphan));
    await until(() => seen.tasks().length === 1);
    assert.equal(seen.tasks()[0]?.arn, orphan);
    assert.equal(seen.tasks()[0]?.desiredStatus, 'STOPPED');
    assert.equal(seen.of('TaskStopVerificationAck').length, 0);
  });
});

describe('TCS', () => {
  const checked = definitionRecord(
    { containerDefinitions: [{ name: 'web', image: 'i', healthCheck: { command: ['CMD', 'true'] } }] },
    { family: 'checked' },
  );
  const metadata = { cluster: 'lab', containerInstance: 'arn', fin: true, messageId: 'm' };

  it('takes framed messages, acknowledges each, and keeps what they say', async () => {
    const { write, agent, task, instance } = await open();
    const seen = recorder();
    const written = taskRecord(checked, 1, { lastStatus: 'RUNNING', acknowledged: 'RUNNING' });
    await write({ definition: checked, tasks: [written] });
    const simulated = agent({ onMessage: seen.onMessage });
    await simulated.connectTelemetry();
    simulated.publish('PublishHealthRequest', {
      metadata,
      timestamp: 1_795_373_356.952,
      tasks: [
        {
          taskArn: written.taskArn,
          containers: [{ containerName: 'web', healthStatus: 'HEALTHY', statusSince: 1_795_373_339.923 }],
        },
        { taskArn: 'arn:aws:ecs:us-east-1:111122223333:task/lab/unknown', containers: [{ containerName: 'x' }] },
      ],
    });
    simulated.publish('PublishInstanceStatusRequest', {
      metadata,
      timestamp: 1_795_373_216.99,
      statuses: [
        {
          type: 'ContainerRuntime',
          status: 'OK',
          lastUpdated: -6_795_364_578.871,
          lastStatusChange: 1_795_373_206.983,
        },
      ],
    });
    const set = { min: 0, max: 2, sum: 6, sampleCount: 19 };
    simulated.publish('PublishMetricsRequest', {
      metadata: { ...metadata, idle: false },
      timestamp: 1_795_373_356.952,
      taskMetrics: [
        {
          taskArn: written.taskArn,
          containerMetrics: [{ containerName: 'web', cpuStatsSet: set, memoryStatsSet: set }],
        },
      ],
    });
    await until(() => seen.of('AckPublishMetric').length === 1);
    assert.equal(seen.of('AckPublishHealth').length, 1);
    assert.equal(seen.of('AckPublishInstanceStatus').length, 1);
    assert.equal(seen.of('HeartbeatMessage').length, 1);
    await until(async () => (await task(written.taskId)).healthStatus === 'HEALTHY');
    await until(async () => (await instance()).healthStatus !== undefined);
    assert.deepEqual((await instance()).healthStatus, {
      overallStatus: 'OK',
      details: [{ type: 'CONTAINER_RUNTIME', status: 'OK', lastStatusChange: 1_795_373_206_983 }],
    } satisfies ecs.ContainerInstanceHealthStatus);
  });

  it('survives whatever it is sent', async () => {
    const { agent } = await open();
    const seen = recorder();
    const simulated = agent({ onMessage: seen.onMessage });
    await simulated.connectTelemetry();
    for (const frame of ['x', 'a\r\n\r\n{', 'a\r\n\r\nnull', '{"type":"PublishMetricsRequest","message":null}']) {
      simulated.tcsSocket?.send(frame);
    }
    simulated.publish('PublishHealthRequest', { tasks: { a: 1 } });
    simulated.publish('PublishInstanceStatusRequest', { statuses: [{ type: 'constructor', status: 'OK' }] });
    await until(() => seen.of('AckPublishInstanceStatus').length === 1);
  });
});

it('serves an instance in another scope only to its own account', async () => {
  const { agent, write } = await open();
  await write({ instance: instanceRecord({ region: 'eu-west-1' }) });
  await assert.rejects(agent({ containerInstanceArn: 'f'.repeat(32) }).connect(), /Invalid/);
});
