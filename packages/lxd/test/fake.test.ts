/** The fake server keeps the contract, and does the faults that a test asks for. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { connect, ConnectionError, LxdError, NotFoundError, QuotaError, TimeoutError } from '@oreno/lxd';
import { startFakeLxd, type FakeExec, type FakeLxdOptions } from '@oreno/lxd/fake';
import { connectionError } from '../src/transport.ts';
import { contract } from './contract/contract.ts';
import { listen } from './support/listening.ts';

/** Commands of this machine; none that would touch its files. */
const host: FakeExec = async ({ command: [program = '', ...rest], environment, stdin, stdout, stderr, onSignal }) => {
  if (!['cat', 'echo', 'sh', 'sleep', 'true'].includes(program) || rest.includes('push')) return 127;
  const child = spawn(program, rest, { env: { ...environment, PATH: '/usr/bin:/bin' } });
  onSignal((signal) => child.kill(signal));
  stdin.pipe(child.stdin.on('error', () => {}));
  child.stdout.pipe(stdout, { end: false });
  child.stderr.pipe(stderr, { end: false });
  const [code] = (await once(child, 'close')) as [number | null];
  return code ?? 137;
};

contract('the fake LXD', async () => {
  const fake = await startFakeLxd({ exec: host });
  const lxd = await connect({ socket: fake.socket });
  return {
    lxd,
    image: 'debian',
    stop: async () => {
      lxd.close();
      await fake.stop();
    },
  };
});

const withFake = async (
  options: FakeLxdOptions,
  work: (world: {
    fake: Awaited<ReturnType<typeof startFakeLxd>>;
    lxd: Awaited<ReturnType<typeof connect>>;
  }) => Promise<void>,
): Promise<void> => {
  const fake = await startFakeLxd(options);
  const lxd = await connect({ socket: fake.socket });
  try {
    await work({ fake, lxd });
  } finally {
    lxd.close();
    await fake.stop();
  }
};

