/** A command that has ended, and a server that has closed, before a busy client comes to read: its output is there. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Worker } from 'node:worker_threads';
import { connect, type Lxd } from '@oreno/lxd';
import { run } from '../src/exec.ts';

/** Answers as LXD 5.0.2 does: pings with the handshake, and closes behind the last frame. In a thread, as this one is busy. */
const server = `
const { createServer } = require('node:http');
const { parentPort, workerData } = require('node:worker_threads');
const { WebSocketServer } = require(workerData.ws);
const sockets = new WebSocketServer({ noServer: true });
const state = { id: 'op', class: 'websocket', description: 'Executing command', status_code: 200, status: 'Success' };
const fds = { 0: 'in', 1: 'out', 2: 'err', control: 'control' };
const open = new Map();
let end;
const ended = new Promise((resolve) => (end = resolve));
const http = createServer(async (request, response) => {
  request.resume();
  const { pathname } = new URL(request.url, 'http://lxd');
  const answer = (metadata, more) => response.end(JSON.stringify({ type: 'sync', metadata, ...more }));
  if (pathname === '/1.0') return answer({ api_extensions: [], environment: { server: 'lxd', server_version: '5.0.2' } });
  if (pathname.endsWith('/exec')) {
    return answer({ ...state, metadata: { fds } }, { type: 'async', operation: '/1.0/operations/op' });
  }
  await ended;
  answer({ ...state, metadata: { return: 0 } });
});
http.on('upgrade', (request, socket, head) => {
  sockets.handleUpgrade(request, socket, head, (connection) => {
    connection.on('error', () => {});
    connection.ping('keepalive');
    open.set(new URL(request.url, 'http://lxd').searchParams.get('secret'), connection);
    if (open.size === 4) setTimeout(finish, 30);
  });
});
const finish = () => {
  for (const fd of ['out', 'err']) {
    open.get(fd).send(Buffer.from(fd + '\\n'));
    open.get(fd).send('', { binary: false });
  }
  setImmediate(() => {
    for (const connection of open.values()) connection.terminate();
    open.clear();
    end();
  });
};
http.listen(workerData.socket, () => parentPort.postMessage('ready'));
`;

const block = (milliseconds: number): void => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
};

describe('the output of a command that ends at once', () => {
  let folder: string;
  let worker: Worker;
  let lxd: Lxd;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'oreno-exec-'));
    const socket = join(folder, 'unix.socket');
    const ws = import.meta
      .resolve('ws')
      .replace('file://', '')
      .replace(/wrapper\.mjs$/, 'index.js');
    worker = new Worker(server, { eval: true, workerData: { socket, ws } });
    await new Promise((resolve) => worker.once('message', resolve));
    lxd = await connect({ socket });
  });
  after(async () => {
    lxd.close();
    await worker.terminate();
    rmSync(folder, { recursive: true, force: true });
  });

  it('is whole though the client was busy while the server closed', async () => {
    const { operationSocket } = lxd.client.transport;
    let open = 0;
    const transport = {
      ...lxd.client.transport,
      operationSocket: (...given: Parameters<typeof operationSocket>) => {
        const socket = operationSocket(...given);
        // The last of the four is connected: from here on everything happens while this thread is held up.
        socket.prependListener('open', () => {
          open += 1;
          if (open === 4) block(150);
        });
        return socket;
      },
    };
    const result = await run({ ...lxd.client, transport }, 'web', ['true']);
    assert.deepEqual(result, { exitCode: 0, stdout: 'out\n', stderr: 'err\n' });
  });
});
