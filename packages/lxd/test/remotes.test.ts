import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { connect, ConnectionError, NotFoundError } from '@oreno/lxd';
import { remoteOptions } from '../src/remotes.ts';

const config = `
default-remote: far
remotes:
  far: { addr: "https://10.0.0.7:8443", auth_type: tls, project: blue, protocol: lxd, public: false }
  images: { addr: https://example.org, protocol: simplestreams, public: true }
  local: { addr: "unix://", public: false }
  other: { addr: "unix:///srv/lxd/unix.socket" }
`;

describe('remotes', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'oreno-remotes-'));
    mkdirSync(join(folder, 'servercerts'));
    writeFileSync(join(folder, 'config.yml'), config);
    writeFileSync(join(folder, 'client.crt'), 'CERT');
    writeFileSync(join(folder, 'client.key'), 'KEY');
    writeFileSync(join(folder, 'servercerts', 'far.crt'), 'SERVER');
  });
  after(() => rmSync(folder, { recursive: true }));

  it('are read as the lxc program keeps them', () => {
    const { url, project, tls } = remoteOptions('far', folder);
    assert.deepEqual(
      [url, project, tls?.cert, tls?.key, tls?.ca],
      ['https://10.0.0.7:8443', 'blue', 'CERT', 'KEY', 'SERVER'],
    );
    assert.deepEqual(remoteOptions('other', folder), { socket: '/srv/lxd/unix.socket' });
    assert.deepEqual(remoteOptions('local', folder), {});
  });

  it('need no configuration to be local, and a word on how to add another', () => {
    assert.deepEqual(remoteOptions('local', join(folder, 'none')), {});
    assert.throws(() => remoteOptions('near', folder), NotFoundError);
    assert.throws(() => remoteOptions('near', folder), /lxc remote add near/);
    assert.throws(() => remoteOptions('images', folder), /no instances/);
  });

  it('end in an error that says so when the host never answers', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const url = `https://127.0.0.1:${port}`;
    await assert.rejects(connect({ url, connectTimeout: 50 }), (error) => {
      assert.ok(error instanceof ConnectionError);
      assert.match(error.message, /https:\/\/127\.0\.0\.1:\d+: no connection within 0\.05 s.*firewall/s);
      return true;
    });
    silent.close();
  });
});