describe('the faults of a fake LXD', () => {
  it('are errors that the client tells with the thing and the remedy', () =>
    withFake({}, async ({ fake, lxd }) => {
      fake.fail({
        method: 'POST',
        path: /^\/instances$/,
        answer: { code: 400, text: 'Reached maximum number of instances of type "container" in project "default"' },
      });
      await assert.rejects(
        async () => lxd.instances.create({ name: 'web', source: { image: 'debian' } }),
        (error) => {
          assert.ok(error instanceof QuotaError);
          assert.match(error.message, /POST \/1\.0\/instances web: Reached maximum.*raise the limit/);
          return true;
        },
      );
      await lxd.instances.create({ name: 'web', source: { image: 'debian' } });
      await assert.rejects(
        async () => lxd.instances.create({ name: 'x', source: { image: 'none' } }),
        (error) => {
          assert.ok(error instanceof NotFoundError);
          assert.match(error.message, /lxd\.images\.list\(\)/);
          return true;
        },
      );
      assert.deepEqual(fake.calls.at(-1), { method: 'POST', path: '/instances', project: 'default' });
      const text = ['tar: a: No space left on device', ...Array<string>(5_000).fill('tar: b: No space left')].join(
        '\n',
      );
      fake.fail({ method: 'POST', path: /^\/instances$/, answer: { code: 400, text } });
      await assert.rejects(
        async () => lxd.instances.create({ name: 'y', source: { image: 'debian' } }),
        (error) => {
          assert.ok(error instanceof QuotaError && error.text === text);
          assert.match(error.message, /y: tar: a: No space left on device \(and 5000 lines more\) Delete/);
          return true;
        },
      );
    }));

  it('are images that are there already: they only get the alias', () =>
    withFake({}, async ({ lxd }) => {
      const unified = import.meta.filename;
      const sent: number[] = [];
      const first = await lxd.images.import({ unified }, { alias: 'one', onBytes: (bytes) => void sent.push(bytes) });
      assert.equal(sent.at(-1), statSync(unified).size);
      assert.equal(await lxd.images.import({ unified }, { alias: 'two' }), first);
      assert.deepEqual(
        (await lxd.images.byAlias('two'))?.aliases.map(({ name }) => name),
        ['one', 'two'],
      );
    }));

  it('are connections that are cut in the middle of a file', () =>
    withFake({}, async ({ fake, lxd }) => {
      await lxd.instances.create({ name: 'web', source: { image: 'debian' } });
      const { files } = lxd.instance('web');
      await files.write('/root/a', 'content');
      fake.fail({ method: 'GET', path: /files$/, answer: 'cut' });
      await assert.rejects(files.read('/root/a'), (error) => {
        assert.ok(error instanceof ConnectionError);
        assert.match(error.message, /web:\/root\/a.*cut in the middle/);
        return true;
      });
      assert.equal((await files.read('/root/a')).toString(), 'content');
    }));

  it('are connections that are cut in the middle of a command', () =>
    withFake({ exec: () => new Promise(() => {}) }, async ({ fake, lxd }) => {
      await lxd.instances.create({ name: 'web', source: { image: 'debian' } });
      const web = lxd.instance('web');
      await web.start();
      const running = web.run(['sleep', '60']);
      await web.waitFor.until('the command', async () =>
        fake.calls.some(({ path }) => path.endsWith('/wait')) ? true : undefined,
      );
      setTimeout(() => void fake.stop(), 50);
      await assert.rejects(running, LxdError);
    }));

  it('are event streams that break: they are made again, and what may be missing is told', () =>
    withFake({}, async ({ fake, lxd }) => {
      await lxd.instances.create({ name: 'web', source: { image: 'debian' } });
      const { seen, gaps, stop } = await listen(lxd);
      const web = lxd.instance('web');
      const connected = (count: number) =>
        web.waitFor.until('the stream', async () => (gaps.length === count ? true : undefined));
      await web.start();
      fake.cutEvents();
      await connected(2);
      await web.stop();
      await web.waitFor.until('the events', async () => (seen.length === 2 ? true : undefined));
      await stop();
      assert.deepEqual(seen, ['instance-started', 'instance-shutdown']);
      assert.equal(gaps[0], undefined);
      assert.ok(gaps[1] !== undefined && gaps[1].from <= gaps[1].until);
    }));

  it('are instances that never boot', () =>
    withFake({ exec: ({ stdout }) => (stdout.write('starting\n'), 1) }, async ({ lxd }) => {
      await lxd.instances.create({ name: 'web', source: { image: 'debian' } });
      const web = lxd.instance('web');
      await web.start();
      assert.match(await web.waitFor.address(), /^10\.0\.0\.\d+$/);
      await assert.rejects(web.waitFor.boot({ timeout: 200 }), TimeoutError);
      await web.stop();
      await assert.rejects(web.waitFor.boot({ timeout: 5_000 }), /not running/);
    }));

  it('are no server, no permission, and another program behind the socket', async () => {
    await assert.rejects(connect({ socket: '/nonexistent/unix.socket' }), /apt-get install lxd/);
    const folder = await mkdtemp(join(tmpdir(), 'oreno-other-'));
    const socket = join(folder, 'other.socket');
    const other = createServer((_, response) => response.end('<html>hello</html>'));
    await new Promise<void>((resolve) => other.listen(socket, resolve));
    await assert.rejects(connect({ socket }), (error) => {
      assert.ok(error instanceof LxdError);
      assert.match(error.message, /not an answer of LXD.*Is this its address/);
      return true;
    });
    other.close();
    const denied = connectionError({ socket }, Object.assign(new Error('connect EACCES'), { code: 'EACCES' }));
    assert.match(denied.message, /other\.socket.*members of the group "lxd"/);
    await rm(folder, { recursive: true });
    await assert.rejects(connect({ url: 'https://127.0.0.1:1', tls: { cert: 'none', key: 'none' } }), (error) => {
      assert.ok(error instanceof ConnectionError);
      assert.match(error.message, /https:\/\/127\.0\.0\.1:1: .*not in PEM form/);
      return true;
    });
  });
});
