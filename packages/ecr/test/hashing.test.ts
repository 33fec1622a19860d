/** Layers that are hashed on threads of their own, beside the one that answers: the digest decides as ever. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { HashThreads } from '../src/content/hash-threads.ts';
import { codesOf, digestOf } from './support/images.ts';
import { startRegistry } from './support/registry.ts';
import type { TestRegistry } from './support/registry.ts';

let registry: TestRegistry;
before(async () => {
  registry = await startRegistry();
  await registry.call('CreateRepository', { repositoryName: 'large' });
});
after(async () => {
  assert.deepEqual(registry.errors, []);
  await registry.stop();
});

const begin = async (algorithm: string): Promise<string> => {
  const response = await registry.request('POST', `/v2/large/blobs/uploads/?digest-algorithm=${algorithm}`);
  return response.headers.get('location') ?? '';
};
const patch = async (location: string, body: Buffer): Promise<number> =>
  (await registry.request('PATCH', location, { body })).status;
const finish = (location: string, digest: string): Promise<Response> =>
  registry.request('PUT', `${location}?digest=${digest}`);
const pulled = async (digest: string): Promise<Buffer> =>
  Buffer.from(await (await registry.request('GET', `/v2/large/blobs/${digest}`)).arrayBuffer());

const pushInPieces = async (algorithm: string): Promise<void> => {
  const bytes = randomBytes(3_500_000);
  const location = await begin(algorithm);
  for (const [start, end] of [
    [0, 2_000_000],
    [2_000_000, 2_000_100],
    [2_000_100, 3_500_000],
  ]) {
    assert.equal(await patch(location, bytes.subarray(start, end)), 202);
  }
  const digest = digestOf(bytes, algorithm);
  assert.equal((await finish(location, digest)).status, 201);
  assert.deepEqual(await pulled(digest), bytes);
};

test('large layers have the digests of their bytes, many at once', async () => {
  await Promise.all(['sha256', 'sha512', 'sha256', 'sha512', 'sha256', 'sha256'].map(pushInPieces));
});

test('a large layer with a wrong digest is refused', async () => {
  const location = await begin('sha256');
  assert.equal(await patch(location, randomBytes(1_500_000)), 202);
  const response = await finish(location, digestOf('something else'));
  assert.equal(response.status, 400);
  assert.deepEqual(await codesOf(response), ['DIGEST_INVALID']);
});

test('a large chunk that is cut off leaves no trace in the digest', async () => {
  const bytes = randomBytes(4_000_000);
  const location = await begin('sha256');
  assert.equal(await patch(location, bytes.subarray(0, 1_500_000)), 202);
  const socket = connect(registry.port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(`PATCH ${location} HTTP/1.1\r\nHost: test\r\nAuthorization: ${registry.authorization}\r\n`);
  socket.write('Content-Length: 2500000\r\n\r\n');
  socket.write(bytes.subarray(1_500_000, 3_900_000));
  await sleep(50);
  socket.destroy();
  assert.equal(await patch(location, bytes.subarray(1_500_000)), 202);
  assert.equal((await finish(location, digestOf(bytes))).status, 201);
});

test('a thread that dies takes its hashes with it, and the next one hashes on', async () => {
  const threads = new HashThreads();
  const [lost, other] = [threads.open('sha256'), threads.open('sha256')];
  await lost.update(Buffer.from('hello'));
  lost.drop();
  // A thread has no other way to die than an order that makes no sense.
  await assert.rejects(lost.update(Buffer.from('more')), /no stream/);
  assert.equal(lost.isAlive, false);
  const next = threads.open('sha256');
  await next.update(Buffer.from('hello'));
  const copy = next.copy();
  await copy.update(Buffer.from(' world'));
  assert.equal(`sha256:${(await next.digest()).sha256}`, digestOf('hello'));
  assert.equal(`sha256:${(await copy.digest()).sha256}`, digestOf('hello world'));
  for (const hash of [other, next, copy]) hash.drop();
});
