import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';
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
