import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { callAws, ecsModel, sign, type ecs } from '@oreno/aws-wire';
import { startServer, type EventFeedPage, type RunningServer } from '../src/index.ts';

const account = '000000000000';
const region = 'us-east-1';

describe('the feed of events', () => {
  let dataDir: string;
  let server: RunningServer;
  before(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'oreno-events-'));
    const listen = { host: '127.0.0.1', port: 0 };
    server = await startServer({ listen, dataDir, account, region, cluster: 'default', log: () => {} });
  });
  after(async () => {
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  const get = (path: string, credentials: Parameters<typeof sign>[0]['credentials'] = server.rootAccessKey) => {
    const url = `${server.origin}${path}`;
    const { host: _, ...headers } = sign({ method: 'GET', url, region, service: 'ecs', credentials, now: Date.now() });
    return fetch(url, { headers });
  };

  it('waits for what happens and answers it once', async () => {
    const { after: cursor } = (await (await get('/oreno/events')).json()) as EventFeedPage;
    const waiting = get(`/oreno/events?after=${cursor}&wait=20`);
    const call = { origin: server.origin, model: ecsModel, region, credentials: server.rootAccessKey };
    const totalResources: ecs.Resource[] = [{ name: 'CPU', type: 'INTEGER', integerValue: 1_024 }];
    await callAws({ ...call, operation: 'RegisterContainerInstance', input: { totalResources } });
    const page = (await (await waiting).json()) as EventFeedPage;
    assert.equal(page.events[0]?.['detail-type'], 'ECS Container Instance State Change');
    const rest = (await (await get(`/oreno/events?after=${page.after}`)).json()) as EventFeedPage;
    assert.deepEqual(rest, { events: [], after: page.after });
  });

  it('is for the root of the account alone', async () => {
    assert.equal((await fetch(`${server.origin}/oreno/events`)).status, 403);
    const roleArn = `arn:aws:iam::${account}:role/ecsInstanceRole`;
    const policies = ['AmazonEC2ContainerServiceforEC2Role'] as const;
    const session = server.issueSession({ roleArn, sessionName: 'agent', durationSeconds: 900, policies });
    const refused = await get('/oreno/events?after=0', session);
    assert.equal(refused.status, 403);
    assert.match(await refused.text(), /AccessDeniedException/);
  });

  it('lets those go who wait when the server stops', async () => {
    const other = await mkdtemp(join(tmpdir(), 'oreno-events-'));
    const listen = { host: '127.0.0.1', port: 0 };
    const stopping = await startServer({ listen, dataDir: other, account, region, log: () => {} });
    const url = `${stopping.origin}/oreno/events?after=0&wait=60`;
    const common = { method: 'GET', url, region, service: 'ecs', now: Date.now() };
    const { host: _, ...headers } = sign({ ...common, credentials: stopping.rootAccessKey });
    const waiting = fetch(url, { headers });
    await new Promise((resolve) => setTimeout(resolve, 100));
    const begun = performance.now();
    await stopping.stop();
    assert.ok(performance.now() - begun < 1_500);
    assert.deepEqual(await (await waiting).json(), { events: [], after: 0 });
    await rm(other, { recursive: true, force: true });
  });

  it('refuses what it does not understand', async () => {
    assert.equal((await get('/oreno/events?after=-1')).status, 400);
    assert.equal((await get('/oreno/events?after=0&wait=61')).status, 400);
    assert.equal((await get('/oreno/eventsful')).status, 404);
  });
});
