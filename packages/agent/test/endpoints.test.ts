import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ContainerStats, Engine } from '@oreno/engine';
import { createAgentState } from '../src/domain/agent-state.ts';
import { agentPorts, decideRemoval, decideRules } from '../src/endpoints/rule-set.ts';
import { createHostRules } from '../src/endpoints/host-rules.ts';
import { versionText } from '../src/endpoints/introspection.ts';
import { createRateLimit } from '../src/endpoints/rate-limit.ts';
import { startEndpoints } from '../src/endpoints/start-endpoints.ts';
import { parseProtectionRequest } from '../src/endpoints/task-protection.ts';
import { aContainer, anIdentity, aTask } from './support/task-fixtures.ts';

const dockerId = '731f31c6'.repeat(8);
const stats = {
  read: '2026-11-22T18:49:00Z',
  precpu_stats: { cpu_usage: { total_usage: 1 } },
  cpu_stats: { cpu_usage: { total_usage: 2_500_000_000 } },
  memory_stats: { usage: 1000, limit: 2000, stats: { cache: 10 } },
  networks: {
    eth0: {
      rx_bytes: 1,
      rx_packets: 2,
      rx_errors: 0,
      rx_dropped: 0,
      tx_bytes: 3,
      tx_packets: 4,
      tx_errors: 0,
      tx_dropped: 0,
    },
  },
  pids_stats: { current: 3 },
} as unknown as ContainerStats;

const rig = async (dataDir?: string) => {
  const folder = dataDir ?? (await mkdtemp(join(tmpdir(), 'oreno-endpoints-')));
  const state = createAgentState(anIdentity);
  const container = aContainer({
    dockerId,
    imageId: 'sha256:5d19',
    cpuShares: 10,
    memoryMiB: 64,
    createdAt: Date.parse('2026-11-22T18:48:53.954Z'),
    startedAt: Date.parse('2026-11-22T18:48:54.770Z'),
    health: { status: 'HEALTHY', since: Date.parse('2026-11-22T18:48:59.923Z'), output: 'hello\n' },
    labels: { 'com.amazonaws.ecs.container-name': 'web' },
    networkBindings: [{ bindIP: '0.0.0.0', containerPort: 8080, hostPort: 32768, protocol: 'tcp' }],
    networks: [{ networkMode: 'bridge', ipv4Addresses: ['172.17.0.2'] }],
    logDriver: 'awslogs',
    logOptions: { 'awslogs-group': '/ecs/hello' },
    definition: { name: 'web', image: 'web:1', containerArn: 'arn:aws:ecs:us-east-1:000000000000:container/lab/5ccf' },
  });
  const task = aTask({ containers: [container], taskCredentialsId: 'cred-1' });
  const associations = [
    { name: 'dev0', type: 'gpu', containers: ['web'], content: { encoding: 'identity', value: 'v,1' } },
  ];
  state.putTask({ ...task, payload: { ...task.payload, cpu: 0.25, memory: 128, associations } });
  state.putCredentials({
    credentialsId: 'cred-1',
    taskArn: task.arn,
    roleType: 'TaskApplication',
    roleArn: 'arn:aws:iam::000000000000:role/app',
    accessKeyId: 'ASIA1',
    secretAccessKey: 'secret',
    sessionToken: 'token',
    expiration: '2026-12-01T00:00:00Z',
  });
  const endpoints = await startEndpoints({
    runtime: {
      state,
      engine: { networks: { list: () => Promise.resolve([]) } } as unknown as Engine,
      endpoint: 'http://127.0.0.1:1',
      region: 'us-east-1',
      cluster: 'lab',
      credentials: () => ({ accessKeyId: 'AKIA', secretAccessKey: 's' }),
      discoverPollEndpoint: () => Promise.reject(new Error('not asked')),
      dataDir: folder,
      log: () => undefined,
      now: Date.now,
      signal: new AbortController().signal,
    },
    stats: {
      latest: (id) => (id === dockerId ? { stats, rates: { rxBytesPerSecond: 0, txBytesPerSecond: 1.5 } } : undefined),
    },
    metadataPort: 0,
    introspectionPort: 0,
    hostRules: false,
  });
  const get = async (path: string, init?: RequestInit & { port?: number }) => {
    const response = await fetch(`http://127.0.0.1:${init?.port ?? endpoints.metadataPort}${path}`, init);
    const body = await response.text();
    const parse = (): unknown => {
      try {
        return JSON.parse(body);
      } catch {
        return body;
      }
    };
    return { status: response.status, headers: response.headers, body, json: parse() };
  };
  const end = async (): Promise<void> => {
    await endpoints.stop();
    if (dataDir === undefined) await rm(folder, { recursive: true });
  };
  return { state, task, container, endpoints, get, end, folder };
};

