/** Clients that vanish, stall, lie about lengths, or send far too much: nothing of it becomes visible. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { codesOf, digestOf, imageOf, pushBlob } from './support/images.ts';
import { startRegistry } from './support/registry.ts';
import type { TestRegistry } from './support/registry.ts';

let registry: TestRegistry;
before(async () => {
  registry = await startRegistry();
  await registry.call('CreateRepository', { repositoryName: 'broken' });
});
after(async () => {
  assert.deepEqual(registry.errors, []);
  await registry.stop();
});

const open = async (head: string): Promise<Socket> => {
  const socket = connect(registry.port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(`${head}\r\nHost: test\r\nAuthorization: ${registry.authorization}\r\n`);
  return socket;
};
const answerOf = (socket: Socket): Promise<string> =>
  new Promise((resolve) => {
    let text = '';
    socket.on('data', (chunk) => (text += String(chunk)));
    socket.on('close', () => resolve(text));
  });
const begin = async (): Promise<string> =>
  (await registry.request('POST', '/v2/broken/blobs/uploads/')).headers.get('location') ?? '';
const received = async (location: string): Promise<string | null> => {
  const response = await registry.request('GET', location);
  assert.equal(response.status, 204);
  return response.headers.get('range');
};

test('a PATCH that is cut off is as if it had never been, and the upload goes on', async () => {
  const blob = Buffer.alloc(100_000, 5);
  const location = await begin();
  await registry.request('PATCH', location, { body: blob.subarray(0, 1000) });
  const socket = await open(`PATCH ${location} HTTP/1.1`);
  socket.write('Content-Length: 99000\r\n\r\n');
  socket.write(blob.subarray(1000, 60_000));
  await sleep(50);
  socket.destroy();
  const chunked = await open(`PATCH ${location} HTTP/1.1`);
  chunked.write('Transfer-Encoding: chunked\r\n\r\n3e8\r\n');
  chunked.write(blob.subarray(1000, 1500));
  await sleep(50);
  chunked.destroy();
  assert.equal(await received(location), '0-999');
  const rest = await registry.request('PATCH', location, {
    body: blob.subarray(1000),
    headers: { 'content-range': '1000-99999' },
  });
  assert.equal(rest.status, 202);
  assert.equal((await registry.request('PUT', `${location}?digest=${digestOf(blob)}`)).status, 201);
});

test('a single POST or closing PUT that is cut off leaves nothing', async () => {
  const blob = Buffer.alloc(50_000, 6);
  const part = digestOf(blob.subarray(0, 20_000));
  const location = await begin();
  for (const line of [
    `POST /v2/broken/blobs/uploads/?digest=${part} HTTP/1.1`,
    `PUT ${location}?digest=${part} HTTP/1.1`,
  ]) {
    const socket = await open(line);
    socket.write('Content-Length: 50000\r\n\r\n');
    socket.write(blob.subarray(0, 20_000));
    await sleep(50);
    socket.destroy();
  }
  await sleep(50);
  assert.equal((await registry.request('HEAD', `/v2/broken/blobs/${part}`)).status, 404);
  assert.equal(await received(location), '0-0');
  assert.equal((await registry.request('PUT', `${location}?digest=${digestOf(blob)}`, { body: blob })).status, 201);
});

test('two requests for one upload take turns', async () => {
  const location = await begin();
  const slow = await open(`PATCH ${location} HTTP/1.1`);
  slow.write('Content-Length: 6\r\n\r\nabc');
  await sleep(30);
  const second = registry.request('PATCH', location, { body: 'ghi', headers: { 'content-range': '6-8' } });
  assert.equal(await received(location), '0-0');
  slow.write('def');
  assert.equal((await second).status, 202);
  slow.destroy();
  const put = await registry.request('PUT', `${location}?digest=${digestOf('abcdefghi')}`);
  assert.equal(put.status, 201);
});

test('a manifest of 100 MB is refused before it is read', async () => {
  const announced = await registry
    .request('PUT', '/v2/broken/manifests/huge', { body: Buffer.alloc(100_000_000, 32) })
    .catch(() => undefined);
  if (announced) assert.deepEqual([announced.status, await codesOf(announced)], [413, ['SIZE_INVALID']]);
  const socket = await open('PUT /v2/broken/manifests/huge HTTP/1.1');
  const answer = answerOf(socket);
  socket.write('Transfer-Encoding: chunked\r\n\r\n');
  const megabyte = Buffer.alloc(1 << 20, 32);
  for (let sent = 0; sent < 100 && !socket.destroyed; sent += 1) {
    socket.write('100000\r\n');
    socket.write(megabyte);
    socket.write('\r\n');
    await sleep(1);
  }
  socket.end();
  assert.match(await answer, /^HTTP\/1.1 413 /);
});

test('a body that nobody wants does not keep its sender from reading the answer', async () => {
  for (const path of ['/v2/absent/blobs/uploads/', '/v2/broken/blobs/uploads/?digest=junk']) {
    const response = await registry.request('POST', path, { body: Buffer.alloc(20_000_000) });
    assert.ok(response.status === 404 || response.status === 400);
  }
  const anonymous = await registry.request('POST', '/v2/broken/blobs/uploads/', {
    body: Buffer.alloc(20_000_000),
    authorization: null,
  });
  assert.equal(anonymous.status, 401);
});

test('a client that leaves in the middle of a download costs nothing but its own download', async () => {
  const digest = await pushBlob(registry, 'broken', Buffer.alloc(30_000_000, 4));
  for (let round = 0; round < 5; round += 1) {
    const socket = await open(`GET /v2/broken/blobs/${digest} HTTP/1.1`);
    socket.write('\r\n');
    await new Promise((resolve) => socket.once('data', resolve));
    socket.destroy();
  }
  const whole = await registry.request('GET', `/v2/broken/blobs/${digest}`);
  assert.equal((await whole.arrayBuffer()).byteLength, 30_000_000);
});

test('bytes that vanished from under a record are an error, never an empty blob', async () => {
  const digest = await pushBlob(registry, 'broken', 'will vanish');
  const hex = digest.slice('sha256:'.length);
  await registry.blobs.delete(`ecr/blobs/sha256/${hex.slice(0, 2)}/${hex}`);
  const response = await registry.request('GET', `/v2/broken/blobs/${digest}`);
  assert.deepEqual([response.status, await codesOf(response)], [404, ['BLOB_UNKNOWN']]);
});

test('a repository deleted in the middle of a push takes the push with it', async () => {
  await registry.call('CreateRepository', { repositoryName: 'short-lived' });
  const response = await registry.request('POST', '/v2/short-lived/blobs/uploads/');
  const location = response.headers.get('location') ?? '';
  const image = imageOf('short-lived');
  const socket = await open(`PUT ${location}?digest=${digestOf(image.layer)} HTTP/1.1`);
  const answer = answerOf(socket);
  socket.write(`Content-Length: ${image.layer.length}\r\nConnection: close\r\n\r\n${image.layer.slice(0, 3)}`);
  await sleep(50);
  await registry.call('DeleteRepository', { repositoryName: 'short-lived', force: true });
  await registry.call('CreateRepository', { repositoryName: 'short-lived' });
  socket.write(image.layer.slice(3));
  assert.match(await answer, /^HTTP\/1.1 404 .*(NAME_UNKNOWN|BLOB_UPLOAD_UNKNOWN)/s);
  assert.equal((await registry.request('HEAD', `/v2/short-lived/blobs/${digestOf(image.layer)}`)).status, 404);
  assert.equal((await registry.request('GET', location)).status, 404);
});
