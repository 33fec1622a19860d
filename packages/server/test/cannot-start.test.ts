import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { CannotStart, startServer, type ServerOptions } from '../src/index.ts';

describe('a server that cannot start', () => {
  let dataDir: string;
  before(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'oreno-start-'));
  });
  after(() => rm(dataDir, { recursive: true, force: true }));

  const options = (port: number): ServerOptions => ({
    listen: { host: '127.0.0.1', port },
    dataDir,
    account: '000000000000',
    region: 'us-east-1',
    log: () => {},
  });

  it('names the port that is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as AddressInfo;
    await assert.rejects(startServer(options(port)), (error) => {
      assert.ok(error instanceof CannotStart);
      assert.match(error.message, new RegExp(`port ${port} on 127.0.0.1 is taken`));
      return true;
    });
    other.close();
  });

  it('names the folder that another server uses', async () => {
    const first = await startServer(options(0));
    await assert.rejects(startServer(options(0)), (error) => {
      assert.ok(error instanceof CannotStart);
      assert.match(error.message, /is in use by process \d+/);
      return true;
    });
    await first.stop();
  });
});
