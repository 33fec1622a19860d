import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseAddress } from '../src/address.ts';
import { apiVersionFor } from '../src/api-version.ts';
import { splitReference } from '../src/image-reference.ts';
import { jsonValues } from '../src/json-values.ts';
import { demultiplex } from '../src/multiplexed.ts';
import { tarArchive } from '../src/index.ts';

/** Cuts bytes at the given places, as a socket would. */
async function* cut(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  let at = 0;
  for (const size of sizes) {
    if (at >= bytes.length) return;
    yield bytes.subarray(at, at + size);
    at += size;
  }
  if (at < bytes.length) yield bytes.subarray(at);
}

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of source) all.push(item);
  return all;
}

describe('addresses', () => {
  it('reads sockets and hosts', () => {
    assert.deepEqual(parseAddress('unix:///run/docker.sock').target, { socketPath: '/run/docker.sock' });
    assert.deepEqual(parseAddress('tcp://10.0.0.1:2375').target, { host: '10.0.0.1', port: 2375 });
    assert.deepEqual(parseAddress('tcp://[::1]:99').target, { host: '::1', port: 99 });
    assert.throws(() => parseAddress('ssh://somewhere'), /not the address/);
  });
});

describe('API versions', () => {
  it('takes the wanted one where the engine has it', () => {
    assert.equal(apiVersionFor('1.41', '1.50', '1.24'), '1.41');
    assert.equal(apiVersionFor('1.41', '1.9', undefined), '1.9');
    assert.equal(apiVersionFor('1.41', '1.52', '1.44'), '1.44');
  });
});

describe('image references', () => {
  it('tells a tag from a port and lets the digest win', () => {
    assert.deepEqual(splitReference('localhost:5000/a/b'), { repository: 'localhost:5000/a/b', tag: undefined });
    assert.deepEqual(splitReference('localhost:5000/a/b:1'), { repository: 'localhost:5000/a/b', tag: '1' });
    assert.deepEqual(splitReference('a:1@sha256:00'), { repository: 'a', tag: 'sha256:00' });
  });
});

describe('streams', () => {
  it('gives back JSON values wherever the stream was cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.jsonValue()), fc.array(fc.integer({ min: 1, max: 9 })), async (values, sizes) => {
        const bytes = Buffer.from(values.map((value) => `${JSON.stringify(value)}\r\n`).join(''));
        const back = await collect(jsonValues(cut(bytes, sizes)));
        assert.deepEqual(back, JSON.parse(JSON.stringify(values)));
      }),
    );
  });

  it('gives back frames wherever the stream was cut', async () => {
    const frame = fc.record(
      { stream: fc.constantFrom('stdout' as const, 'stderr' as const), text: fc.string() },
      { noNullPrototype: true },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(frame), fc.array(fc.integer({ min: 1, max: 9 })), async (frames, sizes) => {
        const bytes = Buffer.concat(
          frames.flatMap(({ stream, text }) => {
            const head = Buffer.alloc(8);
            head[0] = stream === 'stderr' ? 2 : 1;
            head.writeUInt32BE(Buffer.byteLength(text), 4);
            return [head, Buffer.from(text)];
          }),
        );
        const back = await collect(demultiplex(cut(bytes, sizes)));
        assert.deepEqual(
          back.map(({ stream, data }) => ({ stream, text: data.toString() })),
          frames,
        );
      }),
    );
  });
});

describe('archives', () => {
  it('are whole blocks and the same each time', () => {
    const make = () =>
      tarArchive([
        { path: 'a', data: Buffer.from('hello') },
        { path: 'l', linkTo: '/a' },
      ]);
    assert.equal(make().length, 512 * 5);
    assert.deepEqual(make(), make());
    assert.throws(() => tarArchive([{ path: 'x'.repeat(101), folder: true }]), RangeError);
  });
});
