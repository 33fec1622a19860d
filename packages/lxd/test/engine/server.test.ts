/** The rest of a server, on the real LXD: snapshots, backups, images, profiles, networks, storage, trust, events. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import {
  ChangedError,
  ConflictError,
  connect,
  connectByToken,
  ConnectionError,
  ForbiddenError,
  NotFoundError,
  pinned,
  type LxdEvent,
} from '@oreno/lxd';
import { startLxd, type TestLxd } from '../../../../test/support/lxd.ts';

const run = promisify(execFile);

describe("an LXD server's resources", () => {
  let world: TestLxd;
  let folder: string;
  before(async () => {
    world = await startLxd();
    folder = await mkdtemp(join(tmpdir(), 'oreno-lxd-test-'));
    await world.lxd.instances.create({ name: 'web', source: { image: world.image } });
    await world.lxd.instance('web').start();
  });
  after(async () => {
    await world.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('are snapshots that can be gone back to', async () => {
    const { files, snapshots, ...web } = world.lxd.instance('web');
    await files.write('/root/state', 'before');
    await snapshots.create('clean', { expiresAt: new Date(Date.now() + 3_600_000) });
    await files.write('/root/state', 'after');
    await snapshots.restore('clean');
    assert.equal((await files.read('/root/state')).toString(), 'before');
    await snapshots.rename('clean', 'first');
    await snapshots.setExpiry('first', undefined);
    const [listed] = await snapshots.list();
    assert.deepEqual([listed?.name, listed?.expires_at], ['first', '0001-01-01T00:00:00Z']);
    await snapshots.delete('first');
    assert.deepEqual(await snapshots.list(), []);
    assert.deepEqual(
      await web.logs.list(),
      ['lxc.conf', 'lxc.log'].filter((name) => name !== ''),
    );
    assert.match(await web.logs.read('lxc.conf'), /lxc\./);
    assert.equal(typeof (await web.metadata.get()).architecture, 'string');
  });

  it('are backups that another instance is made from', async () => {
    const { backups } = world.lxd.instance('web');
    await backups.create('nightly', { instanceOnly: true, compression: 'none' });
    const file = join(folder, 'nightly.tar');
    await writeFile(file, await backups.open('nightly'));
    await backups.delete('nightly');
    await world.lxd.instances.importBackup(file, { name: 'again' });
    const again = world.lxd.instance('again');
    assert.equal((await again.files.read('/root/state')).toString(), 'before');
    const told: string[] = [];
    const fingerprint = await world.lxd.images.publish('again', { alias: 'mine', properties: { os: 'mine' } });
    assert.equal((await world.lxd.images.byAlias('mine'))?.fingerprint, fingerprint);
    assert.ok((await buffer(await world.lxd.images.open(fingerprint))).byteLength > 100_000);
    await world.lxd.instances.create({ name: 'copy', source: { fingerprint } }).onProgress((text) => told.push(text));
    for (const name of ['again', 'copy']) await world.lxd.instance(name).delete();
    await world.lxd.images.delete(fingerprint);
  });

  it('are profiles, networks, pools and projects, made, changed and deleted alike', async () => {
    const { profiles, networks, storagePools, projects } = world.lxd;
    await profiles.create({ name: 'small', config: { 'limits.cpu': '1' }, devices: {} });
    await assert.rejects(async () => profiles.create({ name: 'small' }), ConflictError);
    const { client } = world.lxd;
    const path = '/profiles/small';
    const stale = await client.call({ method: 'GET', path });
    for (const key of ['a', 'b']) {
      await profiles.update('small', ({ config }) => ({ config: { ...config, [`user.${key}`]: key } }));
    }
    const json = { config: {}, devices: {}, description: 'stale' };
    const overwrite = client.call({ method: 'PUT', path, json, headers: { 'if-match': stale.etag } });
    await assert.rejects(overwrite, ChangedError);
    const { config } = await profiles.get('small');
    assert.deepEqual(Object.keys(config).toSorted(), ['limits.cpu', 'user.a', 'user.b']);
    await profiles.rename('small', 'tiny');
    await profiles.delete('tiny');
    await assert.rejects(profiles.get('tiny'), NotFoundError);

    assert.ok((await networks.list()).some(({ name, managed }) => name === world.bridge && managed));
    assert.equal((await networks.state(world.bridge)).state, 'up');
    assert.ok(Array.isArray(await networks.leases(world.bridge)));
    assert.deepEqual(await networks.forwards(world.bridge).list(), []);

    const volumes = storagePools.volumes('default');
    await volumes.create({ name: 'data', config: {} });
    assert.deepEqual(
      (await volumes.list()).map(({ name }) => name),
      ['data'],
    );
    await volumes.delete('data');
    assert.ok(((await storagePools.resources('default')).space?.total ?? 0) > 0);

    await projects.create({ name: 'blue', config: { 'features.images': 'false', 'features.profiles': 'false' } });
    const blue = world.lxd.project('blue');
    await blue.instances.create({ name: 'web', source: { image: world.image } });
    assert.deepEqual(
      (await blue.instances.list()).map(({ project }) => project),
      ['blue'],
    );
    await blue.instance('web').delete();
    await projects.delete('blue');
  });

  it('are events as they happen', async () => {
    const stopping = new AbortController();
    const seen: LxdEvent[] = [];
    const ready = Promise.withResolvers<void>();
    const reading = (async () => {
      const options = { types: ['lifecycle'] as const, signal: stopping.signal, onConnect: () => ready.resolve() };
      for await (const event of world.lxd.events(options)) seen.push(event);
    })();
    await ready.promise;
    await world.lxd.instance('web').freeze();
    await world.lxd.instance('web').unfreeze();
    await world.lxd.instance('web').waitFor.until('the events', async () => (seen.length >= 2 ? true : undefined));
    stopping.abort();
    await reading;
    assert.deepEqual(
      seen.map(({ metadata }) => metadata['action']),
      ['instance-paused', 'instance-resumed'],
    );
  });

  it('are measurements, warnings, operations and the machine', async () => {
    const samples = await world.lxd.metrics();
    assert.ok(
      samples.some(
        ({ name, labels, value }) => name === 'lxd_cpu_seconds_total' && labels['name'] === 'web' && value > 0,
      ),
    );
    assert.ok(Array.isArray(await world.lxd.warnings.list()));
    assert.ok(Array.isArray(await world.lxd.operations.list()));
    assert.ok('cpu' in (await world.lxd.resources()));
    assert.equal(world.lxd.has('instances'), true);
  });

  it('are open over the network to whom a token lets in, and to the pinned server alone', async () => {
    const address = '127.0.0.1:18443';
    await world.lxd.configure((config) => ({ ...config, 'core.https_address': address }));
    const subject = ['-subj', '/CN=oreno-test', '-days', '2', '-nodes'];
    const [key, cert] = [join(folder, 'client.key'), join(folder, 'client.crt')];
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:secp384r1'];
    await run('openssl', ['req', '-x509', ...curve, '-keyout', key, '-out', cert, ...subject]);
    const ca = readFileSync(join(world.folder, 'server.crt'), 'utf8');
    const own = { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
    const tls = { ...own, ca, checkServerIdentity: () => undefined };
    const far = await connect({ url: `https://${address}`, tls });
    assert.equal(far.server.auth, 'untrusted');
    await assert.rejects(far.instances.list(), ForbiddenError);
    await assert.rejects(far.certificates.trustMe('wrong'), ForbiddenError);
    const token = await world.lxd.certificates.token('tester');
    await far.certificates.trustMe(token);
    assert.equal((await far.instances.list())[0]?.name, 'web');
    assert.equal((await far.instance('web').run(['echo', 'far'])).stdout, 'far\n');
    far.close();
    await world.lxd.certificates.delete((await world.lxd.certificates.list())[0]?.fingerprint ?? '');
    const near = await connectByToken({ token: await world.lxd.certificates.token('tester'), ...own });
    assert.equal(near.server.auth, 'trusted');
    near.close();
    await assert.rejects(connectByToken({ token: 'nonsense', ...own }), /no trust token/);
    await assert.rejects(pinned(`https://${address}`, '00'.repeat(32)), /not the pinned one/);
    await assert.rejects(pinned('https://127.0.0.1:1', '00'), ConnectionError);
    await assert.rejects(connect({ url: `https://${address}`, tls: own }), /certificate/i);
    const [trusted] = await world.lxd.certificates.list();
    assert.equal(trusted?.name, 'tester');
    await world.lxd.certificates.delete(trusted?.fingerprint ?? '');
    await world.lxd.configure(({ 'core.https_address': _, ...config }) => config);
  });
});
