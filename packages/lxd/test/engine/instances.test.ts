/** The client against the real LXD. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  ConflictError,
  connect,
  ConnectionError,
  LxdError,
  NotFoundError,
  TimeoutError,
  type Instance,
} from '@oreno/lxd';
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

  it('launches, changes, stops and deletes', async () => {
    const { instances } = world.lxd;
    await instances.create({ name: 'job', source: { image: world.image }, config: { 'user.answer': 42 } });
    const job = world.lxd.instance('job');
    assert.equal((await job.get()).config['user.answer'], '42');
    await job.start();
    assert.equal((await job.state()).status, 'Running');
    await Promise.all(
      [1, 2, 3].map((number) => job.update(({ config }) => ({ config: { ...config, [`user.${number}`]: true } }))),
    );
    const { config } = await job.get();
    assert.deepEqual([config['user.1'], config['user.2'], config['user.3']], ['true', 'true', 'true']);
    await job.stop({ timeout: 5 });
    await job.rename('done');
    const names = (await instances.list()).map(({ name, status }) => `${name} ${status}`);
    assert.deepEqual(names.toSorted(), ['done Stopped', 'web Running']);
    await world.lxd.instance('done').delete();
    await assert.rejects(world.lxd.instance('done').get(), NotFoundError);
  });

  it('runs commands with their own streams, input, environment and exit code', async () => {
    const script = 'echo "out $WORD $(pwd) $(id -u)"; echo err >&2; cat; exit 3';
    const result = await web.run(['sh', '-c', script], {
      input: 'in\n',
      environment: { WORD: 'w' },
      cwd: '/tmp',
      user: 65_534,
      anyExitCode: true,
    });
    assert.deepEqual(result, { exitCode: 3, stdout: 'out w /tmp 65534\nin\n', stderr: 'err\n' });
    await assert.rejects(web.run(['sh', '-c', 'echo why >&2; exit 4']), { code: 4, message: /exit code 4: why/ });
    assert.equal((await web.run(['nonesuch'], { anyExitCode: true })).exitCode, 127);
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

  it('loses no byte, either way, whatever the size', async () => {
    const input = Buffer.alloc(3_000_000, 'abcdefghij');
    const { stdout } = await web.run(['cat'], { input });
    assert.equal(stdout, input.toString());
    const quick = await Promise.all(Array.from({ length: 20 }, (_, n) => web.run(['echo', String(n)])));
    assert.deepEqual(
      quick.map((each) => each.stdout),
      Array.from({ length: 20 }, (_, n) => `${n}\n`),
    );
  });

  it('ends a command that is no longer wanted', async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 100);
    await assert.rejects(web.run(['sleep', '60'], { signal: controller.signal }), { name: 'AbortError' });
    const { stdout } = await web.run(['ps']);
    assert.doesNotMatch(stdout, /sleep 60/);
  });

  it('gives a terminal its size and its signals', async () => {
    const session = await web.exec(['sh'], { terminal: { width: 101, height: 30 } });
    let seen = '';
    session.stdout.on('data', (chunk: Buffer) => (seen += chunk.toString()));
    session.stdin.write('stty size\n');
    await web.waitFor.until('the size', async () => (seen.includes('30 101') ? true : undefined));
    session.resize({ width: 50, height: 20 });
    session.stdin.write('sleep 0.2; stty size; exit 7\n');
    assert.equal(await session.exitCode, 7);
    assert.match(seen, /20 50/);
  });

  it('reads and writes files, of a running instance and of a stopped one', async () => {
    await web.files.makeDirectory('/tmp/folder', { mode: 0o750 });
    await web.files.write('/tmp/folder/a', 'hello', { mode: 0o640, uid: 1, gid: 2 });
    await web.files.write('/tmp/folder/a', ' again', { append: true });
    assert.equal((await web.files.read('/tmp/folder/a')).toString(), 'hello again');
    assert.deepEqual(await web.files.info('/tmp/folder/a'), { type: 'file', mode: 0o640, uid: 1, gid: 2 });
    await web.files.makeSymlink('/tmp/folder/b', 'a');
    assert.deepEqual((await web.files.list('/tmp/folder')).toSorted(), ['a', 'b']);
    await assert.rejects(web.files.read('/tmp/none'), NotFoundError);
    await web.files.remove('/tmp/folder/b');
    assert.deepEqual(await web.files.list('/tmp/folder'), ['a']);
  });

  it('tells what went wrong, with what, and the remedy', async () => {
    const { instances } = world.lxd;
    await assert.rejects(connect({ socket: '/nonexistent/socket' }), (error) => {
      assert.ok(error instanceof ConnectionError);
      assert.match(error.message, /\/nonexistent\/socket.*apt-get install lxd/);
      return true;
    });
    await assert.rejects(async () => instances.create({ name: 'web', source: { image: world.image } }), ConflictError);
    await assert.rejects(async () => instances.create({ name: 'x', source: { image: 'none' } }), NotFoundError);
    await assert.rejects(async () => world.lxd.instance('none').start(), NotFoundError);
    await assert.rejects(web.waitFor.port(1, { timeout: 200 }), TimeoutError);
    await assert.rejects(async () => instances.create({ name: 'not a name', source: { empty: true } }), LxdError);
    assert.throws(() => world.lxd.need('no_such_extension'), /5\.\d.* has no API extension no_such_extension/);
  });
});
