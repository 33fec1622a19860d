import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { BlobError, openFileBlobs } from '@oreno/blobs';
import { all, chunks, collect, randomBytes, temporaryDirectory } from './bytes.ts';
import { describeBlobsContract } from './contract.ts';

describeBlobsContract('files', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'oreno-blobs-test-'));
  return {
    blobs: await openFileBlobs({ directory }),
    reopen: () => openFileBlobs({ directory }),
    remove: async () => rmSync(directory, { recursive: true, force: true }),
  };
});

const everything = (directory: string): string[] =>
  readdirSync(directory, { recursive: true, withFileTypes: true }).map((entry) => join(entry.parentPath, entry.name));

describe('blobs in files', () => {
  it('are their owner’s alone', async (context) => {
    const directory = join(temporaryDirectory(context), 'new', 'folder');
    const blobs = await openFileBlobs({ directory });
    await blobs.put('a/b', Buffer.from('x'));
    await (await blobs.createUpload('mine')).append(chunks(['x']));
    for (const path of [directory, ...everything(directory)]) {
      const stats = statSync(path);
      assert.equal(stats.mode & 0o777, stats.isDirectory() ? 0o700 : 0o600, path);
    }
  });

  it('leave no folder behind', async (context) => {
    const directory = temporaryDirectory(context);
    const blobs = await openFileBlobs({ directory });
    await blobs.put(`a/${'b'.repeat(300)}/c`, Buffer.from('x'));
    await blobs.delete(`a/${'b'.repeat(300)}/c`);
    assert.deepEqual(readdirSync(join(directory, 'named')), []);
  });

  it('sweep at open what a crash left of puts, and cut uploads to what was acknowledged', async (context) => {
    const directory = temporaryDirectory(context);
    const blobs = await openFileBlobs({ directory });
    const upload = await blobs.createUpload('mine');
    await upload.append(chunks(['abc']));
    writeFileSync(join(directory, 'uploads', `${upload.id},mine,3`), 'xyz', { flag: 'a' });
    writeFileSync(join(directory, 'unnamed', 'left'), 'half');
    const again = await openFileBlobs({ directory });
    assert.deepEqual(readdirSync(join(directory, 'unnamed')), []);
    const found = await again.openUpload(upload.id);
    assert.equal(found?.size, 3);
    assert.equal((await collect(found.read())).toString(), 'abc');
  });

  it('remove what is no upload from the folder of uploads when it is old', async (context) => {
    const directory = temporaryDirectory(context);
    const blobs = await openFileBlobs({ directory });
    const id = '00000000-0000-4000-8000-000000000000';
    writeFileSync(join(directory, 'uploads', `${id}.size`), '');
    assert.equal(await blobs.expireUploads(0), 0);
    assert.equal(await blobs.expireUploads(Date.now() + 60_000), 0);
    assert.deepEqual(readdirSync(join(directory, 'uploads')), []);
  });

  it('free the file when a reader leaves in the middle', async (context) => {
    const blobs = await openFileBlobs({ directory: temporaryDirectory(context) });
    await blobs.put('large', randomBytes(4 << 20));
    const before = readdirSync('/proc/self/fd').length;
    for (let index = 0; index < 20; index++) {
      const reader = await blobs.get('large');
      for await (const _ of reader?.body ?? []) break;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.ok(readdirSync('/proc/self/fd').length <= before + 2);
  });

  it('never lie after SIGKILL in the middle of puts', async (context) => {
    for (const milliseconds of [40, 110, 230]) {
      const directory = temporaryDirectory(context);
      const child = spawn(process.execPath, [join(import.meta.dirname, 'child.ts'), directory], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const output = text(child.stdout);
      await once(child.stdout, 'readable');
      await new Promise((resolve) => setTimeout(resolve, milliseconds));
      child.kill('SIGKILL');
      const acknowledged = (await output)
        .split('\n')
        .filter((line) => line.startsWith('sha256:') && line.length === 71);
      const blobs = await openFileBlobs({ directory });
      const names = new Set((await all(blobs.list('sha256:'))).map(({ name }) => name));
      assert.ok(acknowledged.length > 0);
      for (const name of acknowledged) assert.ok(names.has(name), name);
      for (const name of names) {
        const hash = createHash('sha256');
        for await (const part of (await blobs.get(name))?.body ?? []) hash.update(part);
        assert.equal(`sha256:${hash.digest('hex')}`, name);
      }
      assert.deepEqual(readdirSync(join(directory, 'unnamed')), []);
    }
  });

  it('say when the disk is full, keep what was there, and go on when space returns', async (context) => {
    const directory = temporaryDirectory(context);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', directory], { stdio: 'pipe' });
    } catch {
      context.skip('needs the right to mount a small disk');
      return;
    }
    try {
      const blobs = await openFileBlobs({ directory });
      const upload = await blobs.createUpload('mine');
      await upload.append(chunks(['abc']));
      const full = (error: unknown): boolean =>
        error instanceof BlobError && error.kind === 'no-space' && error.message.includes(directory);
      const large = Array.from({ length: 8 }, () => randomBytes(1 << 20));
      await assert.rejects(blobs.put('large', chunks(large)), full);
      await assert.rejects(upload.append(chunks(large)), full);
      assert.equal(upload.size, 3);
      await blobs.put('small', randomBytes(3 << 20));
      await blobs.delete('small');
      await upload.append(chunks(['def']));
      await upload.commit('one');
      assert.equal((await blobs.stat('one'))?.size, 6);
      assert.deepEqual(await all(blobs.list('large')), []);
    } finally {
      execFileSync('umount', [directory]);
    }
  });
});

describe('chunks of a stream', () => {
  it('arrive in order whatever their sizes', async (context) => {
    const blobs = await openFileBlobs({ directory: temporaryDirectory(context) });
    const mixed = Array.from({ length: 3_000 }, (_, n) => Buffer.alloc(n % 700 === 0 ? 5_000 : 1 + (n % 3), n % 251));
    await blobs.put('mixed', chunks(mixed));
    assert.deepEqual(await collect((await blobs.get('mixed'))?.body ?? chunks([])), Buffer.concat(mixed));
  });

  it('that go to the disk on their way are all there, and go again when one is missing', async (context) => {
    const directory = temporaryDirectory(context);
    const blobs = await openFileBlobs({ directory });
    const parts = Array.from({ length: 70 }, (_, n) => Buffer.alloc(1 << 20, n));
    const upload = await blobs.createUpload('mine');
    assert.equal(await upload.append(chunks(parts)), 70 << 20);
    await assert.rejects(upload.append(chunks(parts, new Error('cut off'))), /cut off/);
    assert.equal(upload.size, 70 << 20);
    await upload.commit('long');
    const hash = createHash('sha256');
    for await (const part of (await blobs.get('long'))?.body ?? []) hash.update(part);
    assert.equal(hash.digest('hex'), createHash('sha256').update(Buffer.concat(parts)).digest('hex'));
  });

  it('cost little more than their bytes when they are tiny', (context) => {
    // A million chunks of one byte held at once would not fit into this process.
    const script = `
      import { openFileBlobs } from '@oreno/blobs';
      const blobs = await openFileBlobs({ directory: ${JSON.stringify(temporaryDirectory(context))} });
      const oneByOne = async function* () { for (let n = 0; n < 1_000_000; n += 1) yield Buffer.allocUnsafeSlow(1); };
      process.stdout.write(String((await blobs.put('tiny', oneByOne())).size));`;
    const limits = ['--max-old-space-size=48', '--disable-warning=ExperimentalWarning'];
    const output = execFileSync(process.execPath, [...limits, '--input-type=module', '-e', script], {
      cwd: import.meta.dirname,
      encoding: 'utf8',
    });
    assert.equal(output, '1000000');
  });
});
