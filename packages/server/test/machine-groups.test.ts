import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { callAws, ecsModel, sign } from '@oreno/aws-wire';
import { startServer, type MachineGroupAnswer, type RunningServer } from '../src/index.ts';

const account = '000000000000';
const region = 'us-east-1';

describe('whoever makes machines', () => {
  let dataDir: string;
  let server: RunningServer;
  before(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'oreno-machines-'));
    const listen = { host: '127.0.0.1', port: 0 };
    server = await startServer({ listen, dataDir, account, region, cluster: 'default', log: () => {} });
  });
  after(async () => {
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  const ask = (
    method: string,
    query: string,
    credentials: Parameters<typeof sign>[0]['credentials'] = server.rootAccessKey,
  ): Promise<Response> => {
    const url = `${server.origin}/oreno/machine-groups${query}`;
    const { host: _, ...headers } = sign({ method, url, region, service: 'ecs', credentials, now: Date.now() });
    return fetch(url, { method, headers });
  };

  const serve = async (query: string): Promise<MachineGroupAnswer> => {
    const response = await ask('PUT', query);
    assert.equal(response.status, 200, await response.clone().text());
    return (await response.json()) as MachineGroupAnswer;
  };

  it('is answered how many are wanted, within the bounds that it serves', async () => {
    const call = { origin: server.origin, model: ecsModel, region, credentials: server.rootAccessKey };
    const managedScaling = { status: 'ENABLED' as const };
    const autoScalingGroupProvider = { autoScalingGroupArn: 'cloud', managedScaling };
    await callAws({ ...call, operation: 'CreateCapacityProvider', input: { name: 'cloud', autoScalingGroupProvider } });
    const bounds = '?capacityProvider=cloud&minimumSize=1&maximumSize=3&cpu=2048&memory=4096';
    assert.deepEqual(await serve(bounds), {});
    const capacityProviders = ['cloud'];
    const input = { cluster: 'default', capacityProviders, defaultCapacityProviderStrategy: [] };
    await callAws({ ...call, operation: 'PutClusterCapacityProviders', input });
    const end = Date.now() + 5_000;
    let { wish } = await serve(bounds);
    while (wish?.desiredCapacity !== 1 && Date.now() < end) ({ wish } = await serve(bounds));
    assert.deepEqual(wish, { clusterName: 'default', desiredCapacity: 1, ended: [], emptying: [] });
    assert.deepEqual(await (await ask('DELETE', '?capacityProvider=cloud')).json(), {});
  });

  it('is refused without the root key, a capacity provider that is there, and sound bounds', async () => {
    const roleArn = `arn:aws:iam::${account}:role/ecsInstanceRole`;
    const policies = ['AmazonEC2ContainerServiceforEC2Role'] as const;
    const session = server.issueSession({ roleArn, sessionName: 'agent', durationSeconds: 900, policies });
    assert.equal((await ask('PUT', '?capacityProvider=cloud&maximumSize=1', session)).status, 403);
    const refused: readonly (readonly [string, string, number, RegExp])[] = [
      ['GET', '?capacityProvider=cloud', 404, /UnknownOperationException/],
      ['PUT', '?maximumSize=1', 400, /capacityProvider is missing/],
      ['PUT', '?capacityProvider=cloud', 400, /maximumSize is missing/],
      ['PUT', '?capacityProvider=cloud&maximumSize=-1', 400, /whole number/],
      ['PUT', '?capacityProvider=cloud&minimumSize=2&maximumSize=1', 400, /must not be larger/],
      ['PUT', '?capacityProvider=cloud&maximumSize=1&cpu=1', 400, /go together/],
      ['PUT', '?capacityProvider=nobody&maximumSize=1', 400, /does not exist/],
      ['PUT', '?capacityProvider=FARGATE&maximumSize=1', 400, /reserved/],
    ];
    for (const [method, query, status, expected] of refused) {
      const response = await ask(method, query);
      assert.equal(response.status, status, query);
      assert.match(await response.text(), expected);
    }
  });
});
