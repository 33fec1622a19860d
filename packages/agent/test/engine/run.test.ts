import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { startDockerEngine } from '../../../../test/support/docker-engine.ts';
import type { TestEngine } from '../../../../test/support/docker-engine.ts';
import type { Agent } from '../../src/index.ts';
import { agentFolder } from '../support/agent-under-test.ts';
import type { AgentFolder } from '../support/agent-under-test.ts';
import { pageOf } from '../support/page.ts';
import { ScriptedControlPlane, testTask } from '../support/scripted-control-plane.ts';

describe('an agent runs tasks on a real engine', () => {
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

  const acknowledged = (messageId: string) => () =>
    controlPlane.frames.some(({ type, message }) => type === 'AckRequest' && message['messageId'] === messageId);
  const inspect = (arn: string, name: string) => {
    const container = agent.state.tasks.get(arn)?.containers.find((one) => one.name === name);
    return docker.engine.containers.inspect(container?.dockerId ?? '');
  };
  const outputOf = async (arn: string, name = 'main') => {
    const { Id } = await inspect(arn, name);
    let text = '';
    for await (const chunk of docker.engine.containers.logs(Id)) text += chunk.data.toString();
    return text;
  };

  it('registers what the machine has', () => {
    const { input } = controlPlane.calls.find(({ operation }) => operation === 'RegisterContainerInstance') ?? {};
    const attributes = new Map(
      ((input?.['attributes'] as { name: string; value?: string }[] | undefined) ?? []).map(({ name, value }) => [
        name,
        value,
      ]),
    );
    assert.equal(attributes.get('ecs.os-type'), 'linux');
    assert.ok(attributes.has('com.amazonaws.ecs.capability.docker-remote-api.1.24'));
    assert.ok(attributes.has('com.amazonaws.ecs.capability.logging-driver.awslogs'));
    assert.ok(attributes.has('ecs.capability.task-eni'));
    const resources = input?.['totalResources'] as { name: string; integerValue?: number; stringSetValue?: string[] }[];
    assert.deepEqual(
      resources.map(({ name }) => name),
      ['CPU', 'MEMORY', 'PORTS', 'PORTS_UDP'],
    );
    assert.equal((resources[0]?.integerValue ?? 0) % 1024, 0);
  });

  it('acknowledges, runs, tells the exit code; a second delivery changes nothing', async () => {
    const task = testTask(docker.image, {}, { command: ['sh', '-c', 'exit 3'] });
    await controlPlane.until(acknowledged(await controlPlane.payload(task)), 'the payload is acknowledged');
    const stopped = await controlPlane.reported(task.arn, 'STOPPED');
    await controlPlane.reported(task.arn, 'RUNNING');
    assert.equal(controlPlane.container(task.arn, 'main').exitCode, 3);
    assert.ok(stopped.executionStoppedAt && Math.abs(stopped.executionStoppedAt * 1000 - Date.now()) < 60_000);
    const said = controlPlane.submitted.length;
    await controlPlane.until(acknowledged(await controlPlane.payload(task)), 'the second is acknowledged');
    assert.equal(controlPlane.submitted.length, said);
  });

  it('gives a container what its definition says', async () => {
    const task = testTask(
      docker.image,
      {},
      {
        command: ['wrong'],
        entryPoint: ['sh', '-c'],
        overrides: JSON.stringify({ command: ['echo "$GREETING in $(pwd) as $(hostname)"; cat /proc/self/limits'] }),
        environment: { GREETING: 'hello' },
        cpu: 128,
        memory: 32,
        dockerConfig: {
          config: JSON.stringify({ WorkingDir: '/tmp', hostname: 'inside', Labels: { mine: 'yes' } }),
          hostConfig: JSON.stringify({
            memoryreservation: 16 * 1024 * 1024,
            Ulimits: [{ Name: 'nofile', Soft: 321, Hard: 654 }],
          }),
        },
      },
    );
    await controlPlane.payload(task);
    await controlPlane.reported(task.arn, 'STOPPED');
    const output = await outputOf(task.arn);
    assert.match(output, /^hello in \/tmp as inside\n/);
    assert.match(output, /Max open files\s+321\s+654/);
    const { HostConfig, Config, Name } = await inspect(task.arn, 'main');
    assert.deepEqual(
      [HostConfig.Memory, HostConfig.MemoryReservation, HostConfig.CpuShares],
      [32 * 1024 * 1024, 16 * 1024 * 1024, 128],
    );
    assert.match(Name, /^\/ecs-test-1-main-[0-9a-f]{20}$/);
    assert.equal(Config.Labels?.['mine'], 'yes');
    assert.equal(Config.Labels?.['com.amazonaws.ecs.task-arn'], task.arn);
    assert.ok(Config.Env?.some((entry) => entry.startsWith('ECS_CONTAINER_METADATA_URI_V4=http://169.254.170.2/v4/')));
  });

  it('lets keys of the payload win, null too', async () => {
    const task = testTask(
      docker.image,
      { volumes: [{ name: 'v', host: {} }] },
      {
        command: ['true'],
        memory: 32,
        mountPoints: [{ sourceVolume: 'v', containerPath: '/v' }],
        dockerConfig: { hostConfig: '{"Binds":null,"Memory":67108864}' },
      },
    );
    await controlPlane.payload(task);
    await controlPlane.reported(task.arn, 'STOPPED');
    const { HostConfig } = await inspect(task.arn, 'main');
    assert.deepEqual([HostConfig.Binds, HostConfig.Memory], [null, 64 * 1024 * 1024]);
  });

  it('keeps the limits of the task in its cgroup', async () => {
    const task = testTask(docker.image, { cpu: 0.5, memory: 64 });
    await controlPlane.payload(task);
    await controlPlane.reported(task.arn, 'RUNNING');
    const parent = (await inspect(task.arn, 'main')).HostConfig.CgroupParent ?? '';
    assert.ok(parent.endsWith(task.arn.split('/').at(-1) ?? '?') || parent.endsWith('.slice'));
    const read = (path: string) => readFile(`/sys/fs/cgroup/${path}`, 'utf8').catch(() => undefined);
    const memory = (await read(`memory${parent}/memory.limit_in_bytes`)) ?? (await read(`${parent}/memory.max`));
    if (memory !== undefined) assert.equal(Number(memory), 64 * 1024 * 1024);
    await controlPlane.payload({ ...task, desiredStatus: 'STOPPED' });
    await controlPlane.reported(task.arn, 'STOPPED');
  });

  it('publishes ports: fixed, chosen by Docker, udp, ranges', async () => {
    const task = testTask(
      docker.image,
      {},
      {
        portMappings: [
          { containerPort: 8080, hostPort: 0, protocol: 'tcp' },
          { containerPort: 53, protocol: 'udp' },
          { containerPortRange: '9000-9004', protocol: 'tcp' },
        ],
        command: ['sh', '-c', 'echo served > /tmp/index.html; httpd -f -p 8080 -h /tmp'],
      },
    );
    await controlPlane.payload(task);
    const running = await controlPlane.reported(task.arn, 'RUNNING');
    const bindings = running.containers?.[0]?.networkBindings ?? [];
    const web = bindings.find(({ containerPort }) => containerPort === 8080);
    assert.equal(web?.bindIP, '0.0.0.0');
    assert.equal(bindings.find(({ protocol }) => protocol === 'udp')?.containerPort, 53);
    const range = bindings.find(({ containerPortRange }) => containerPortRange !== undefined);
    assert.equal(range?.containerPortRange, '9000-9004');
    const [first = 0, last = 0] = range?.hostPortRange?.split('-').map(Number) ?? [];
    assert.equal(last - first, 4);
    assert.equal(bindings.length, 3);
    assert.equal(await pageOf(`http://127.0.0.1:${web?.hostPort}/index.html`), 'served\n');
    await controlPlane.payload({ ...task, desiredStatus: 'STOPPED' });
    await controlPlane.reported(task.arn, 'STOPPED');
  });

  it('stops with SIGTERM, then with SIGKILL after the stop timeout', async () => {
    const obeys = testTask(
      docker.image,
      {},
      { command: ['sh', '-c', 'trap "exit 5" TERM; touch /tmp/ready; while :; do sleep 0.1; done'], stopTimeout: 20 },
    );
    const ignores = testTask(
      docker.image,
      {},
      { command: ['sh', '-c', 'trap "" TERM; touch /tmp/ready; while :; do sleep 0.1; done'], stopTimeout: 1 },
    );
    await controlPlane.payload(obeys, ignores);
    await controlPlane.reported(obeys.arn, 'RUNNING');
    await controlPlane.reported(ignores.arn, 'RUNNING');
    // A container runs before its program has set its traps.
    const untilReady = ['sh', '-c', 'until [ -e /tmp/ready ]; do sleep 0.05; done'];
    for (const task of [obeys, ignores]) {
      await docker.engine.exec(agent.state.tasks.get(task.arn)?.containers[0]?.dockerId ?? '', untilReady);
    }
    const { arn, family, version } = obeys;
    await controlPlane.payload(
      { arn, family, version, desiredStatus: 'STOPPED' },
      { ...ignores, desiredStatus: 'STOPPED' },
    );
    await controlPlane.reported(obeys.arn, 'STOPPED');
    await controlPlane.reported(ignores.arn, 'STOPPED');
    assert.equal(controlPlane.container(obeys.arn, 'main').exitCode, 5);
    assert.equal(controlPlane.container(ignores.arn, 'main').exitCode, 137);
  });

  it('tells when memory ran out', async () => {
    const task = testTask(
      docker.image,
      {},
      { memory: 16, command: ['sh', '-c', 'dd if=/dev/zero of=/dev/null bs=200M'] },
    );
    await controlPlane.payload(task);
    await controlPlane.reported(task.arn, 'STOPPED');
    const { exitCode, reason } = controlPlane.container(task.arn, 'main');
    assert.deepEqual([exitCode, reason], [137, 'OutOfMemoryError: Container killed due to memory usage']);
  });

  it('names what cannot be pulled, created, started', async () => {
    const unreachable = testTask('127.0.0.1:1/nothing:1', {}, {});
    const uncreatable = testTask(
      docker.image,
      {},
      { dockerConfig: { hostConfig: '{"NetworkMode":"no-such-network","Binds":["::"]}' } },
    );
    const unstartable = testTask(docker.image, {}, { command: ['/no/such/program'] });
    const unreadable = testTask(docker.image, {}, { dockerConfig: { hostConfig: '{' } });
    await controlPlane.payload(unreachable, uncreatable, unstartable, unreadable);
    const reasons: Record<string, RegExp> = {
      [unreachable.arn]: /^CannotPullContainerError: Error response from daemon: .*connection refused/,
      [uncreatable.arn]: /^CannotCreateContainerError: Error response from daemon: /,
      [unstartable.arn]: /^CannotStartContainerError: Error response from daemon: .*no such file/,
      [unreadable.arn]: /^HostConfigError: /,
    };
    for (const [arn, reason] of Object.entries(reasons)) {
      await controlPlane.reported(arn, 'STOPPED');
      const told = controlPlane.container(arn, 'main');
      assert.match(told.reason ?? '', reason);
      assert.equal(told.exitCode, undefined);
    }
    const { pullStartedAt = 0 } = await controlPlane.reported(unreachable.arn, 'STOPPED');
    assert.ok(pullStartedAt > 0, 'a pull that failed has its times');
  });

  it('reports a task it cannot understand and leaves the payload unacknowledged', async () => {
    const task = testTask(docker.image, {}, { overrides: '{"cpu":1}' });
    const messageId = await controlPlane.payload(task);
    const { reason } = await controlPlane.reported(task.arn, 'STOPPED');
    assert.match(reason ?? '', /^UnrecogniedTaskError: Error loading task - .*cpu/);
    assert.ok(!acknowledged(messageId)());
  });

  it('answers the other messages of ACS', async () => {
    const frame = (type: string, messageId: string) => () =>
      controlPlane.frames.find((one) => one.type === type && one.message['messageId'] === messageId);
    controlPlane.send('HeartbeatMessage', { healthy: true, messageId: 'h1' });
    controlPlane.send('NoSuchMessage', { messageId: 'x' });
    controlPlane.send('PayloadMessage', { messageId: 'p1', tasks: 'nonsense' });
    controlPlane.send('StageUpdateMessage', { messageId: 'u1' });
    await controlPlane.until(frame('HeartbeatAckRequest', 'h1'), 'the heartbeat is answered');
    const nack = await controlPlane.until(frame('NackRequest', 'u1'), 'the update is refused');
    assert.equal(nack.message['reason'], 'Updates are disabled');

    const roleCredentials = { credentialsId: 'id-1', accessKeyId: 'A1', secretAccessKey: 's', expiration: '2030' };
    const task = testTask(docker.image, { roleCredentials });
    await controlPlane.payload(task);
    await controlPlane.reported(task.arn, 'RUNNING');
    const { Config } = await inspect(task.arn, 'main');
    assert.ok(Config.Env?.includes('AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=/v2/credentials/id-1'));
    const refreshed = { ...roleCredentials, accessKeyId: 'A2' };
    const refresh = { taskArn: task.arn, roleType: 'TaskApplication', roleCredentials: refreshed };
    controlPlane.send('IAMRoleCredentialsMessage', { messageId: 'c1', ...refresh });
    await controlPlane.until(frame('IAMRoleCredentialsAckRequest', 'c1'), 'the credentials are acknowledged');
    assert.equal(agent.state.credentials.get('id-1')?.accessKeyId, 'A2');
    assert.ok(!(await readFile(join(folder.dataDir, 'agent-state.ndjson'), 'utf8')).includes('secretAccessKey'));

    controlPlane.send('TaskManifestMessage', { messageId: 'm1', timeline: 5, tasks: [] });
    const asked = await controlPlane.until(frame('TaskStopVerificationMessage', 'm1'), 'it asks about the task');
    const candidates = asked.message['stopCandidates'] as { taskArn: string }[];
    assert.ok(candidates.some(({ taskArn }) => taskArn === task.arn));
    controlPlane.send('TaskManifestMessage', { messageId: 'm2', timeline: 5, tasks: [] });
    controlPlane.send('TaskStopVerificationAck', { messageId: 'm1', stopTasks: candidates });
    await controlPlane.reported(task.arn, 'STOPPED');
    assert.equal(agent.state.credentials.has('id-1'), false);
    assert.equal(frame('AckRequest', 'm2')(), undefined);
  });

  it('answers the stop of a task that was never here', async () => {
    const { arn, family, version } = testTask(docker.image);
    await controlPlane.payload({ arn, family, version, desiredStatus: 'STOPPED' });
    const { reason } = await controlPlane.reported(arn, 'STOPPED');
    assert.match(reason ?? '', /^TaskStateError/);
  });

  it('goes on when a container that is not essential ends, and ends when an essential one does', async () => {
    const task = testTask(
      docker.image,
      {},
      { command: ['sh', '-c', 'sleep 1.5; exit 4'] },
      { name: 'helper', essential: false, command: ['sh', '-c', 'exit 9'] },
      { name: 'other', essential: false, command: ['sleep', '300'] },
    );
    await controlPlane.payload(task);
    await controlPlane.until(() => controlPlane.container(task.arn, 'helper').exitCode === 9, 'the helper ends');
    await controlPlane.reported(task.arn, 'RUNNING');
    assert.ok(!controlPlane.submitted.some(({ task: arn, status }) => arn === task.arn && status === 'STOPPED'));
    await controlPlane.reported(task.arn, 'STOPPED');
    assert.equal(controlPlane.container(task.arn, 'main').exitCode, 4);
    assert.equal(controlPlane.container(task.arn, 'other').exitCode, 137);
  });

  it('restarts a container under its restart policy', async () => {
    const restartPolicy = { enabled: true, ignoredExitCodes: [0], restartAttemptPeriod: 0 };
    const command = ['sh', '-c', 'echo x >> /runs; [ $(wc -l < /runs) = 3 ] && exit 0; exit 1'];
    const task = testTask(docker.image, {}, { restartPolicy, command });
    await controlPlane.payload(task);
    await controlPlane.reported(task.arn, 'STOPPED');
    assert.equal(controlPlane.container(task.arn, 'main').exitCode, 0);
    assert.equal(agent.state.tasks.get(task.arn)?.containers[0]?.restartCount, 2);
  });

  it('mounts volumes of every kind and removes what is the task’s own', async () => {
    const host = await mkdtemp(join(tmpdir(), 'oreno-volume-'));
    await writeFile(join(host, 'from-host'), 'h');
    const shared = `oreno-test-shared-${process.pid}`;
    const task = testTask(
      docker.image,
      {
        volumes: [
          { name: 'host', host: { sourcePath: host } },
          { name: 'empty', host: {} },
          { name: 'scoped', type: 'docker', dockerVolumeConfiguration: { scope: 'task', labels: { a: 'b' } } },
          { name: shared, type: 'docker', dockerVolumeConfiguration: { scope: 'shared', autoprovision: true } },
        ],
      },
      {
        mountPoints: [
          { sourceVolume: 'host', containerPath: '/host', readOnly: true },
          { sourceVolume: 'empty', containerPath: '/empty' },
          { sourceVolume: 'scoped', containerPath: '/scoped' },
          { sourceVolume: shared, containerPath: '/shared' },
        ],
        command: ['sh', '-c', 'cat /host/from-host; touch /host/x; touch /empty/made /shared/made; sleep 300'],
      },
      {
        name: 'reader',
        essential: false,
        volumesFrom: [{ sourceContainer: 'main', readOnly: true }],
        dependsOn: [{ containerName: 'main', condition: 'START' }],
        command: ['sh', '-c', 'while ! ls /empty/made; do sleep 0.1; done; touch /empty/more'],
      },
    );
    await controlPlane.payload(task);
    await controlPlane.until(() => controlPlane.container(task.arn, 'reader').status === 'STOPPED', 'the reader ends');
    assert.equal(controlPlane.container(task.arn, 'reader').exitCode, 1);
    assert.match(await outputOf(task.arn), /touch: \/host\/x: Read-only file system/);
    assert.match(await outputOf(task.arn, 'reader'), /touch: \/empty\/more: Read-only file system/);
    await controlPlane.payload({ ...task, desiredStatus: 'STOPPED' });
    await controlPlane.reported(task.arn, 'STOPPED');
    assert.equal((await docker.engine.volumes.inspect(shared)).Driver, 'local');
    const missing = testTask(docker.image, {
      volumes: [{ name: 'nowhere', type: 'docker', dockerVolumeConfiguration: { scope: 'shared' } }],
    });
    await controlPlane.payload(missing);
    assert.match((await controlPlane.reported(missing.arn, 'STOPPED')).reason ?? '', /nowhere/);
    const own = agent.state.tasks.get(task.arn)?.containers.map(({ dockerId }) => dockerId ?? '') ?? [];
    for (const id of own) await docker.engine.containers.remove(id, { force: true });
    await docker.engine.volumes.remove(shared);
    await rm(host, { recursive: true });
  });
});
