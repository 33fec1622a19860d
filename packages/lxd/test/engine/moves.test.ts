/** What moves from one connection to another, and what is seen on a console, on the real LXD. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { connect, connectByToken, LxdError, NotFoundError, pinned, type Lxd } from '@oreno/lxd';
import { freePort } from '../../../../test/support/free-port.ts';
import { startLxd, type TestLxd } from '../../../../test/support/lxd.ts';
import { startProxy, type Proxy } from '../../../../test/support/proxy.ts';
import { selfSigned } from '../support/certificate.ts';

const port = await freePort();

describe('between LXD servers', () => {
  let world: TestLxd;
  let proxy: Proxy;
  let near: Lxd;
  /**
   * The same server over the network. Its proxy lets a migration's sockets through one after the other: LXD 5.0.2 ends
   * with a panic ("close of closed channel") when it gets two at the same moment.
   */
  let far: Lxd;
  before(async () => {
    world = await startLxd();
    const { lxd } = world;
    await lxd.instances.create({ name: 'web', source: { image: world.image }, config: { 'user.own': 'yes' } });
    await lxd.instance('web').files.write('/root/note', 'moved');
    await lxd.instance('web').snapshots.create('first');
    await lxd.configure((config) => ({ ...config, 'core.https_address': `127.0.0.1:${port}` }));
    const own = await selfSigned('oreno-test');
    (await connectByToken({ token: await lxd.certificates.token('tester'), ...own })).close();
    // Connected again, as the server tells its addresses at the beginning.
    near = await connect({ socket: world.socket });
    proxy = await startProxy({ to: { port, host: '127.0.0.1' }, apart: 100 });
    const url = `https://127.0.0.1:${proxy.port}`;
    far = await connect({
      url,
      tls: { ...own, ...(await pinned(url, lxd.server.environment.certificate_fingerprint)) },
    });
  });
  after(async () => {
    far.close();
    await proxy.close();
    for (const { fingerprint } of await near.certificates.list()) await near.certificates.delete(fingerprint);
    await near.configure(({ 'core.https_address': _, ...config }) => config);
    near.close();
    await world.stop();
  });

  for (const mode of ['pull', 'push', 'relay'] as const) {
    it(`an instance moves by ${mode}, with what it is`, async () => {
      // Whoever is dialled is the one behind the proxy.
      const [from, to] = mode === 'push' ? [near, far] : [far, near];
      const state = await from.instance('web').migrate(to, { name: 'moved', mode, instanceOnly: mode === 'push' });
      assert.equal(state.status_code, 200);
      const moved = near.instance('moved');
      assert.equal((await moved.files.read('/root/note')).toString(), 'moved');
      assert.equal((await moved.get()).config['user.own'], 'yes');
      assert.equal((await moved.snapshots.list()).length, mode === 'push' ? 0 : 1);
      await moved.delete();
    });
  }

  it('nothing is left of a move that fails', async () => {
    await assert.rejects(near.instance('none').migrate(near, { name: 'other' }), NotFoundError);
    await assert.rejects(near.instance('web').migrate(near, { name: 'other', pool: 'none' }), NotFoundError);
    await assert.rejects(far.instance('web').migrate(near, { name: 'web' }), LxdError);
    await assert.rejects(world.lxd.instance('web').migrate(near, { name: 'other' }), (error) => {
      assert.ok(error instanceof LxdError);
      assert.match(error.message, /core\.https_address/);
      return true;
    });
    assert.deepEqual(
      (await near.instances.list()).map(({ name }) => name),
      ['web'],
    );
    const { waitFor } = near.instance('web');
    await waitFor.until('the end of what was begun', async () => {
      const running = (await near.operations.list()).filter(
        ({ status_code: code, class: kind }) => code === 103 && kind !== 'token',
      );
      return running.length === 0 ? true : undefined;
    });
  });

  it('a console shows what the instance writes on it', async () => {
    const web = near.instance('web');
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
    await web.console.clearLog();
    assert.doesNotMatch(await web.console.log(), /hello console/);
    await web.stop({ force: true });
  });
});
