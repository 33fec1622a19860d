/** Connections that are kept, and closed by the server just as the next request is sent. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer as createHttp, type RequestListener, type Server } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ConnectionError } from '@oreno/lxd';
import { openTransport, type Address, type HttpRequest, type Transport } from '../src/transport.ts';
import { selfSigned } from './support/certificate.ts';

/** A server that tells what it was asked for, and closes when it is told to. */
interface Closing {
  readonly transport: Transport;
  /** Methods, in their order. */
  readonly asked: string[];
  /** Closes the connections that it keeps. */
  close(): void;
  /** Reads the next request and closes its connection, having answered so much. */
  closeNext(answered: string): void;
  /** The status of answers to what is asked again. */
  status: number;
}

const listening = async (server: Server, at: string | undefined): Promise<void> => {
  await new Promise<void>((resolve) => {
    if (at === undefined) server.listen(0, '127.0.0.1', resolve);
    else server.listen(at, resolve);
  });
};

const start = async (kind: 'socket' | 'HTTPS', test: TestContext): Promise<Closing> => {
  const folder = await mkdtemp(join(tmpdir(), 'oreno-kept-'));
  const kept = new Set<Socket>();
  let cut: string | undefined;
  const closing = {
    asked: [] as string[],
    status: 200,
    close: () => {
      for (const socket of kept) socket.destroy();
    },
    closeNext: (answered: string) => void (cut = answered),
  };
  const answer: RequestListener = (request, response) => {
    closing.asked.push(request.method ?? '');
    if (cut === undefined) {
      response.writeHead(closing.status).end('{}');
      request.resume();
      return;
    }
    request.socket.end(cut);
    cut = undefined;
  };
  const pair = kind === 'HTTPS' ? await selfSigned('server') : undefined;
  const server = pair === undefined ? createHttp(answer) : createHttps(pair, answer);
  server.on(pair === undefined ? 'connection' : 'secureConnection', (socket: Socket) => kept.add(socket));
  const socket = join(folder, 'socket');
  await listening(server, pair === undefined ? socket : undefined);
  const { port } = server.address() as AddressInfo;
  const address: Address =
    pair === undefined ? { socket } : { url: `https://127.0.0.1:${port}`, tls: { ca: pair.cert } };
  const transport = openTransport(address);
  test.after(async () => {
    transport.close();
    server.close();
    closing.close();
    await rm(folder, { recursive: true });
  });
  return Object.assign(closing, { transport });
};

const ask = async (transport: Transport, request: Omit<HttpRequest, 'path'>): Promise<number | undefined> => {
  const response = await transport.request({ path: '/1.0', ...request });
  for await (const _ of response);
  return response.statusCode;
};

for (const kind of ['socket', 'HTTPS'] as const) {
  describe(`a kept connection of ${kind}`, () => {
    const begin = async (test: TestContext): Promise<Closing> => {
      const server = await start(kind, test);
      assert.equal(await ask(server.transport, { method: 'GET' }), 200);
      // The client keeps the connection when it has read the answer to its end.
      await sleep(10);
      return server;
    };

    const ifMatch = { 'If-Match': 'an ETag' };
    for (const request of [
      { method: 'GET' },
      { method: 'HEAD' },
      { method: 'DELETE' },
      { method: 'PUT', body: '{}', headers: ifMatch },
    ] as const) {
      it(`that is closed before ${request.method} arrives, or when it has, has it asked again`, async (test) => {
        const server = await begin(test);
        server.close();
        assert.equal(await ask(server.transport, request), 200);
        assert.deepEqual(server.asked, ['GET', request.method]);
        server.asked.length = 0;
        assert.equal(await ask(server.transport, { method: 'GET' }), 200);
        await sleep(10);
        server.closeNext('');
        assert.equal(await ask(server.transport, request), 200);
        assert.deepEqual(server.asked, ['GET', request.method, request.method]);
      });
    }

    it('that was closed is not taken for what may be done only once', async (test) => {
      for (const body of ['{}', Readable.from([Buffer.from('bytes')])]) {
        const server = await begin(test);
        server.close();
        assert.equal(await ask(server.transport, { method: 'POST', body }), 200);
        assert.deepEqual(server.asked, ['GET', 'POST']);
      }
    });

    it('that is closed with such a request is told', async (test) => {
      for (const request of [
        { method: 'POST', body: '{}' },
        { method: 'PUT', body: '{"action": "restart"}' },
        { method: 'GET', once: true },
      ] as const) {
        const server = await begin(test);
        server.closeNext('');
        await assert.rejects(ask(server.transport, request), (error) => {
          assert.ok(error instanceof ConnectionError);
          assert.match(error.message, /The connection was cut\..*not known/);
          return true;
        });
        assert.deepEqual(server.asked, ['GET', request.method]);
      }
    });

    it('that is closed in the middle of an answer is told', async (test) => {
      const server = await begin(test);
      server.closeNext('HTTP/1.1 200 OK\r\nContent-');
      await assert.rejects(ask(server.transport, { method: 'GET' }), ConnectionError);
      assert.deepEqual(server.asked, ['GET', 'GET']);
    });

    it('that is closed with a change is told where the change may have been done', async (test) => {
      const server = await begin(test);
      server.closeNext('');
      server.status = 412;
      await assert.rejects(ask(server.transport, { method: 'PUT', body: '{}', headers: ifMatch }), ConnectionError);
      assert.deepEqual(server.asked, ['GET', 'PUT', 'PUT']);
    });

    it('is not awaited for ever: what is closed on a new connection, too, is told', async (test) => {
      const server = await start(kind, test);
      server.closeNext('');
      await assert.rejects(ask(server.transport, { method: 'GET' }), ConnectionError);
      assert.deepEqual(server.asked, ['GET']);
    });
  });
}