test('version 4 shows a container and its task in ECS shapes', async () => {
  const { get, end } = await rig();
  const container = await get('/v4/meta-web');
  assert.deepEqual(container.json, {
    DockerId: dockerId,
    Name: 'web',
    DockerName: 'ecs-web-3-web-c0fcf9a4d983eca5d101',
    Image: 'web:1',
    ImageID: 'sha256:5d19',
    Ports: [{ ContainerPort: 8080, Protocol: 'tcp', HostPort: 32768, HostIp: '0.0.0.0' }],
    Labels: { 'com.amazonaws.ecs.container-name': 'web' },
    DesiredStatus: 'RUNNING',
    KnownStatus: 'RUNNING',
    Limits: { CPU: 10, Memory: 64 },
    CreatedAt: '2026-11-22T18:48:53.954Z',
    StartedAt: '2026-11-22T18:48:54.770Z',
    Type: 'NORMAL',
    Health: { status: 'HEALTHY', statusSince: '2026-11-22T18:48:59.923Z', output: 'hello\n' },
    LogDriver: 'awslogs',
    LogOptions: { 'awslogs-group': '/ecs/hello' },
    ContainerARN: 'arn:aws:ecs:us-east-1:000000000000:container/lab/5ccf',
    Networks: [{ NetworkMode: 'bridge', IPv4Addresses: ['172.17.0.2'] }],
  });
  assert.equal(container.headers.get('x-rate-limit-limit'), '40.00');
  assert.equal(container.headers.get('content-type'), 'application/json');
  const { Containers, ...task } = (await get('/v4/meta-web/task')).json as { Containers: unknown[] };
  assert.deepEqual(Containers, [container.json]);
  assert.deepEqual(task, {
    Cluster: 'lab',
    TaskARN: 'arn:aws:ecs:us-east-1:000000000000:task/lab/8b89',
    Family: 'web',
    Revision: '3',
    DesiredStatus: 'RUNNING',
    KnownStatus: 'RUNNING',
    Limits: { CPU: 0.25, Memory: 128 },
    LaunchType: 'EC2',
    FaultInjectionEnabled: false,
  });
  const v3 = (await get('/v3/meta-web')).json as Record<string, unknown>;
  assert.equal('LogDriver' in v3 || 'ContainerARN' in v3, false);
  assert.deepEqual(v3['Ports'], [{ ContainerPort: 8080, Protocol: 'tcp', HostPort: 32768 }]);
  await end();
});

test('stats are passed through whole; version 4 adds both network rates', async () => {
  const { get, end } = await rig();
  assert.deepEqual((await get('/v3/meta-web/stats')).json, stats);
  const rates = { network_rate_stats: { rx_bytes_per_sec: 0, tx_bytes_per_sec: 1.5 } };
  assert.deepEqual((await get('/v4/meta-web/stats')).json, { ...stats, ...rates });
  assert.deepEqual((await get('/v4/meta-web/task/stats')).json, { [dockerId]: { ...stats, ...rates } });
  await end();
});

test('what is not there answers as Amazon’s agent answers', async () => {
  const { get, end } = await rig();
  const missing = await get('/v4/nobody');
  assert.equal(missing.status, 404);
  assert.equal(
    missing.json,
    'V4 container metadata handler: unable to get container ID from request: unable to get docker ID from v3 endpoint ID: nobody',
  );
  assert.equal((await get('/v2/metadata')).status, 400);
  assert.equal((await get('/nothing')).status, 404);
  assert.equal((await get('//evil/%')).status, 404);
  assert.equal((await get('/v4/meta-web/task', { method: 'POST' })).status, 404);
  const tags = (await get('/v4/meta-web/taskWithTags')).json as { Errors: { ErrorField: string }[] };
  assert.deepEqual(tags.Errors.map(({ ErrorField }) => ErrorField).toSorted(), ['ContainerInstanceTags', 'TaskTags']);
  await end();
});

test('associations are listed by type and given verbatim', async () => {
  const { get, end } = await rig();
  assert.deepEqual((await get('/v4/meta-web/associations/gpu')).json, { Associations: ['dev0'] });
  assert.deepEqual((await get('/v3/meta-web/associations/other')).json, { Associations: null });
  assert.equal((await get('/v4/meta-web/associations/gpu/dev0')).body, 'v,1');
  await end();
});

