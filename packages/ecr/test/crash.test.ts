/** A server that is killed at any moment of a push: what it acknowledged is there, and nothing else is. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { authorization, kill, start } from './support/child-registry.ts';
import type { ChildRegistry } from './support/child-registry.ts';
import { digestOf } from './support/images.ts';

/** Sends the beginning of a chunk that never ends, and lets go of it when the server goes. */
const stall = (server: ChildRegistry, location: string): void => {
  const headers = { authorization, 'transfer-encoding': 'chunked' };
  const request = httpRequest({ host: '127.0.0.1', port: server.port, method: 'PATCH', path: location, headers });
  request.on('error', () => undefined);
  request.write(Buffer.alloc(2_000_000, 1));
};

test('SIGKILL between and in the middle of chunks', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'oreno-ecr-crash-'));
  try {
    let server = await start(directory);
    const begun = await server.request('POST', '/v2/crash/blobs/uploads/');
    const location = begun.headers.get('location') ?? '';
    const blob = Buffer.alloc(900_000, 7);
    const chunk = (start: number): Promise<Response> =>
      server.request('PATCH', location, blob.subarray(start, start + 300_000), {
        'content-range': `${start}-${start + 299_999}`,
      });
    for (const at of [0, 300_000, 600_000]) {
      assert.equal((await chunk(at)).status, 202);
      stall(server, location);
      await sleep(30);
      await kill(server);
      server = await start(directory);
      const status = await server.request('GET', location);
      assert.equal(status.headers.get('range'), `0-${at + 299_999}`);
    }
    const finished = await server.request('PUT', `${location}?digest=${digestOf(blob)}`);
    assert.equal(finished.status, 201);
    await kill(server);
    server = await start(directory);
    const got = await server.request('GET', `/v2/crash/blobs/${digestOf(blob)}`);
    assert.deepEqual(Buffer.from(await got.arrayBuffer()), blob);
    await kill(server);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

test('SIGKILL at random moments of many pushes', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'oreno-ecr-crash-'));
  let server = await start(directory);
  try {
    const acknowledged: Buffer[] = [];
    for (let round = 0; round < 4; round += 1) {
      const pushing = Array.from({ length: 4 }, async (_, lane) => {
        for (let index = 0; ; index += 1) {
          const blob = Buffer.from(`${round} ${lane} ${index} `.repeat(2000));
          const path = `/v2/crash/blobs/uploads/?digest=${digestOf(blob)}`;
          const response = await server.request('POST', path, blob).catch(() => undefined);
          if (response?.status !== 201) return;
          acknowledged.push(blob);
        }
      });
      // A slow machine gets its time; after that the moment is any.
      const some = acknowledged.length + 2;
      for (const end = Date.now() + 20_000; acknowledged.length < some && Date.now() < end;) await sleep(5);
      await sleep(round * 37);
      await kill(server);
      await Promise.all(pushing);
      server = await start(directory);
    }
    assert.ok(acknowledged.length > 4);
    for (const blob of acknowledged) {
      const got = await server.request('GET', `/v2/crash/blobs/${digestOf(blob)}`);
      assert.deepEqual(Buffer.from(await got.arrayBuffer()), blob);
    }
  } finally {
    await kill(server);
    await rm(directory, { recursive: true, force: true });
  }
});
