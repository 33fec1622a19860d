/** `oreno lxd` as a user has it, on the real LXD. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startLxd, type TestLxd } from '../../../../test/support/lxd.ts';
import { startProxy } from '../../../../test/support/proxy.ts';

const command = join(import.meta.dirname, '../../../../oreno');

describe('oreno lxd', () => {
  let world: TestLxd;
  const folder = mkdtempSync(join(tmpdir(), 'oreno-lxd-cli-'));
  const lxd = (words: readonly string[], input = '') => {
    const env = { ...process.env, LXD_DIR: world.folder };
    const { status, stdout, stderr } = spawnSync(command, ['lxd', ...words], { encoding: 'utf8', env, input });
    return { status, stdout, stderr };
  };
  before(async () => {
    world = await startLxd();
    assert.equal(lxd(['launch', world.image, 'box', '--cpu', '1', '--memory', '256MiB']).stdout, 'box\n');
  });
  after(async () => {
    lxd(['delete', '--force', 'box']);
    rmSync(folder, { recursive: true, force: true });
    await world.stop();
  });

  it('launches with limits, lists and tells', async () => {
    const { config } = await world.lxd.instance('box').get();
    assert.deepEqual([config['limits.cpu'], config['limits.memory']], ['1', '256MiB']);
    assert.match(lxd(['list']).stdout, /^ {2}box +Running +container/m);
    assert.match(lxd(['info', 'box']).stdout, /^status +Running$/m);
    assert.match(lxd(['image', 'list']).stdout, new RegExp(world.image));
  });

  it('runs a command with its streams, input and exit code', () => {
    const result = lxd(['exec', 'box', '--', 'sh', '-c', 'cat; echo err >&2; sleep 0.3; exit 7'], 'in\n');
    assert.deepEqual(result, { status: 7, stdout: 'in\n', stderr: 'err\n' });
    assert.equal(lxd(['exec', 'box', '--', 'nonesuch']).status, 127);
    assert.deepEqual(lxd(['exec', 'box', '--']).status, 2);
    // A reader that leaves ends the command as a pipe does, and nobody hears of it.
    const pipe = `"$0" lxd exec box -- sh -c 'yes; echo "$?" >&2' | head -1`;
    const env = { ...process.env, LXD_DIR: world.folder };
    const { stdout, stderr } = spawnSync('sh', ['-c', pipe, command], { encoding: 'utf8', env, timeout: 20_000 });
    assert.deepEqual({ stdout, stderr: stderr.trim().split('\n').at(-1) }, { stdout: 'y\n', stderr: '141' });
  });

  it('has a shell: with a terminal of the size of the window, and without one in a pipe', async () => {
    assert.deepEqual(lxd(['shell', 'box'], 'tty; exit 3\n'), { status: 3, stdout: 'not a tty\n', stderr: '' });
    const env = { ...process.env, LXD_DIR: world.folder };
    const line = `stty rows 33 cols 101; exec '${command}' lxd shell box`;
    const terminal = spawn('script', ['-qec', line, '/dev/null'], { env, stdio: ['pipe', 'pipe', 'inherit'] });
    let shown = '';
    // LXD 5.0 on a busy machine loses what is written just before the end.
    const lines = ['stty size\n', 'exit 5\n'];
    terminal.stdout.on('data', (chunk: Buffer) => {
      shown += chunk.toString();
      if (shown.endsWith('# \u001b[6n')) terminal.stdin.write(lines.shift() ?? '');
    });
    assert.equal(await new Promise((resolve) => terminal.once('close', resolve)), 5);
    assert.match(shown, /\n33 101\r\n/);
  });

  it('pushes and pulls folders whole', () => {
    mkdirSync(join(folder, 'site/deep'), { recursive: true });
    writeFileSync(join(folder, 'site/deep/file'), 'content', { mode: 0o755 });
    assert.equal(lxd(['file', 'push', join(folder, 'site'), 'box:/var/']).status, 0);
    assert.equal(lxd(['exec', 'box', '--', 'test', '-x', '/var/site/deep/file']).status, 0);
    assert.equal(lxd(['file', 'pull', 'box:/var/site', join(folder, 'back')]).status, 0);
    assert.equal(readFileSync(join(folder, 'back/deep/file'), 'utf8'), 'content');
    assert.equal(lxd(['file', 'push', '-', 'box:/var/stream'], 'streamed').status, 0);
    assert.equal(lxd(['file', 'pull', 'box:/var/stream', '-']).stdout, 'streamed');
    assert.match(lxd(['file', 'pull', 'box:/var', '-']).stderr, /box:\/var is a directory/);
  });

  it('leaves nothing behind where the connection is cut in the middle of a file', async () => {
    const socket = join(folder, 'proxy.socket');
    const inside = (...argv: readonly string[]): string => lxd(['exec', 'box', '--', ...argv]).stdout;
    /** Moves a file of 64 MiB over a connection that is cut after eight. */
    const cut = async (...places: readonly string[]): Promise<string> => {
      const proxy = await startProxy({ to: { path: world.socket }, socket });
      proxy.cutAfter(2 ** 23);
      const args = ['lxd', 'file', ...places, '--remote', `unix:${socket}`];
      const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
      let said = '';
      child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
      const code = await new Promise((resolve) => child.once('close', resolve));
      await proxy.close();
      return `${String(code)} ${said}`;
    };
    const big = join(folder, 'big');
    writeFileSync(big, Buffer.alloc(2 ** 26));
    inside('mkdir', '/in');
    assert.match(await cut('push', big, 'box:/in/'), /^1 .*connection was cut/);
    for (const end = Date.now() + 10_000; inside('ls', '-A', '/in') !== '' && Date.now() < end;) await sleep(100);
    assert.equal(inside('ls', '-A', '/in'), '');

    const out = join(folder, 'out');
    mkdirSync(out);
    inside('truncate', '-s', '64M', '/in/big');
    assert.match(await cut('pull', 'box:/in/big', out), /^1 .*connection was cut/);
    assert.deepEqual(readdirSync(out), []);
    inside('rm', '-r', '/in');
  });

  it('names what is wrong and what to do', () => {
    const refused = (words: readonly string[]) => {
      const { status, stderr } = lxd(words);
      assert.ok(status !== null && status > 0);
      return stderr;
    };
    assert.match(refused(['launch', 'nothing']), /no image nothing.*oreno lxd image import/s);
    assert.match(refused(['delete', 'box']), /box is running.*--force/);
    assert.match(refused(['exec', 'nobody', '--', 'true']), /nobody: .*Instance not found.*oreno lxd list/);
    assert.match(refused(['exec', 'box', '--', 'nonesuch']), /box has no command nonesuch/);
    assert.match(refused(['exec', 'box', '--', '/etc/passwd']), /not executable/);
    assert.match(refused(['launch', world.image, 'small', '--storage', 'none']), /pool not found.*lxc storage list/);
    assert.match(refused(['launch', '--nonesuch']), /unknown option.*\nSee: oreno lxd launch --help/);
    assert.match(refused(['file', 'pull', 'box:/nothing', folder]), /box:\/nothing/);
    assert.match(refused(['launch', world.image, 'box']), /already exists/);
    const links = () => readdirSync(join('/sys/class/net', world.bridge, 'brif'));
    const before = links();
    const tight = refused(['launch', world.image, 'tight', '--config', 'raw.lxc=lxc.init.cmd = /nonesuch']);
    assert.match(tight, /tight: .*forkstart.* \(its log: .+\).* limits \(of memory/s);
    assert.match(refused(['info', 'tight']), /not found/);
    assert.deepEqual(links(), before);
    assert.match(refused(['list', '--remote', 'unix:///nowhere']), /\/nowhere/);
  });
});