test('credentials are given to whoever knows the id, and every request is in the audit log', async () => {
  const { get, end, folder, endpoints } = await rig();
  const expected = {
    RoleArn: 'arn:aws:iam::000000000000:role/app',
    AccessKeyId: 'ASIA1',
    SecretAccessKey: 'secret',
    Token: 'token',
    Expiration: '2026-12-01T00:00:00Z',
  };
  assert.deepEqual((await get('/v2/credentials/cred-1')).json, expected);
  assert.deepEqual((await get('/v1/credentials?id=cred-1')).json, expected);
  const unknown = await get('/v2/credentials/other');
  assert.deepEqual(
    [unknown.status, unknown.json],
    [400, { code: 'InvalidIdInRequest', message: 'CredentialsV2Request: Credentials not found', HTTPErrorCode: 400 }],
  );
  assert.equal(((await get('/v2/credentials/')).json as { code: string }).code, 'NoIdInRequest');
  await endpoints.stop();
  const lines = (await readFile(join(folder, 'endpoints', 'audit.log'), 'utf8')).trim().split('\n');
  assert.equal(lines.length, 4);
  assert.match(
    lines[0] ?? '',
    /^\S+Z 200 127\.0\.0\.1 "\/v2\/credentials" "node" arn:\S+task\/lab\/8b89 GetCredentials 2 lab arn:\S+$/,
  );
  assert.equal(lines.join('').includes('cred-1'), false);
  await end();
});

test('task protection asks with the role of the task, and says why it cannot', async () => {
  const { get, end, state, task } = await rig();
  const path = '/api/meta-web/task-protection/v1/state';
  const errorOf = async (url: string, init?: RequestInit) => {
    const { status, json } = await get(url, init);
    return [status, (json as { error: { Code: string } }).error.Code];
  };
  assert.deepEqual(await errorOf(path.replace('meta-web', 'nobody')), [404, 'ResourceNotFoundException']);
  const put = (body: string): RequestInit => ({ method: 'PUT', body });
  assert.deepEqual(await errorOf(path, put('{')), [400, 'InvalidParameterException']);
  assert.deepEqual(await errorOf(path, put('{}')), [400, 'InvalidParameterException']);
  assert.deepEqual(await errorOf(path, put('{"ProtectionEnabled":true}')), [500, 'ServerException']);
  const { taskCredentialsId: _, ...without } = task;
  state.putTask(without);
  assert.deepEqual(await errorOf(path), [403, 'AccessDeniedException']);
  await end();
  assert.equal(parseProtectionRequest('{"ProtectionEnabled":true,"Other":1}'), undefined);
  assert.deepEqual(parseProtectionRequest('{"ProtectionEnabled":true,"ExpiresInMinutes":5}'), {
    protectionEnabled: true,
    expiresInMinutes: 5,
  });
});

test('version 2 knows an awsvpc task by its address', async () => {
  const { get, end, state } = await rig();
  const container = aContainer({
    name: 'x',
    dockerId: 'd2',
    networks: [{ networkMode: 'awsvpc', ipv4Addresses: ['127.0.0.1'] }],
  });
  state.putTask(
    aTask({ arn: 'arn:aws:ecs:us-east-1:000000000000:task/lab/v2', networkMode: 'awsvpc', containers: [container] }),
  );
  const task = (await get('/v2/metadata')).json as { TaskARN: string };
  assert.match(task.TaskARN, /lab\/v2$/);
  assert.equal(((await get('/v2/metadata/d2')).json as { Name: string }).Name, 'x');
  assert.deepEqual((await get('/v2/stats')).json, { d2: null });
  await end();
});

