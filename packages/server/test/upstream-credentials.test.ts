/** Credentials of upstream registries, as `oreno ecr credentials` has the server keep them. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { sign } from '@oreno/aws-wire';
import { startServer } from '../src/index.ts';

const account = '000000000000';
const region = 'us-east-1';
const path = '/oreno/registry/credentials';
const name = 'ecr-pullthroughcache/hub';

test('they are kept sealed, listed without what is secret, and for the root alone', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'oreno-credentials-'));
  const listen = { host: '127.0.0.1', port: 0 };
  const logged: string[] = [];
  const log = (...line: readonly unknown[]): void => void logged.push(JSON.stringify(line));
  const server = await startServer({ listen, dataDir, account, region, log });
  const ask = async (method: string, query: string, content?: unknown, credentials = server.rootAccessKey) => {
    const url = `${server.origin}${path}${query}`;
    const body = content === undefined ? undefined : JSON.stringify(content);
    const { host: _, ...headers } = sign({ method, url, body, region, service: 'ecs', credentials, now: Date.now() });
    const response = await fetch(url, { method, headers, ...(body === undefined ? {} : { body }) });
    return { status: response.status, answer: (await response.json()) as Record<string, unknown> };
  };
  try {
    const query = `?name=${encodeURIComponent(name)}`;
    const secret = 'dckr_pat_very-secret-indeed';
    const put = await ask('PUT', query, { username: 'me', accessToken: secret });
    const { arn } = put.answer;
    assert.match(String(arn), /^arn:aws:secretsmanager:us-east-1:000000000000:secret:ecr-pullthroughcache\/hub-.{6}$/);
    assert.equal((await ask('PUT', query, { username: 'you', accessToken: secret })).answer['arn'], arn);
    assert.deepEqual((await ask('GET', '')).answer, { credentials: [{ name, arn, username: 'you' }] });
    for (const wrong of [{ username: 'me' }, { username: 'me', accessToken: 'x'.repeat(9_000) }, [], null]) {
      assert.equal((await ask('PUT', query, wrong)).status, 400);
    }
    assert.equal((await ask('PUT', '?name=hub', { username: 'me', accessToken: secret })).status, 400);
    assert.equal((await ask('POST', query, {})).status, 404);
    const roleArn = `arn:aws:iam::${account}:role/ecsInstanceRole`;
    const policies = ['AmazonEC2ContainerServiceforEC2Role'] as const;
    const session = server.issueSession({ roleArn, sessionName: 'agent', durationSeconds: 900, policies });
    assert.equal((await ask('GET', '', undefined, session)).status, 403);
    assert.equal((await fetch(`${server.origin}${path}`)).status, 403);
    for (const entry of await readdir(dataDir, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const bytes = await readFile(join(entry.parentPath, entry.name));
      assert.ok(!bytes.includes(secret), `${entry.name} has the password in it`);
    }
    assert.ok(!logged.some((line) => line.includes(secret)));
    assert.deepEqual((await ask('DELETE', query)).answer, { deleted: true });
    assert.deepEqual((await ask('DELETE', query)).answer, { deleted: false });
  } finally {
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
});
