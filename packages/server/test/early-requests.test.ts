import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';
import { CreateRepositoryCommand, ECRClient } from '@aws-sdk/client-ecr';
import { startServer } from '../src/index.ts';
import { freePort } from '../../../test/support/free-port.ts';

/** Asks as soon as the port takes connections; resolves with the status line. */
const askAsSoonAsItListens = async (port: number): Promise<string> => {
  for (;;) {
    const socket = connect({ port, host: '127.0.0.1' });
    try {
      await once(socket, 'connect');
      socket.write('GET /health HTTP/1.1\r\nHost: oreno\r\nConnection: close\r\n\r\n');
      const [answer] = (await once(socket, 'data')) as [Buffer];
      return answer.toString().split('\r\n')[0] ?? '';
    } catch {
      await sleep(0);
    } finally {
      socket.destroy();
    }
  }
};

test('a push that is under way when the server stops is answered', { timeout: 20_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'oreno-late-'));
  const account = '000000000000';
  const errors: string[] = [];
  const server = await startServer({
    listen: { host: '127.0.0.1', port: 0 },
    dataDir: folder,
    account,
    region: 'us-east-1',
    log: (level, message) => void (level === 'error' && errors.push(message)),
  });
  const { accessKeyId, secretAccessKey } = server.rootAccessKey;
  const credentials = { accessKeyId, secretAccessKey };
  const ecr = new ECRClient({ endpoint: server.origin, region: 'us-east-1', credentials });
  await ecr.send(new CreateRepositoryCommand({ repositoryName: 'late' }));
  ecr.destroy();
  const bytes = Buffer.from('a layer');
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  const push = request(`${server.origin}/v2/late/blobs/uploads/?digest=${digest}`, {
    method: 'POST',
    auth: `${accessKeyId}:${secretAccessKey}`,
    headers: { 'content-length': bytes.byteLength },
  });
  push.write(bytes.subarray(0, 3));
  await sleep(50);
  const stopped = server.stop();
  await sleep(50);
  push.end(bytes.subarray(3));
  const [answer] = (await once(push, 'response')) as [IncomingMessage];
  assert.equal(answer.statusCode, 201);
  answer.resume();
  await stopped;
  assert.deepEqual(errors, []);
  await rm(folder, { recursive: true });
});

test('a request that comes while the server still opens is answered', { timeout: 20_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'oreno-early-'));
  const port = await freePort();
  const answer = askAsSoonAsItListens(port);
  const server = await startServer({
    listen: { host: '127.0.0.1', port },
    dataDir: folder,
    account: '000000000000',
    region: 'us-east-1',
    log: () => {},
  });
  assert.equal(await answer, 'HTTP/1.1 200 OK');
  await server.stop();
  await rm(folder, { recursive: true });
});
