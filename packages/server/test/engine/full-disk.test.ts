/**
 * A server whose whole data folder is on a small file system of its own (loop-mounted ext4) that fills up: by a layer
 * that is larger than the disk, and by something else. What was acknowledged stays, nothing that was not pushed can be
 * read, and with room it goes on.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, openSync, rmSync, statfsSync, writeFileSync, closeSync, ftruncateSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { CreateRepositoryCommand, DescribeRepositoriesCommand, ECRClient } from '@aws-sdk/client-ecr';
import { startServer, type RunningServer } from '../../src/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'oreno-full-disk-'));
const disk = join(folder, 'disk');
const root = { accessKeyId: 'AKIATESTTESTTESTTEST', secretAccessKey: 'a-secret-of-forty-characters-for-a-test-' };
let server: RunningServer;
let client: ECRClient;
let mounted = false;

const free = (): number => {
  const { bavail, bsize } = statfsSync(disk);
  return bavail * bsize;
};
const start = async (): Promise<void> => {
  server = await startServer({
    listen: { host: '127.0.0.1', port: 0 },
    dataDir: join(disk, 'data'),
    account: '000000000000',
    region: 'us-east-1',
    root,
    log: () => undefined,
  });
  client = new ECRClient({ endpoint: server.origin, region: 'us-east-1', credentials: root, maxAttempts: 1 });
};
const stop = async (): Promise<void> => {
  client.destroy();
  await server.stop();
};

before(async () => {
  mkdirSync(disk);
  const image = join(folder, 'disk.img');
  const file = openSync(image, 'w');
  ftruncateSync(file, 48 << 20);
  closeSync(file);
  execFileSync('mkfs.ext4', ['-q', '-F', image]);
  execFileSync('mount', ['-o', 'loop', image, disk]);
  mounted = true;
  await start();
});
after(async () => {
  try {
    await stop();
  } finally {
    if (mounted) execFileSync('umount', [disk]);
    rmSync(folder, { recursive: true, force: true });
  }
});

const authorization = `Basic ${Buffer.from(`${root.accessKeyId}:${root.secretAccessKey}`).toString('base64')}`;
const ask = (method: string, path: string, body?: Uint8Array): Promise<Response> =>
  fetch(`${server.origin}${path}`, { method, headers: { authorization }, ...(body ? { body } : {}) });
const digestOf = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
const push = (bytes: Uint8Array): Promise<Response> =>
  ask('POST', `/v2/full/blobs/uploads/?digest=${digestOf(bytes)}`, bytes);

/** Sends that many zeros as one chunk of an upload until the server answers; what it answered, and how many went. */
const sendZeros = (location: string, size: number): Promise<{ readonly status: number; readonly sent: number }> =>
  new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(server.origin).port), '127.0.0.1');
    const block = Buffer.alloc(1 << 20);
    let sent = 0;
    let answer = '';
    const more = (): void => {
      while (answer === '' && sent < size) {
        sent += block.byteLength;
        if (!socket.write(block)) return;
      }
    };
    socket.write(
      `PATCH ${location} HTTP/1.1\r\nHost: registry\r\nAuthorization: ${authorization}\r\nContent-Length: ${size}\r\n\r\n`,
    );
    socket.on('drain', more);
    socket.on('data', (chunk) => {
      answer += chunk.toString();
      socket.destroy();
      resolve({ status: Number(answer.split(' ')[1]), sent });
    });
    socket.on('error', (error) => (answer === '' ? reject(error) : undefined));
    more();
  });

test('a layer of 5 GiB is refused when the disk is full, and leaves nothing there', async () => {
  await client.send(new CreateRepositoryCommand({ repositoryName: 'full' }));
  const kept = Buffer.from('a layer that was pushed before');
  assert.equal((await push(kept)).status, 201);
  const before = free();
  const location = (await ask('POST', '/v2/full/blobs/uploads/')).headers.get('location') ?? '';
  const { status, sent } = await sendZeros(location, 5 * 1024 ** 3);
  assert.equal(status, 507);
  assert.ok(sent < 1024 ** 3, 'the answer comes when the disk is full');
  assert.ok(free() > before - (2 << 20), 'what was received is given back');
  assert.equal((await ask('GET', location)).headers.get('range'), '0-0');
  assert.equal(await (await ask('GET', `/v2/full/blobs/${digestOf(kept)}`)).text(), kept.toString());
  assert.equal((await push(Buffer.alloc(1 << 20, 1))).status, 201);
});

test('a disk that something else filled costs nothing that was acknowledged', async () => {
  const filler = join(disk, 'filler');
  for (let size = free(); size >= 4096; size = Math.floor(size / 2)) {
    try {
      writeFileSync(filler, Buffer.alloc(size), { flag: 'a' });
    } catch {
      // As much as there is room for.
    }
  }
  const layer = Buffer.alloc(2 << 20, 2);
  assert.equal((await push(layer)).status, 507);
  assert.equal((await ask('HEAD', `/v2/full/blobs/${digestOf(layer)}`)).status, 404);
  const made: string[] = [];
  let refused: { readonly name: string; readonly $metadata: { readonly httpStatusCode?: number } } | undefined;
  for (let index = 0; index < 3_000 && refused === undefined; index += 1) {
    const repositoryName = `made/${index}-${'x'.repeat(200)}`;
    await client.send(new CreateRepositoryCommand({ repositoryName })).then(
      () => made.push(repositoryName),
      (error: unknown) => {
        refused = error as typeof refused;
      },
    );
  }
  assert.deepEqual([refused?.name, refused?.$metadata.httpStatusCode], ['ServerException', 500]);
  assert.equal((await ask('GET', '/v2/full/tags/list')).status, 200, 'reading goes on');
  rmSync(filler);
  assert.equal((await push(layer)).status, 201);
  await client.send(new CreateRepositoryCommand({ repositoryName: 'with-room-again' }));
  await stop();
  await start();
  const names = new Set<string | undefined>();
  let nextToken: string | undefined;
  do {
    const page = await client.send(new DescribeRepositoriesCommand({ maxResults: 1000, nextToken }));
    page.repositories?.forEach(({ repositoryName }) => names.add(repositoryName));
    ({ nextToken } = page);
  } while (nextToken !== undefined);
  assert.deepEqual(
    [...made, 'full', 'with-room-again'].filter((name) => !names.has(name)),
    [],
  );
  assert.equal(names.size, made.length + 2, 'what was refused is not half there');
});
