import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { BlobError, type BlobErrorKind, type Blobs, type ByteRange } from '@oreno/blobs';
import fc from 'fast-check';
import { all, chunks, collect, randomBytes } from './bytes.ts';

/**
 * What every blob port has to keep. An implementation runs it in three lines:
 * `describeBlobsContract('name', () => openIt())`; `open` gives an empty one each time, and `reopen` the same
 * bytes as another process would see them.
 */
export interface OpenBlobs {
  readonly blobs: Blobs;
  reopen(): Promise<Blobs>;
  remove(): Promise<void>;
}

const failsAs = (kind: BlobErrorKind) => (error: unknown) => error instanceof BlobError && error.kind === kind;

export const describeBlobsContract = (title: string, open: () => Promise<OpenBlobs>): void => {
  describe(`the blob contract: ${title}`, () => {
    let opened: OpenBlobs;
    let blobs: Blobs;
    beforeEach(async () => {
      opened = await open();
      blobs = opened.blobs;
    });
    afterEach(() => opened.remove());

    const bytesOf = async (
      name: string,
      range?: { readonly start: number; readonly end: number },
    ): Promise<string | undefined> => {
      const reader = await blobs.get(name, range);
      return reader && (await collect(reader.body)).toString('latin1');
    };
    const namesOf = async (prefix: string): Promise<string[]> =>
      (await all(blobs.list(prefix))).map(({ name }) => name).toSorted();

    describe('names', () => {
      it('have the bytes that were put, from an array or a stream', async () => {
        const stat = await blobs.put('a/b', Buffer.from('hello'));
        assert.deepEqual([stat.name, stat.size], ['a/b', 5]);
        assert.ok(Math.abs(stat.modifiedAt - Date.now()) < 60_000);
        await blobs.put('a/c', chunks(['he', '', 'llo']));
        assert.deepEqual([await bytesOf('a/b'), await bytesOf('a/c')], ['hello', 'hello']);
        assert.deepEqual(await blobs.stat('a/b'), stat);
      });

      it('may have no bytes', async () => {
        await blobs.put('empty', new Uint8Array(0));
        await blobs.put('empty-too', chunks([]));
        assert.deepEqual([await bytesOf('empty'), await bytesOf('empty-too')], ['', '']);
        await assert.rejects(bytesOf('empty', { start: 0, end: 0 }), failsAs('invalid-range'));
      });

      it('are absent until then', async () => {
        for (const name of ['a', 'a/b', 'x'.repeat(512)]) {
          assert.equal(await blobs.get(name), undefined);
          assert.equal(await blobs.stat(name), undefined);
          assert.equal(await blobs.delete(name), false);
        }
      });

      it('are replaced whole, and a reader of the old bytes goes on with them', async () => {
        const old = randomBytes(3 << 20);
        await blobs.put('one', old);
        const reader = await blobs.get('one');
        await blobs.put('one', Buffer.from('new'));
        assert.ok(reader !== undefined && old.length === reader.size);
        assert.ok(Buffer.from(old).equals(await collect(reader.body)));
        assert.equal(await bytesOf('one'), 'new');
      });

      it('are handed on whole by blocks that are used again, or the range of them', async () => {
        const bytes = randomBytes((3 << 20) + 17);
        await blobs.put('large', bytes);
        await blobs.put('empty', Buffer.alloc(0));
        const sent = async (name: string, range?: ByteRange): Promise<Buffer> => {
          const parts: Buffer[] = [];
          const reader = await blobs.get(name, range);
          await reader?.send(async (block) => void parts.push(Buffer.from(block)));
          return Buffer.concat(parts);
        };
        assert.ok((await sent('large')).equals(bytes));
        assert.ok((await sent('large', { start: 5, end: 1_000_000 })).equals(bytes.subarray(5, 1_000_001)));
        assert.equal((await sent('empty')).length, 0);
        const reader = await blobs.get('large');
        const failure = new Error('the taker failed');
        await assert.rejects(reader?.send(() => Promise.reject(failure)) ?? Promise.resolve(), failure);
      });

      it('take chunks that their source uses again', async () => {
        const chunk = Buffer.alloc(300_000);
        const upload = await blobs.createUpload('mine');
        const source = async function* () {
          for (let n = 1; n <= 9; n++) yield chunk.fill(n);
        };
        await upload.append(source());
        await upload.commit('reused');
        const expected = Buffer.concat(Array.from({ length: 9 }, (_, n) => Buffer.alloc(300_000, n + 1)));
        assert.ok((await collect((await blobs.get('reused'))?.body ?? chunks([]))).equals(expected));
      });

      it('go when deleted, and only they', async () => {
        await blobs.put('a/b/c', Buffer.from('1'));
        await blobs.put('a/b', Buffer.from('2'));
        assert.deepEqual([await blobs.delete('a/b/c'), await blobs.delete('a/b/c')], [true, false]);
        assert.deepEqual([await bytesOf('a/b/c'), await bytesOf('a/b')], [undefined, '2']);
      });

      it('are listed by prefix, whole segments or not', async () => {
        const names = [
          'a',
          'a/b',
          'a/bc',
          'a/b/c',
          'ab',
          'b',
          'x'.repeat(200),
          'x'.repeat(201),
          `${'x'.repeat(200)}/y`,
        ];
        for (const name of names) await blobs.put(name, Buffer.from(name));
        for (const prefix of ['', 'a', 'a/', 'a/b', 'a/b/', 'ab', 'c', 'x'.repeat(150), 'x'.repeat(201)]) {
          assert.deepEqual(await namesOf(prefix), names.filter((name) => name.startsWith(prefix)).toSorted(), prefix);
        }
        for (const name of names) assert.equal(await bytesOf(name), name);
      });

      it('with tricks in them are refused everywhere', async () => {
        const bad = [
          '',
          '.',
          '..',
          '/',
          '/a',
          'a/',
          'a//b',
          '../a',
          'a/../b',
          'a/./b',
          'a\0',
          'a b',
          'a,',
          'é',
          'a\\b',
          'x'.repeat(513),
        ];
        for (const name of bad) {
          await assert.rejects(blobs.put(name, new Uint8Array(1)), failsAs('invalid-name'), name);
          await assert.rejects(blobs.get(name), failsAs('invalid-name'), name);
          await assert.rejects(blobs.stat(name), failsAs('invalid-name'), name);
          await assert.rejects(blobs.delete(name), failsAs('invalid-name'), name);
        }
        for (const prefix of ['../', 'a/../b', '/', 'a,', './']) {
          await assert.rejects(namesOf(prefix), failsAs('invalid-name'), prefix);
        }
        assert.deepEqual(await namesOf(''), []);
      });

      it('leave nothing behind when the source fails', async () => {
        await blobs.put('one', Buffer.from('old'));
        const failure = new Error('the source');
        await assert.rejects(blobs.put('one', chunks([randomBytes(2 << 20)], failure)), failure);
        await assert.rejects(blobs.put('two', chunks(['x'], failure)), failure);
        assert.deepEqual([await bytesOf('one'), await namesOf('')], ['old', ['one']]);
      });

      it('come and go beside each other in one folder', async () => {
        await Promise.all(
          Array.from({ length: 40 }, async (_, index) => {
            const name = `folder/inner/${index % 8}`;
            for (let round = 0; round < 5; round++) {
              await blobs.put(name, Buffer.from('x'));
              await blobs.delete(name);
            }
          }),
        );
        assert.deepEqual(await namesOf(''), []);
      });
    });

    describe('ranges', () => {
      it('give their bytes, both ends included, and stop at the end', async () => {
        await blobs.put('digits', Buffer.from('0123456789'));
        assert.equal(await bytesOf('digits', { start: 2, end: 4 }), '234');
        assert.equal(await bytesOf('digits', { start: 9, end: 9 }), '9');
        assert.equal(await bytesOf('digits', { start: 8, end: 100 }), '89');
        const reader = await blobs.get('digits', { start: 2, end: 4 });
        assert.equal(reader?.size, 10);
        await collect(reader?.body ?? chunks([]));
      });

      it('without a byte of the blob are refused', async () => {
        await blobs.put('digits', Buffer.from('0123456789'));
        for (const [start, end] of [
          [10, 12],
          [5, 4],
          [-1, 3],
          [0.5, 3],
          [0, Number.NaN],
        ] as const) {
          await assert.rejects(blobs.get('digits', { start, end }), failsAs('invalid-range'));
        }
        assert.equal(await blobs.get('absent', { start: 5, end: 1 }), undefined);
      });
    });

    describe('uploads', () => {
      it('grow by appends, can be read back, and get a name', async () => {
        const upload = await blobs.createUpload('mine');
        assert.deepEqual([upload.size, (await collect(upload.read())).length], [0, 0]);
        assert.equal(await upload.append(chunks(['ab', 'c'])), 3);
        assert.equal(await upload.append(chunks([])), 3);
        assert.equal(await upload.append(chunks(['def'])), 6);
        assert.equal((await collect(upload.read())).toString(), 'abcdef');
        assert.deepEqual(await namesOf(''), []);
        const stat = await upload.commit('layers/one');
        assert.deepEqual([stat.name, stat.size, await bytesOf('layers/one')], ['layers/one', 6, 'abcdef']);
        assert.equal(await blobs.openUpload(upload.id), undefined);
        await assert.rejects(upload.append(chunks(['x'])), failsAs('upload-gone'));
        await assert.rejects(upload.commit('again'), failsAs('upload-gone'));
      });

      it('lose the bytes of an append whose source failed, and go on', async () => {
        const upload = await blobs.createUpload('mine');
        await upload.append(chunks(['abc']));
        const failure = new Error('the client went away');
        await assert.rejects(upload.append(chunks([randomBytes(3 << 20), 'x'], failure)), failure);
        assert.equal(upload.size, 3);
        await upload.append(chunks(['def']));
        await upload.commit('one');
        assert.equal(await bytesOf('one'), 'abcdef');
      });

      it('are found again by another process', async () => {
        const upload = await blobs.createUpload('mine');
        await upload.append(chunks(['abc']));
        const later = await opened.reopen();
        const found = await later.openUpload(upload.id);
        assert.equal(found?.size, 3);
        assert.equal((await collect(found.read())).toString(), 'abc');
        await found.append(chunks(['d']));
        await found.commit('one');
        assert.equal(await bytesOf('one'), 'abcd');
        await later.close();
      });

      it('say whose they are, and are found by it', async () => {
        const [one, two] = [await blobs.createUpload('ann.sha256'), await blobs.createUpload('bob.sha512')];
        await one.append(chunks(['abc']));
        await two.append(chunks([]));
        assert.deepEqual(await blobs.listUploads('ann.'), [one.id]);
        assert.deepEqual((await blobs.listUploads('')).toSorted(), [one.id, two.id].toSorted());
        const later = await opened.reopen();
        assert.equal((await later.openUpload(one.id))?.label, 'ann.sha256');
        await later.close();
        await two.commit('none');
        assert.equal(await bytesOf('none'), '');
        await assert.rejects(blobs.createUpload('a/b'), failsAs('invalid-name'));
      });

      it('are one, whichever object they are used through', async () => {
        const upload = await blobs.createUpload('mine');
        const same = await blobs.openUpload(upload.id);
        await upload.append(chunks(['abc']));
        assert.equal(same?.size, 3);
        let release: () => void = () => undefined;
        const slow = async function* () {
          yield Buffer.from('d');
          await new Promise<void>((resolve) => (release = resolve));
        };
        const appending = upload.append(slow());
        await new Promise((resolve) => setTimeout(resolve, 20));
        await assert.rejects(same.append(chunks(['x'])), failsAs('upload-busy'));
        await assert.rejects(same.commit('one'), failsAs('upload-busy'));
        release();
        assert.equal(await appending, 4);
        await same.abort();
        await same.abort();
        await assert.rejects(upload.append(chunks(['x'])), failsAs('upload-gone'));
      });

      it('keep their bytes when the name is no good', async () => {
        const upload = await blobs.createUpload('mine');
        await upload.append(chunks(['abc']));
        await assert.rejects(upload.commit('../x'), failsAs('invalid-name'));
        await upload.commit('x');
        assert.equal(await bytesOf('x'), 'abc');
      });

      it('are not found by what is no id', async () => {
        for (const id of ['', '..', '../named', 'x', '00000000-0000-0000-0000-000000000000']) {
          assert.equal(await blobs.openUpload(id), undefined);
        }
      });

      it('expire when nobody touched them', async () => {
        const old = await blobs.createUpload('mine');
        assert.equal(await blobs.expireUploads(Date.now() - 60_000), 0);
        await old.append(chunks(['x']));
        assert.equal(await blobs.expireUploads(Date.now() + 60_000), 1);
        assert.equal(await blobs.openUpload(old.id), undefined);
        assert.equal(await blobs.expireUploads(Date.now() + 60_000), 0);
      });
    });

    it('gives any bytes back, however they were cut, and any range of them', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.integer({ min: 0, max: 300_000 }), { maxLength: 12 }),
          fc.nat(1_000_000),
          fc.nat(1_000_000),
          async (sizes, start, length) => {
            const parts = sizes.map(randomBytes);
            const whole = Buffer.concat(parts);
            const upload = await blobs.createUpload('mine');
            const middle = Math.floor(parts.length / 2);
            await upload.append(chunks(parts.slice(0, middle)));
            await upload.append(chunks(parts.slice(middle)));
            await upload.commit('any');
            const reader = await blobs.get('any');
            assert.ok(reader !== undefined && whole.equals(await collect(reader.body)));
            if (start >= whole.length) return;
            const ranged = await blobs.get('any', { start, end: start + length });
            assert.ok(whole.subarray(start, start + length + 1).equals(await collect(ranged?.body ?? chunks([]))));
          },
        ),
        { numRuns: 30 },
      );
    });
  });
};
