/** What moves between servers, what is seen on a console, and volumes as archives, on the real LXD. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { connect, LxdError, NotFoundError, type Lxd } from '@oreno/lxd';
import { startLxd, type TestLxd } from '../../../../test/support/lxd.ts';

const address = '127.0.0.1:18444';

describe('between LXD servers', () => {
  let world: TestLxd;
  let lxd: Lxd;
  let folder: string;
  before(async () => {
    world = await startLxd();
    folder = await mkdtemp(join(tmpdir(), 'oreno-lxd-moves-'));
    await world.lxd.instances.create({ name: 'web', source: { image: world.image }, config: { 'user.own': 'yes' } });
    await world.lxd.instance('web').files.write('/root/note', 'moved');
    await world.lxd.configure((config) => ({ ...config, 'core.https_address': address }));
    // Connected again, as the server tells its addresses at the beginning.
    lxd = await connect({ socket: world.socket });
  });
  after(async () => {
    lxd.close();
    await world.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('instances move by pull, push and relay, with what they are', async () => {
    for (const mode of ['pull', 'push', 'relay'] as const) {
      const state = await lxd.instance('web').migrate(lxd, { name: `by-${mode}`, mode });
      assert.equal(state.status_code, 200);
      const moved = lxd.instance(`by-${mode}`);
      assert.equal((await moved.files.read('/root/note')).toString(), 'moved');
      assert.equal((await moved.get()).config['user.own'], 'yes');
      await moved.delete();
    }
    await assert.rejects(lxd.instance('none').migrate(lxd, { name: 'other' }), NotFoundError);
    await assert.rejects(world.lxd.instance('web').migrate(world.lxd, { name: 'other' }), (error) => {
      assert.ok(error instanceof LxdError);
      assert.match(error.message, /core\.https_address/);
      return true;
    });
    assert.deepEqual(
      (await lxd.instances.list()).map(({ name }) => name),
      ['web'],
    );
    const left = (await lxd.operations.list()).filter(({ status_code: code }) => code === 103);
    assert.deepEqual(
      left.map(({ description }) => description),
      [],
    );
  });

  it('a console shows what the instance writes on it', async () => {
    const web = lxd.instance('web');
    await web.start();
    const { stream, resize, detach } = await web.console.attach({ width: 100, height: 30 });
    let seen = '';
    stream.on('data', (chunk: Buffer) => (seen += chunk.toString()));
    resize({ width: 90, height: 20 });
    await web.waitFor.until(
      'the words',
      async () => {
        await web.run(['sh', '-c', 'echo hello console >/dev/console']);
        return seen.includes('hello console') ? true : undefined;
      },
      { timeout: 10_000 },
    );
    await detach();
    assert.match(await web.console.log(), /hello console/);
    await web.stop({ force: true });
  });

  it('volumes are archives, snapshots that are gone back to, and move', async () => {
    const volumes = lxd.storagePools.volumes('default');
    await volumes.create({ name: 'data', config: {} });
    await volumes.snapshots('data').create({ name: 'clean' });
    await volumes.snapshots('data').restore('clean');
    await volumes.backups('data').create({ name: 'nightly', volume_only: true });
    const file = join(folder, 'volume.tar.gz');
    await writeFile(file, await volumes.backups('data').open('nightly'));
    await volumes.import(file, 'again');
    await volumes.rename('again', 'renamed');
    assert.equal((await volumes.get('renamed')).type, 'custom');
    await volumes.backups('data').delete('nightly');
    await volumes.snapshots('data').delete('clean');
    for (const name of ['data', 'renamed']) await volumes.delete(name);
    const forwards = lxd.networks.forwards(world.bridge);
    await forwards.create({ listen_address: '192.0.2.10', config: {} });
    assert.equal((await forwards.get('192.0.2.10')).listen_address, '192.0.2.10');
    await forwards.delete('192.0.2.10');
    assert.equal(typeof (await lxd.projects.state('default')).resources['instances']?.Usage, 'number');
  });
});
