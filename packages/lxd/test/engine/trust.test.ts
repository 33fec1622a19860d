/** HTTPS with certificates, tokens and pins, on the real LXD. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { connect, connectByToken, ConnectionError, ForbiddenError, NotFoundError, pinned } from '@oreno/lxd';
import { freePort } from '../../../../test/support/free-port.ts';
import { startLxd, type TestLxd } from '../../../../test/support/lxd.ts';
import { selfSigned, type KeyPair } from '../support/certificate.ts';

const run = promisify(execFile);
const address = `127.0.0.1:${await freePort()}`;
const url = `https://${address}`;

/** What a server is told of a certificate: base 64 of its DER. */
const der = ({ cert }: KeyPair): string => cert.replaceAll(/-----[^-]+-----|\n/g, '');

describe('an LXD server over the network', () => {
  let world: TestLxd;
  let own: KeyPair;
  before(async () => {
    world = await startLxd();
    own = await selfSigned('oreno-test');
    await world.lxd.configure((config) => ({ ...config, 'core.https_address': address }));
    await world.lxd.instances.create({ name: 'web', source: { image: world.image } });
    await world.lxd.instance('web').start();
  });
  after(async () => {
    await world.lxd.configure(({ 'core.https_address': _, ...config }) => config);
    await world.stop();
  });

  /** Nobody is trusted any more. */
  const forget = async (): Promise<void> => {
    for (const { fingerprint } of await world.lxd.certificates.list()) await world.lxd.certificates.delete(fingerprint);
  };

  it('lets in whom a token lets in', async () => {
    const ca = readFileSync(join(world.folder, 'server.crt'), 'utf8');
    const tls = { ...own, ca, checkServerIdentity: () => undefined };
    const far = await connect({ url, tls });
    assert.equal(far.server.auth, 'untrusted');
    await assert.rejects(far.instances.list(), ForbiddenError);
    await assert.rejects(far.certificates.trustMe('wrong'), ForbiddenError);
    await far.certificates.trustMe(await world.lxd.certificates.token('tester'));
    assert.equal((await far.instances.list())[0]?.name, 'web');
    assert.equal((await far.instance('web').run(['echo', 'far'])).stdout, 'far\n');
    const stopping = new AbortController();
    for await (const { metadata } of far.events({
      types: ['lifecycle'],
      signal: stopping.signal,
      onConnect: () => void world.lxd.instance('web').freeze(),
    })) {
      assert.equal(metadata['action'], 'instance-paused');
      break;
    }
    await far.instance('web').unfreeze();
    far.close();
    await forget();

    const near = await connectByToken({ token: await world.lxd.certificates.token('tester'), ...own });
    assert.equal(near.server.auth, 'trusted');
    near.close();
    await assert.rejects(connectByToken({ token: 'nonsense', ...own }), /no trust token/);
    await forget();
  });

  it('lets in whom a token of an identity lets in, to what its groups may see', async (test) => {
    const { lxd } = world;
    if (!lxd.has('access_management_tls')) return test.skip('this server has no identities of certificates');
    const json = { name: 'fine', token: true };
    const { envelope } = await lxd.client.call({ method: 'POST', path: '/auth/identities/tls', json });
    const token = Buffer.from(JSON.stringify(envelope.metadata)).toString('base64');
    const fine = await selfSigned('fine');
    const far = await connectByToken({ token, ...fine });
    assert.equal(far.server.auth, 'trusted');
    await assert.rejects(far.instances.list(), NotFoundError);
    await assert.rejects(connectByToken({ token, ...(await selfSigned('later')) }), ForbiddenError);

    const permissions = [
      { entity_type: 'project', url: '/1.0/projects/default', entitlement: 'can_view_instances' },
      { entity_type: 'project', url: '/1.0/projects/default', entitlement: 'can_view' },
    ];
    await lxd.client.call({ method: 'POST', path: '/auth/groups', json: { name: 'viewers', permissions } });
    const identity = { method: 'PATCH', path: '/auth/identities/tls/fine' } as const;
    await lxd.client.call({ ...identity, json: { groups: ['viewers'] } });
    assert.deepEqual(
      (await far.instances.list()).map(({ name }) => name),
      ['web'],
    );
    await assert.rejects(async () => far.instance('web').stop({ force: true }), ForbiddenError);
    far.close();
    await lxd.client.call({ method: 'DELETE', path: identity.path });
    await lxd.client.call({ method: 'DELETE', path: '/auth/groups/viewers' });
  });

  it('lets in whose certificate was added, to what it may see, until it is taken away', async () => {
    const { certificates, projects } = world.lxd;
    await projects.create({ name: 'blue', config: { 'features.images': 'false', 'features.profiles': 'false' } });
    await certificates.add({ name: 'added', certificate: der(own), restricted: true, projects: ['blue'] });
    const [added] = await certificates.list();
    assert.deepEqual([added?.name, added?.restricted, added?.projects], ['added', true, ['blue']]);
    const { environment } = world.lxd.server;
    const tls = { ...own, ...(await pinned(url, environment.certificate_fingerprint)) };
    const far = await connect({ url, tls, project: 'blue' });
    assert.deepEqual(await far.instances.list(), []);
    await assert.rejects(far.project('default').instances.list(), ForbiddenError);
    await certificates.update(added?.fingerprint ?? '', (before) => ({ ...before, restricted: false, projects: [] }));
    assert.equal((await far.project('default').instances.list()).length, 1);
    far.close();
    await forget();
    await projects.delete('blue');
  });

  it('is taken for another one unless it shows the certificate that is trusted', async () => {
    await assert.rejects(pinned(url, '00'.repeat(32)), /not the pinned one/);
    await assert.rejects(pinned('https://127.0.0.1:1', '00'), ConnectionError);
    const wrong = await selfSigned('another');
    for (const tls of [own, { ...own, ca: wrong.cert, checkServerIdentity: () => undefined }]) {
      await assert.rejects(connect({ url, tls }), (error) => {
        assert.ok(error instanceof ConnectionError);
        assert.match(error.message, /^GET \/1\.0: https:\/\/127\.0\.0\.1:\d+: .*certificate.* is not the one trusted/);
        return true;
      });
    }
  });

  it('is a remote of the lxc program', async (test) => {
    const folder = await mkdtemp(join(tmpdir(), 'oreno-lxc-'));
    const before = process.env['LXD_CONF'];
    try {
      if (world.lxd.server.environment.server !== 'lxd') return test.skip('lxc is the program of LXD');
      const token = await world.lxd.certificates.token('lxc');
      const env = { ...process.env, LXD_CONF: folder };
      await run('lxc', ['remote', 'add', 'far', token], { env });
      await run('lxc', ['remote', 'add', 'near', `unix://${world.socket}`], { env });
      process.env['LXD_CONF'] = folder;
      for (const remote of ['far', 'near']) {
        const lxd = await connect({ remote });
        assert.equal(lxd.server.auth, 'trusted');
        assert.equal((await lxd.instances.list())[0]?.name, 'web');
        lxd.close();
      }
      await forget();
    } finally {
      if (before === undefined) delete process.env['LXD_CONF'];
      else process.env['LXD_CONF'] = before;
      await rm(folder, { recursive: true, force: true });
    }
  });
});
