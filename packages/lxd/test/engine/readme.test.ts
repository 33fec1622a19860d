/** The README's quick start does what it says, on the real LXD. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { NotFoundError } from '@oreno/lxd';
import { startLxd, type TestLxd } from '../../../../test/support/lxd.ts';

const run = promisify(execFile);

describe('the quick start of the LXD client', () => {
  let world: TestLxd;
  before(async () => {
    world = await startLxd();
  });
  after(() => world.stop());

  it('creates, uploads, runs, describes, stops and deletes', async () => {
    const cwd = join(import.meta.dirname, '../..');
    const readme = await readFile(join(cwd, 'README.md'), 'utf8');
    const [, script = ''] = /```ts\n([\s\S]*?)```/.exec(readme) ?? [];
    const code = script.replace("image: 'debian'", `image: '${world.image}'`);
    const { stdout } = await run(process.execPath, ['--input-type=module-typescript', '--eval', code], {
      cwd,
      env: { ...process.env, LXD_DIR: world.folder, NODE_OPTIONS: '--disable-warning=ExperimentalWarning' },
    });
    assert.equal(stdout, 'hello from web\n\nRunning 1\n');
    assert.deepEqual(await world.lxd.instances.list(), []);
  });

  it('and the tables beside the originals name calls that do what those did', async () => {
    const { lxd, image } = world;
    const architecture = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
    const limits = { 'limits.cpu': 1 };
    const made = { architecture, profiles: ['default'], ephemeral: true, config: limits };
    const operation = lxd.instances.create({ name: 'web', source: { image }, ...made });
    assert.equal((await lxd.operations.get((await operation.started).id)).class, 'task');
    await operation;
    const web = lxd.instance('web');
    await web.update(({ config }) => ({ config: { ...config, 'user.team': 'blue' } }));
    await web.start();
    assert.deepEqual(
      (await lxd.instances.list()).map(({ name, status }) => `${name} ${status}`),
      ['web Running'],
    );
    const described = await web.get();
    assert.deepEqual(
      [described.architecture, described.ephemeral, described.profiles],
      [architecture, true, ['default']],
    );
    assert.deepEqual([described.config['limits.cpu'], described.config['user.team']], ['1', 'blue']);
    assert.equal((await web.state()).status, 'Running');

    const script = join(await mkdtemp(join(tmpdir(), 'oreno-readme-')), 'script');
    await writeFile(script, '#!/bin/sh\nid -u "$1"\n');
    await web.files.write('/tmp/script', createReadStream(script), { mode: 0o700 });
    assert.deepEqual(await web.files.info('/tmp/script'), { type: 'file', mode: 0o700, uid: 0, gid: 0 });
    await web.files.push(script, '/tmp/pushed');
    assert.equal((await web.files.read('/tmp/pushed')).toString(), '#!/bin/sh\nid -u "$1"\n');
    await rm(dirname(script), { recursive: true });

    // This image has no useradd.
    await web.files.write('/etc/passwd', 'tester:x:1000:1000::/home/tester:/bin/sh\n', { append: true });
    await web.run(['mkdir', '-p', '/home/tester']);
    const uid = Number((await web.run(['/tmp/script', 'tester'])).stdout);
    const owner = { uid, gid: uid };
    await web.files.makeDirectory('/home/tester/.ssh', { ...owner, mode: 0o700 });
    await web.files.write('/home/tester/.ssh/authorized_keys', 'ssh-ed25519 AAAA', { ...owner, mode: 0o600 });
    const { stdout } = await web.run(['cat', '/home/tester/.ssh/authorized_keys'], { user: uid });
    assert.equal(stdout, 'ssh-ed25519 AAAA');
    const session = await web.exec(['sh', '-c', 'exit 3']);
    assert.equal(await session.exitCode, 3);
    await web.freeze();
    await web.unfreeze();
    await web.stop({ timeout: 5, force: true });
    await assert.rejects(web.get(), NotFoundError);
  });
});