test('introspection tells monitoring agents what they look for', async () => {
  const { get: getAny, end, endpoints } = await rig();
  const get = (path: string) => getAny(path, { port: endpoints.introspectionPort });
  assert.deepEqual((await get('/')).json, { AvailableCommands: ['/v1/metadata', '/v1/tasks', '/license'] });
  assert.deepEqual((await get('/v1/metadata')).json, {
    Cluster: 'lab',
    ContainerInstanceArn: anIdentity.containerInstanceArn,
    Version: 'Amazon ECS Agent - v1.101.0 (abc)',
  });
  const { Tasks } = (await get('/v1/tasks')).json as { Tasks: { Arn: string; Containers: { DockerId: string }[] }[] };
  assert.equal(Tasks[0]?.Containers[0]?.DockerId, dockerId);
  assert.deepEqual((await get('/v1/tasks?dockerid=731f31c6')).json, Tasks[0]);
  assert.deepEqual((await get(`/v1/tasks?taskarn=${Tasks[0]?.Arn}`)).json, Tasks[0]);
  const missing = await get('/v1/tasks?dockerid=nope');
  assert.deepEqual(
    [missing.status, missing.json],
    [404, { Arn: '', KnownStatus: '', Family: '', Version: '', Containers: null }],
  );
  const metrics = (await get('/metrics')).body;
  assert.match(metrics, /^ecs_container_cpu_usage_seconds_total\{container_name="web",cluster="lab",.*\} 2\.5$/m);
  assert.match(metrics, /^ecs_network_receive_bytes_total\{.*interface="eth0"\} 1$/m);
  await end();
  assert.equal(versionText({ ...anIdentity, version: '1.105.1' }), 'Amazon ECS Agent - v1.105.1 (abc)');
});

test('the ports stay the same over a restart', async () => {
  const first = await rig();
  const ports = [first.endpoints.metadataPort, first.endpoints.introspectionPort];
  await first.endpoints.stop();
  const second = await rig(first.folder);
  assert.deepEqual([second.endpoints.metadataPort, second.endpoints.introspectionPort], ports);
  await second.end();
  await rm(first.folder, { recursive: true });
});

test('past its burst an address is refused, and fills up steadily', () => {
  const limit = createRateLimit({ steady: 40, burst: 60 });
  const allowed = (now: number, count: number): number =>
    Array.from({ length: count }, () => limit.allows('172.17.0.2', now)).filter(Boolean).length;
  assert.equal(allowed(0, 100), 60);
  assert.equal(limit.allows('172.17.0.3', 0), true);
  assert.equal(allowed(500, 100), 20);
  assert.equal(allowed(100_000, 100), 60);
});

/** What iptables does to the nat table with a restore script, as far as these rules need it. */
const restored = (present: readonly string[], script: string): string[] => {
  let lines = [...present];
  for (const step of script.split('\n')) {
    const [, chain = ''] = /^:(\S+)/.exec(step) ?? [];
    if (chain !== '')
      lines = [...lines.filter((line) => !line.startsWith(`-A ${chain} `) && line !== `-N ${chain}`), `-N ${chain}`];
    if (step.startsWith('-A ')) lines.push(step);
    if (step.startsWith('-I ')) lines.push(step.replace('-I', '-A').replace(/ 1 /, ' '));
    if (step.startsWith('-D ')) lines = lines.filter((line) => line !== step.replace('-D', '-A'));
    if (step.startsWith('-F ')) lines = lines.filter((line) => !line.startsWith(`-A ${step.slice(3)} `));
    if (step.startsWith('-X ')) lines = lines.filter((line) => line !== `-N ${step.slice(3)}`);
  }
  return lines;
};

test('rules are made once, mended after a flush, kept apart by agent, and removed without a trace', () => {
  const docker = ['-P PREROUTING ACCEPT', '-N DOCKER', '-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER'];
  const made = restored(docker, decideRules(docker, 51679, ['docker0', 'br-1']) ?? '');
  assert.equal(decideRules(made, 51679, ['br-1', 'docker0']), undefined);
  const both = restored(made, decideRules(made, 40001, ['docker0']) ?? '');
  assert.deepEqual(agentPorts(both), [51679, 40001]);
  assert.equal(decideRules(both, 51679, ['docker0', 'br-1']), undefined);
  const more = restored(both, decideRules(both, 51679, ['docker0']) ?? '');
  assert.equal(more.filter((line) => line.includes('br-1')).length, 0);
  const flushed = both.filter((line) => !line.startsWith('-A PREROUTING'));
  assert.notEqual(decideRules(flushed, 51679, ['docker0', 'br-1']), undefined);
  const removed = restored(restored(both, decideRemoval(both, 51679) ?? ''), decideRemoval(both, 40001) ?? '');
  assert.deepEqual(removed, docker);
  assert.equal(decideRemoval(docker, 51679), undefined);
});

test('without iptables there is one warning, and no error', async () => {
  const warnings: string[] = [];
  const rules = createHostRules(
    1,
    (_level, message) => void warnings.push(message),
    () => Promise.reject(new Error('ENOENT')),
  );
  await rules.ensure(['docker0']);
  await rules.ensure(['docker0']);
  assert.equal(warnings.length, 1);
  await rules.remove();
});
