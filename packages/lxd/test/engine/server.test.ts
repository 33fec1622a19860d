/** The rest of a server, on the real LXD: archives, pools and volumes, logs, measurements, warnings. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { ConflictError, LxdError, NotFoundError } from '@oreno/lxd';
import { freePort } from '../../../../test/support/free-port.ts';
import { startLxd, type TestLxd } from '../../../../test/support/lxd.ts';

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

  it('are logs, and what the image says', async () => {
    const { logs, metadata } = world.lxd.instance('web');
    const names = await logs.list();
    assert.ok(names.includes('lxc.log'));
    assert.equal(typeof (await logs.read('lxc.log')), 'string');
    await assert.rejects(logs.read('none.log'), LxdError);
    await metadata.update(({ properties }) => ({ properties: { ...properties, seen: 'yes' } }));
    assert.equal((await metadata.get()).properties['seen'], 'yes');
  });

  it('are backups that another instance is made from, and images of instances', async () => {
    const { backups, files } = world.lxd.instance('web');
    await files.write('/root/state', 'before');
    const inAnHour = new Date(Math.floor(Date.now() / 1_000) * 1_000 + 3_600_000);
    await backups.create('nightly', { instanceOnly: true, compression: 'none', expiresAt: inAnHour });
    await backups.rename('nightly', 'daily');
    assert.deepEqual(
      (await backups.list()).map(({ name }) => name),
      ['daily'],
    );
    assert.equal(Date.parse((await backups.get('daily')).expires_at), inAnHour.getTime());
    const file = join(folder, 'daily.tar');
    await writeFile(file, await backups.open('daily'));
    await backups.delete('daily');
    await assert.rejects(backups.open('daily'), NotFoundError);
    await world.lxd.instances.importBackup(file, { name: 'again' });
    await assert.rejects(async () => world.lxd.instances.importBackup(file, { name: 'again' }), ConflictError);
    const again = world.lxd.instance('again');
    assert.equal((await again.files.read('/root/state')).toString(), 'before');
    const fingerprint = await world.lxd.images.publish('again', { alias: 'mine', properties: { os: 'mine' } });
    assert.equal((await world.lxd.images.byAlias('mine'))?.properties['os'], 'mine');
    assert.ok((await buffer(await world.lxd.images.open(fingerprint))).byteLength > 100_000);
    await world.lxd.instances.create({ name: 'copy', source: { fingerprint } });
    for (const name of ['again', 'copy']) await world.lxd.instance(name).delete();
    await world.lxd.images.delete(fingerprint);
  });

  it('are pools with volumes that move, are archives, and are gone back to', async () => {
    const { storagePools } = world.lxd;
    await storagePools.create({ name: 'second', driver: 'dir', config: {} });
    await assert.rejects(async () => storagePools.create({ name: 'second', driver: 'dir', config: {} }), LxdError);
    await storagePools.update('second', () => ({ description: 'another' }));
    assert.equal((await storagePools.get('second')).description, 'another');
    assert.ok(((await storagePools.resources('second')).space?.total ?? 0) > 0);
    const volumes = storagePools.volumes('default');
    await volumes.create({ name: 'data', config: {} });
    await volumes.snapshots('data').create({ name: 'clean' });
    await volumes.snapshots('data').restore('clean');
    await volumes.backups('data').create({ name: 'nightly', volume_only: true });
    const file = join(folder, 'volume.tar.gz');
    await writeFile(file, await volumes.backups('data').open('nightly'));
    await volumes.import(file, 'again');
    await volumes.rename('again', 'renamed');
    assert.equal((await volumes.get('renamed')).type, 'custom');
    await volumes.move('renamed', 'second', { name: 'moved' });
    await assert.rejects(volumes.get('renamed'), NotFoundError);
    assert.ok((await storagePools.volumes('second').all()).some(({ name }) => name === 'moved'));
    await storagePools.volumes('second').delete('moved');

    const web = world.lxd.instance('web');
    await web.update(({ devices }) => ({
      devices: { ...devices, data: { type: 'disk', pool: 'default', source: 'data', path: '/data' } },
    }));
    await web.files.write('/data/note', 'kept');
    await assert.rejects(async () => volumes.delete('data'), LxdError);
    await web.update(({ devices: { data: _, ...devices } }) => ({ devices }));
    await volumes.backups('data').delete('nightly');
    await volumes.snapshots('data').delete('clean');
    await volumes.delete('data');
    await storagePools.delete('second');
  });

  it('are buckets with keys and backups', async (test) => {
    const { lxd } = world;
    // Incus 7 by itself; Incus 6, and LXD from 5.5 on, with a MinIO beside them.
    if (!lxd.has('storage_buckets')) return test.skip('this server has no buckets');
    const address = `127.0.0.1:${await freePort()}`;
    try {
      await lxd.configure((config) => ({ ...config, 'core.storage_buckets_address': address }));
    } catch (error) {
      // LXD 6.9 has buckets of Ceph alone.
      if (error instanceof LxdError && /unknown key/i.test(error.text))
        return test.skip('this server serves none itself');
      throw error;
    }
    const buckets = lxd.storagePools.buckets('default');
    try {
      await buckets.create({ name: 'data', config: {}, description: '' });
    } catch (error) {
      if (error instanceof LxdError && /minio/i.test(error.text)) return test.skip('this server wants a MinIO');
      throw error;
    }
    await assert.rejects(async () => buckets.create({ name: 'data', config: {}, description: '' }), ConflictError);
    await buckets.update('data', () => ({ description: 'bytes' }));
    const [bucket] = await buckets.list();
    assert.deepEqual([bucket?.name, bucket?.description], ['data', 'bytes']);
    const keys = buckets.keys('data');
    await keys.create({ name: 'reader', role: 'read-only', description: '', 'access-key': '', 'secret-key': '' });
    const reader = await keys.get('reader');
    assert.equal(reader.role, 'read-only');
    assert.notEqual(reader['access-key'], '');
    await keys.delete('reader');
    await assert.rejects(keys.get('reader'), NotFoundError);
    const backups = buckets.backups('data');
    await backups.create({ name: 'nightly', compression_algorithm: 'none', expires_at: '0001-01-01T00:00:00Z' });
    assert.ok((await buffer(await backups.open('nightly'))).byteLength > 0);
    await backups.delete('nightly');
    await buckets.delete('data');
    assert.deepEqual(await buckets.list(), []);
    await lxd.configure(({ 'core.storage_buckets_address': _, ...config }) => config);
  });

  it('are measurements, warnings, operations and the machine', async () => {
    const samples = await world.lxd.metrics();
    assert.ok(
      samples.some(
        ({ name, labels, value }) => /^\w+_cpu_seconds_total$/.test(name) && labels['name'] === 'web' && value > 0,
      ),
    );
    const { warnings } = world.lxd;
    for (const { uuid } of await warnings.list()) {
      await warnings.acknowledge(uuid);
      assert.equal((await warnings.get(uuid)).status, 'acknowledged');
      await warnings.delete(uuid);
      await assert.rejects(warnings.get(uuid), NotFoundError);
    }
    const command = await world.lxd.instance('web').exec(['cat']);
    const running = (await world.lxd.operations.list()).find(({ description }) => description === 'Executing command');
    assert.equal((await world.lxd.operations.get(running?.id ?? '')).status, 'Running');
    command.stdin.end();
    assert.equal(await command.exitCode, 0);
    assert.ok('cpu' in (await world.lxd.resources()));
  });
});
