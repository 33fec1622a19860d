import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { startServer, type RunningServer } from '@oreno/server';
import { askCredentials, renewedCredentials } from '../src/instance-credentials.ts';

const region = 'us-east-1';
const hour = 3_600_000;

describe('the credentials of an instance', () => {
  let folder: string;
  let server: RunningServer;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'oreno-renew-'));
    const listen = { host: '127.0.0.1', port: 0 };
    server = await startServer({ listen, dataDir: join(folder, 's'), account: '000000000000', region, log: () => {} });
  });
  after(async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const fileWith = async (name: string): Promise<string> => {
    const file = join(folder, `${name}.json`);
    const common = { endpoint: server.origin, region, credentials: server.rootAccessKey };
    await writeFile(file, JSON.stringify(await askCredentials({ ...common, name })));
    return file;
  };

  it('are renewed at half their life, and kept for the next start', async () => {
    const file = await fileWith('web-1');
    let later = 0;
    const now = (): number => Date.now() + later;
    const provider = renewedCredentials({ file, endpoint: server.origin, region, now, log: () => {} });
    const first = await provider();
    later = 5 * hour;
    assert.equal((await provider()).accessKeyId, first.accessKeyId);
    later = 13 * hour;
    const second = await provider();
    assert.notEqual(second.accessKeyId, first.accessKeyId);
    assert.ok((await readFile(file, 'utf8')).includes(second.accessKeyId));
    assert.equal((await stat(file)).mode & 0o777, 0o600);
  });

  it('go on being used while the server cannot be asked', async () => {
    const file = await fileWith('web-2');
    const told: string[] = [];
    const log = (_: string, message: string): unknown => told.push(message);
    const now = (): number => Date.now() + 13 * hour;
    const provider = renewedCredentials({ file, endpoint: 'http://127.0.0.1:1', region, now, log });
    const first = await provider();
    assert.ok(first.sessionToken);
    assert.deepEqual(told, ['the credentials of the instance were not renewed']);
  });

  it('are missed with a word on how to get them', () => {
    const options = { file: join(folder, 'none'), endpoint: server.origin, region, now: Date.now, log: () => {} };
    assert.throws(() => renewedCredentials(options), /oreno instances renew NAME/);
  });
});
