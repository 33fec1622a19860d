/** The client against the real LXD. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { connect, ConnectionError, TimeoutError, type Instance } from '@oreno/lxd';
import { startLxd, type TestLxd } from '../../../../test/support/lxd.ts';

describe('the client of LXD', () => {
  let world: TestLxd;
  let web: Instance;
  before(async () => {
    world = await startLxd();
    web = world.lxd.instance('web');
    await world.lxd.instances.create({ name: 'web', source: { image: world.image }, config: { 'limits.cpu': 1 } });
    await web.start();
  });
  after(() => world.stop());

  it('runs commands as a user, in a folder, and ends those that are no longer wanted', async () => {
    const options = { cwd: '/tmp', user: 65_534, group: 65_534 };
    const { stdout } = await web.run(['sh', '-c', 'echo "$(pwd) $(id -u) $(id -g)"'], options);
    assert.equal(stdout, '/tmp 65534 65534\n');
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 100);
    await assert.rejects(web.run(['sleep', '4712'], { signal: controller.signal }), { name: 'AbortError' });
    assert.doesNotMatch((await web.run(['ps'])).stdout, /sleep 4712/);
  });

  it('leaves nothing behind of what was given up, and copies an instance with all it has', async () => {
    const { instances } = world.lxd;
    const aborted = AbortSignal.abort(new Error('changed my mind'));
    const given = { name: 'never', source: { image: world.image } };
    await assert.rejects(async () => instances.create(given, { signal: aborted }), /changed my mind/);
    await assert.rejects(web.run(['sleep', '60'], { signal: aborted }), /changed my mind/);
    assert.equal(
      (await instances.list()).some(({ name }) => name === 'never'),
      false,
    );
    await instances.create({ name: 'twin', source: { copy: 'web' }, config: { 'user.twin': true } });
    const { profiles, config } = await world.lxd.instance('twin').get();
    assert.deepEqual([profiles, config['user.twin'], config['limits.cpu']], [['default'], 'true', '1']);
    await world.lxd.instance('twin').delete();
    await web.snapshots.create('kept');
    await instances.create({ name: 'older', source: { copy: 'web/kept' } });
    assert.deepEqual((await world.lxd.instance('older').get()).profiles, ['default']);
    await world.lxd.instance('older').delete();
    await web.snapshots.delete('kept');
    await assert.rejects(web.files.list('/etc/passwd'), /no folder/);
  });

  it('gives a terminal its size and its signals', async () => {
    const session = await web.exec(['sh'], { terminal: { width: 101, height: 30 } });
    let seen = '';
    session.stdout.on('data', (chunk: Buffer) => (seen += chunk.toString()));
    session.stdin.write('stty size\n');
    await web.waitFor.until('the size', async () => (seen.includes('30 101') ? true : undefined));
    session.resize({ width: 50, height: 20 });
    // The size comes by another connection than the command.
    session.stdin.write('until [ "$(stty size)" = "20 50" ]; do sleep 0.1; done; stty size; exit 7\n');
    assert.equal(await session.exitCode, 7);
    assert.match(seen, /^20 50/m);
  });

  it('tells what went wrong, with what, and the remedy', async () => {
    await assert.rejects(connect({ socket: '/nonexistent/socket' }), (error) => {
      assert.ok(error instanceof ConnectionError);
      assert.match(error.message, /\/nonexistent\/socket.*apt-get install lxd/);
      return true;
    });
    await assert.rejects(web.waitFor.port(1, { timeout: 200 }), TimeoutError);
    assert.throws(() => world.lxd.need('no_such_extension'), /[\d.]+ has no API extension no_such_extension/);
  });
});
