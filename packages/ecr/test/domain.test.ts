import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readChunkRange, readRange } from '../src/domain/byte-range.ts';
import { isDigestShaped, parseDigest } from '../src/domain/digest.ts';
import { decideImagePut } from '../src/domain/image-put.ts';
import { readManifest } from '../src/domain/manifest.ts';
import { isRepositoryName, isTag } from '../src/domain/names.ts';
import { routeOf } from '../src/domain/route.ts';
import { faultOfMutability, isTagImmutable, matchesWildcard } from '../src/domain/tag-mutability.ts';
import { digestOf, imageOf, ociManifest } from './support/images.ts';

const word = fc.stringMatching(/^[a-z0-9]{1,8}$/);
const component = fc
  .tuple(word, fc.array(fc.tuple(fc.constantFrom('.', '_', '__', '-', '---'), word), { maxLength: 3 }))
  .map(([first, rest]) => first + rest.map(([separator, next]) => separator + next).join(''));
/** Names that are made of the protocol's own words as often as not. */
const name = fc
  .array(fc.oneof(component, fc.constantFrom('tags', 'list', 'blobs', 'uploads', 'manifests', 'referrers', 'v2')), {
    minLength: 1,
    maxLength: 6,
  })
  .map((parts) => parts.join('/'));
const tag = fc.stringMatching(/^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,20}$/);
const digest = fc.stringMatching(/^[0-9a-f]{64}$/).map((hex) => `sha256:${hex}`);

test('every repository name routes to itself at every endpoint', () => {
  fc.assert(
    fc.property(name, tag, digest, fc.uuid(), (repository, reference, blob, uploadId) => {
      assert.ok(isRepositoryName(repository));
      const expected: readonly (readonly [string, object])[] = [
        [`manifests/${reference}`, { endpoint: 'manifest', name: repository, reference }],
        [`manifests/${blob}`, { endpoint: 'manifest', name: repository, reference: blob }],
        [`manifests/${encodeURIComponent(blob)}`, { endpoint: 'manifest', name: repository, reference: blob }],
        [`blobs/${blob}`, { endpoint: 'blob', name: repository, digest: blob }],
        ['blobs/uploads/', { endpoint: 'uploads', name: repository }],
        ['blobs/uploads', { endpoint: 'uploads', name: repository }],
        [`blobs/uploads/${uploadId}`, { endpoint: 'upload', name: repository, uploadId }],
        ['tags/list', { endpoint: 'tags', name: repository }],
        [`referrers/${blob}`, { endpoint: 'referrers', name: repository, digest: blob }],
      ];
      for (const [rest, route] of expected) assert.deepEqual(routeOf(`/v2/${repository}/${rest}`), route);
    }),
  );
});

test('no path makes the router throw, and what it calls a name is a part of the path', () => {
  fc.assert(
    fc.property(fc.string(), (rest) => {
      const route = routeOf(`/v2/${rest}`);
      if (route && 'name' in route && !rest.includes('%')) assert.ok(rest.startsWith(route.name));
    }),
  );
});

test('the grammar of names, tags and digests', () => {
  for (const good of ['a', 'a/b', 'a.b', 'a__b', 'a---b', '0/1', 'a'.repeat(256)])
    assert.ok(isRepositoryName(good), good);
  for (const bad of [
    '',
    '/',
    'a/',
    '/a',
    'a//b',
    'A',
    'a..b',
    'a___b',
    '-a',
    'a-',
    'a_-b',
    '.',
    '..',
    'a/../b',
    'é',
    'a b',
    'a\n',
    'a'.repeat(257),
  ]) {
    assert.ok(!isRepositoryName(bad), bad);
  }
  for (const good of ['a', '_', '1.0', 'A'.repeat(128)]) assert.ok(isTag(good), good);
  for (const bad of ['', '.a', '-a', 'a:b', 'a/b', 'a\n', 'A'.repeat(129)]) assert.ok(!isTag(bad), bad);
  assert.ok(parseDigest(digestOf('x', 'sha512')));
  for (const bad of [
    '',
    'sha256',
    'sha256:',
    `sha256:${'A'.repeat(64)}`,
    `sha256:${'a'.repeat(63)}`,
    `md5:${'a'.repeat(32)}`,
    `SHA256:${'a'.repeat(64)}`,
    `constructor:${'a'.repeat(64)}`,
  ]) {
    assert.equal(parseDigest(bad), undefined, bad);
  }
  assert.ok(isDigestShaped(`sha384:${'a'.repeat(96)}`));
  assert.ok(!isDigestShaped('sha256:../../etc'));
});

test('long hostile names are judged quickly', () => {
  const started = performance.now();
  for (const hostile of [`${'a-'.repeat(127)}!`, `${'a'.repeat(255)}/`, '-'.repeat(256), `a${'_'.repeat(254)}a`])
    isRepositoryName(hostile);
  assert.ok(performance.now() - started < 100);
});

