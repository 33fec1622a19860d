import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { callAws, ecsModel, sign } from '@oreno/aws-wire';
import { startServer, type InstanceCredentials, type RunningServer } from '../src/index.ts';

const account = '000000000000';
const region = 'us-east-1';

describe('credentials of container instances', () => {
  let dataDir: string;
  let server: RunningServer;
  before(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'oreno-credentials-'));
    const listen = { host: '127.0.0.1', port: 0 };
    server = await startServer({ listen, dataDir, account, region, cluster: 'default', log: () => {} });
  });
  after(async () => {
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  const get = (query: string, credentials: Parameters<typeof sign>[0]['credentials'] = server.rootAccessKey) => {
    const url = `${server.origin}/oreno/instance-credentials${query}`;
    const { host: _, ...headers } = sign({ method: 'GET', url, region, service: 'ecs', credentials, now: Date.now() });
    return fetch(url, { headers });
  };
  const credentialsOf = async (response: Response) => {
    assert.equal(response.status, 200);
    const { AccessKeyId, SecretAccessKey, Token, Expiration } = (await response.json()) as InstanceCredentials;
    const hours = (Date.parse(Expiration) - Date.now()) / 3_600_000;
    assert.ok(hours > 11.9 && hours <= 12);
    return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: Token };
  };

  it('are given by root, join a cluster, and are renewed by the instance itself', async () => {
    const first = await credentialsOf(await get('?name=web-1'));
    const renewed = await credentialsOf(await get('', first));
    const call = { origin: server.origin, region, credentials: renewed };
    await callAws({ ...call, model: ecsModel, operation: 'DiscoverPollEndpoint', input: {} });
    await assert.rejects(callAws({ ...call, model: ecsModel, operation: 'ListTasks', input: {} }), {
      code: 'AccessDeniedException',
      message: /^User: arn:aws:sts::000000000000:assumed-role\/ecsInstanceRole\/web-1 is not authorized/,
    });
  });

  it('are for nobody else', async () => {
    assert.equal((await fetch(`${server.origin}/oreno/instance-credentials?name=web-1`)).status, 403);
    const own = await credentialsOf(await get('?name=web-1'));
    assert.equal((await get('?name=web-2', own)).status, 403);
    const task = server.issueSession({
      roleArn: `arn:aws:iam::${account}:role/other`,
      sessionName: 'web-1',
      durationSeconds: 900,
      policies: [],
    });
    assert.equal((await get('?name=web-1', task)).status, 403);
  });

  it('need a name that fits', async () => {
    assert.equal((await get('')).status, 400);
    assert.equal((await get('?name=a%2Fb')).status, 400);
  });
});
