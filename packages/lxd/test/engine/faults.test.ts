/** What goes wrong on the real LXD: it is told with the thing and the remedy, and nothing is left behind. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, ConnectionError, LxdError, QuotaError, TimeoutError, type Instance, type Lxd } from '@oreno/lxd';
import { startLxd, type TestLxd } from '../../../../test/support/lxd.ts';
import { startProxy, type Proxy } from '../../../../test/support/proxy.ts';
import { listen } from '../support/listening.ts';

const megabyte = 1_000_000;

/** Does something with the rights of a user who has none. */
const asNobody = async <T>(work: () => Promise<T>): Promise<T> => {
  const groups = process.getgroups?.() ?? [];
  process.setgroups?.([]);
  process.setegid?.('nogroup');
  process.seteuid?.('nobody');
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
    process.setegid?.(0);
    process.setgroups?.(groups);
  }
};

describe('what goes wrong with LXD', () => {
  let world: TestLxd;
  let folder: string;
  let proxy: Proxy;
  let near: Lxd;
  /** The instance as it is seen through a connection that is cut. */
  let web: Instance;
  before(async () => {
    world = await startLxd();
    folder = await mkdtemp(join(tmpdir(), 'oreno-lxd-faults-'));
    const socket = join(folder, 'proxy.socket');
    proxy = await startProxy({ to: { path: world.socket }, socket });
    near = await connect({ socket });
    web = near.instance('web');
    await world.lxd.instances.create({ name: 'web', source: { image: world.image } });
    await world.lxd.instance('web').start();
  });
  after(async () => {
    near.close();
    await proxy.close();
    await world.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const isCut = (subject: string) => (error: unknown) => {
    assert.ok(error instanceof ConnectionError, String(error));
    assert.equal(error.subject, subject);
    assert.match(error.message, /cut|broke off/);
    return true;
  };

  it('is a connection that is cut in the middle of a file', async () => {
    const { files } = web;
    await files.write('/tmp/large', Buffer.alloc(20 * megabyte));
    proxy.cutAfter(2 * megabyte);
    await assert.rejects(files.read('/tmp/large'), isCut('web:/tmp/large'));
    const content = Readable.from(
      (async function* () {
        for (let part = 0; part < 20; part += 1) {
          yield Buffer.alloc(megabyte);
          await sleep(5);
        }
      })(),
      { objectMode: false },
    );
    await files.write('/tmp/other', 'as it was');
    proxy.cutAfter(2 * megabyte);
    await assert.rejects(files.write('/tmp/other', content, { whole: true }), isCut('web:/tmp/other'));
    assert.equal((await files.read('/tmp/other')).toString(), 'as it was');
    assert.deepEqual((await files.list('/tmp')).toSorted(), ['large', 'other']);
    assert.equal((await files.read('/tmp/large')).length, 20 * megabyte);
  });

  it('is a connection that is cut in the middle of a tree, of which nothing is left, either side', async () => {
    const tree = join(folder, 'tree');
    await mkdir(tree);
    for (let number = 0; number < 40; number += 1) await writeFile(join(tree, `${number}`), Buffer.alloc(megabyte / 2));
    proxy.cutAfter(3 * megabyte);
    await assert.rejects(web.files.push(tree, '/root'), isCut('web'));
    // The instance tidies up itself, when it sees that nothing more comes.
    await web.waitFor.until(
      'the end of the rest',
      async () => ((await web.files.list('/root')).length === 0 ? true : undefined),
      { timeout: 10_000 },
    );
    await web.files.push(tree, '/root');
    const back = join(folder, 'back');
    await mkdir(back);
    proxy.cutAfter(3 * megabyte);
    await assert.rejects(web.files.pull('/root/tree', back), isCut('web'));
    assert.deepEqual(await readdir(back), []);
  });

  it('is a connection that is cut in the middle of a command, which ends with it', async () => {
    const session = await web.exec(['sh', '-c', 'echo started; exec sleep 4711']);
    await new Promise((resolve) => session.stdout.once('data', resolve));
    proxy.cutAfter(0);
    session.stdin.on('error', () => {});
    session.stdin.write('a byte that does not arrive');
    await assert.rejects(session.exitCode, (error) => {
      assert.ok(isCut('web')(error));
      assert.match((error as Error).message, /^exec web: the connection was cut while sh ran.*still runs ends it/);
      return true;
    });
    await world.lxd.instance('web').waitFor.until(
      'the end of the command',
      async () => {
        const { stdout } = await world.lxd.instance('web').run(['ps']);
        return stdout.includes('sleep 4711') ? undefined : true;
      },
      { timeout: 10_000 },
    );
  });

  it('is a user who may not use the socket', { skip: process.getuid?.() !== 0 }, async () => {
    await assert.rejects(
      asNobody(() => connect({ socket: world.socket })),
      (error) => {
        assert.ok(error instanceof ConnectionError);
        assert.match(error.message, /^GET \/1\.0: .*unix\.socket: connect EACCES.*members of the group "lxd"/);
        return true;
      },
    );
  });

  it('is a project whose limit is used up', async () => {
    const config = { 'features.images': 'false', 'features.profiles': 'false', 'limits.instances': '1' };
    await world.lxd.projects.create({ name: 'small', config });
    const small = world.lxd.project('small');
    // Its own root disk: LXD 6.9 cannot tell of a project where instances have it of another project's profile.
    const devices = { root: { type: 'disk', path: '/', pool: 'default' } };
    await small.instances.create({ name: 'one', source: { image: world.image }, devices });
    await assert.rejects(
      async () => small.instances.create({ name: 'two', source: { image: world.image } }),
      (error) => {
        assert.ok(error instanceof QuotaError, String(error));
        assert.match(error.message, /two.*raise the limit/);
        return true;
      },
    );
    assert.deepEqual(
      (await small.instances.list()).map(({ name }) => name),
      ['one'],
    );
    assert.equal((await world.lxd.projects.state('small')).resources['instances']?.Usage, 1);
    await small.instance('one').delete();
    await world.lxd.projects.delete('small');
  });

  it('is an instance that never comes up, or goes down while it is waited for', async () => {
    const { lxd, image } = world;
    await lxd.instances.create({ name: 'slow', source: { image } });
    const slow = lxd.instance('slow');
    await slow.files.write('/bin/systemctl', '#!/bin/sh\necho starting; exit 1\n', { mode: 0o755 });
    await slow.start();
    await assert.rejects(slow.waitFor.boot({ timeout: 500 }), (error) => {
      assert.ok(error instanceof TimeoutError);
      assert.match(error.message, /slow: the end of its boot did not come within 0\.5 s/);
      return true;
    });
    await assert.rejects(slow.waitFor.address({ timeout: 300 }), TimeoutError);
    await slow.files.write('/bin/systemctl', '#!/bin/sh\necho running\n', { mode: 0o755 });
    await slow.waitFor.boot();
    await slow.files.remove('/bin/systemctl');
    await slow.waitFor.boot();
    await slow.stop({ force: true });
    await assert.rejects(slow.waitFor.boot(), (error) => {
      assert.ok(error instanceof LxdError);
      assert.match(error.message, /slow: .*not running.*Start it first/);
      return true;
    });
    await slow.delete();
  });

  it('is a server that is started again: event streams go on, and tell what they may have missed', async (test) => {
    if (world.restart === undefined) return test.skip('this server is not ours to restart');
    const { seen, gaps, stop } = await listen(world.lxd);
    const { waitFor } = world.lxd.instance('web');
    await world.restart();
    await waitFor.until('the stream', async () => (gaps.length === 2 ? true : undefined));
    assert.equal((await world.lxd.instance('web').state()).status, 'Running');
    await world.lxd.instance('web').freeze();
    await world.lxd.instance('web').unfreeze();
    const last = ['instance-paused', 'instance-resumed'];
    await waitFor.until('the events', async () => (seen.slice(-2).join() === last.join() ? true : undefined));
    await stop();
    assert.ok(gaps[1] !== undefined && gaps[1].from <= gaps[1].until);
  });
});