test('a range is whole, unsatisfiable, or inside of the blob', () => {
  const number = fc.nat({ max: 40 });
  const spec = fc.oneof(
    fc.tuple(number, number).map(([a, b]) => `${a}-${b}`),
    number.map((a) => `${a}-`),
    number.map((a) => `-${a}`),
    fc.string({ maxLength: 6 }),
  );
  fc.assert(
    fc.property(fc.array(spec, { maxLength: 3 }), fc.nat({ max: 30 }), (specs, size) => {
      const range = readRange(`bytes=${specs.join(',')}`, size);
      if (typeof range !== 'object') return;
      assert.ok(range.start >= 0 && range.start <= range.end && range.end < size);
    }),
  );
  fc.assert(
    fc.property(number, number, fc.integer({ min: 1, max: 30 }), (start, length, size) => {
      const end = start + length;
      const expected = start >= size ? 'unsatisfiable' : { start, end: Math.min(end, size - 1) };
      assert.deepEqual(readRange(`bytes=${start}-${end}`, size), expected);
    }),
  );
});

test('chunk ranges', () => {
  assert.deepEqual(readChunkRange('0-9'), { start: 0, end: 9 });
  assert.deepEqual(readChunkRange('bytes 5-9/10'), { start: 5, end: 9 });
  for (const bad of ['', '9-0', 'a-b', '-5', '5-', '0-9,20-29', '99999999999999999999-99999999999999999999']) {
    assert.equal(readChunkRange(bad), undefined, bad);
  }
});

test('wildcards match as a regular expression would', () => {
  const text = fc.stringMatching(/^[ab.]{0,8}$/);
  const pattern = fc.stringMatching(/^[ab.*]{0,6}$/);
  fc.assert(
    fc.property(pattern, text, (wildcard, candidate) => {
      const expected = new RegExp(
        `^${wildcard
          .split('*')
          .map((part) => part.replaceAll('.', '\\.'))
          .join('.*')}$`,
      );
      assert.equal(matchesWildcard(wildcard, candidate), expected.test(candidate));
    }),
    { numRuns: 2000 },
  );
});

test('mutability with exclusions', () => {
  const exclusionFilters = [{ filterType: 'WILDCARD', filter: 'dev-*' }] as const;
  assert.ok(!isTagImmutable({ imageTagMutability: 'MUTABLE' }, 'v1'));
  assert.ok(isTagImmutable({ imageTagMutability: 'IMMUTABLE' }, 'v1'));
  assert.ok(!isTagImmutable({ imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION', exclusionFilters }, 'dev-1'));
  assert.ok(isTagImmutable({ imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION', exclusionFilters }, 'v1'));
  assert.ok(isTagImmutable({ imageTagMutability: 'MUTABLE_WITH_EXCLUSION', exclusionFilters }, 'dev-1'));
  assert.ok(!isTagImmutable({ imageTagMutability: 'MUTABLE_WITH_EXCLUSION', exclusionFilters }, 'v1'));
  assert.ok(faultOfMutability({ imageTagMutability: 'IMMUTABLE', exclusionFilters }));
  assert.ok(faultOfMutability({ imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION' }));
  const crowded = [{ filterType: 'WILDCARD', filter: '*a*b*' }] as const;
  assert.ok(faultOfMutability({ imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION', exclusionFilters: crowded }));
});

test('any JSON and any bytes are read without throwing, and the text gives the bytes again', () => {
  fc.assert(
    fc.property(fc.json(), fc.constantFrom(ociManifest, undefined), (json, type) => {
      readManifest(Buffer.from(json), type);
    }),
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      assert.equal(readManifest(bytes, ociManifest).kind, 'invalid');
    }),
  );
  fc.assert(
    fc.property(fc.string(), fc.dictionary(fc.string(), fc.string()), (content, annotations) => {
      const bytes = Buffer.from(imageOf(content, { annotations }).text);
      const reading = readManifest(bytes, ociManifest);
      assert.ok(reading.kind === 'manifest');
      assert.deepEqual(Buffer.from(reading.text), bytes);
    }),
  );
});

test('what keeps a manifest out, in order of what the client can mend', () => {
  const none = {
    repository: { imageTagMutability: 'IMMUTABLE' },
    missingLayers: [],
    missingImages: [],
    tagged: new Map(),
    restores: false,
    tagCount: 0,
  } as const;
  assert.equal(decideImagePut('d', ['t'], none), undefined);
  assert.deepEqual(decideImagePut('d', ['t'], { ...none, missingLayers: ['l'], missingImages: ['i'] }), {
    kind: 'missingLayers',
    digests: ['l'],
  });
  assert.deepEqual(decideImagePut('d', ['t'], { ...none, tagged: new Map([['t', 'x']]) }), {
    kind: 'immutableTag',
    tag: 't',
    on: 'x',
  });
  assert.deepEqual(decideImagePut('d', ['t'], { ...none, tagCount: 1000 }), { kind: 'tooManyTags' });
});
