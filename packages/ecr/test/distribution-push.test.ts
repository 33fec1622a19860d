import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  codesOf,
  digestOf,
  imageOf,
  ociIndex,
  ociManifest,
  pushBlob,
  pushImage,
  putManifest,
} from './support/images.ts';
import { startRegistry } from './support/registry.ts';
import type { TestRegistry } from './support/registry.ts';

let registry: TestRegistry;
before(async () => {
  registry = await startRegistry();
  for (const repositoryName of ['push/a', 'push/b', 'push/tags'])
    await registry.call('CreateRepository', { repositoryName });
});
after(async () => {
  assert.deepEqual(registry.errors, []);
  await registry.stop();
});

const bytes = (length: number, fill = 7): Buffer => Buffer.alloc(length, fill);
const begin = async (name = 'push/a', query = ''): Promise<string> => {
  const response = await registry.request('POST', `/v2/${name}/blobs/uploads/${query}`);
  assert.equal(response.status, 202);
  return response.headers.get('location') ?? '';
};
const withDigest = (location: string, digest: string): string =>
  `${location}${location.includes('?') ? '&' : '?'}digest=${encodeURIComponent(digest)}`;

test('POST then PUT pushes a blob', async () => {
  const blob = Buffer.from('monolithic');
  const location = await begin();
  assert.match(location, /^\/v2\/push\/a\/blobs\/uploads\/[0-9a-f-]{36}$/);
  const put = await registry.request('PUT', withDigest(location, digestOf(blob)), { body: blob });
  assert.equal(put.status, 201);
  assert.equal(put.headers.get('location'), `/v2/push/a/blobs/${digestOf(blob)}`);
  assert.equal(put.headers.get('docker-content-digest'), digestOf(blob));
  const got = await registry.request('GET', put.headers.get('location') ?? '');
  assert.equal(await got.text(), 'monolithic');
  assert.equal((await registry.request('GET', location)).status, 404);
});

test('one POST with the digest pushes a blob', async () => {
  const blob = Buffer.from('single post');
  const response = await registry.request('POST', `/v2/push/a/blobs/uploads/?digest=${digestOf(blob)}`, { body: blob });
  assert.equal(response.status, 201);
  assert.equal((await registry.request('HEAD', `/v2/push/a/blobs/${digestOf(blob)}`)).status, 200);
});

test('a streamed PATCH without length or range, then PUT, as Docker does it', async () => {
  const blob = bytes(300_000);
  const location = await begin();
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      for (let at = 0; at < blob.length; at += 50_000) controller.enqueue(blob.subarray(at, at + 50_000));
      controller.close();
    },
  });
  const patched = await registry.request('PATCH', location, { body });
  assert.equal(patched.status, 202);
  assert.equal(patched.headers.get('range'), '0-299999');
  const put = await registry.request('PUT', withDigest(patched.headers.get('location') ?? '', digestOf(blob)));
  assert.equal(put.status, 201);
  const head = await registry.request('HEAD', `/v2/push/a/blobs/${digestOf(blob)}`);
  assert.equal(head.headers.get('content-length'), '300000');
});

test('chunks with ranges, the last one on the PUT, over a restart in the middle', async () => {
  const blob = Buffer.concat([bytes(1000, 1), bytes(1000, 2), bytes(500, 3)]);
  const location = await begin();
  const chunk = (start: number, end: number, method: string, url: string): Promise<Response> =>
    registry.request(method, url, {
      body: blob.subarray(start, end + 1),
      headers: { 'content-range': `${start}-${end}` },
    });
  const early = await chunk(1000, 1999, 'PATCH', location);
  assert.equal(early.status, 416);
  assert.equal(early.headers.get('range'), '0-0');
  assert.equal((await chunk(0, 999, 'PATCH', location)).status, 202);
  assert.equal((await chunk(0, 999, 'PATCH', location)).status, 416);
  await registry.restart();
  const status = await registry.request('GET', location);
  assert.equal(status.status, 204);
  assert.equal(status.headers.get('range'), '0-999');
  assert.equal(status.headers.get('location'), location);
  assert.equal((await chunk(1000, 1999, 'PATCH', location)).status, 202);
  const wrong = await chunk(1999, 2499, 'PUT', withDigest(location, digestOf(blob)));
  assert.equal(wrong.status, 416);
  assert.equal((await registry.request('GET', location)).headers.get('range'), '0-1999');
  assert.equal((await chunk(2000, 2499, 'PUT', withDigest(location, digestOf(blob)))).status, 201);
  const got = await registry.request('GET', `/v2/push/a/blobs/${digestOf(blob)}`);
  assert.deepEqual(Buffer.from(await got.arrayBuffer()), blob);
});

test('a Content-Range that is malformed is 416, one that is not as long as the body is SIZE_INVALID', async () => {
  const location = await begin();
  const garbage = await registry.request('PATCH', location, { body: 'abc', headers: { 'content-range': 'x' } });
  assert.equal(garbage.status, 416);
  const lying = await registry.request('PATCH', location, { body: 'abc', headers: { 'content-range': '0-5' } });
  assert.equal(lying.status, 400);
  assert.deepEqual(await codesOf(lying), ['SIZE_INVALID']);
  const streamed = new ReadableStream<Uint8Array>({
    start: (controller) => {
      controller.enqueue(Buffer.from('abc'));
      controller.close();
    },
  });
  const short = await registry.request('PATCH', location, { body: streamed, headers: { 'content-range': '0-5' } });
  assert.deepEqual(await codesOf(short), ['SIZE_INVALID']);
  assert.equal((await registry.request('GET', location)).headers.get('range'), '0-0');
  const put = await registry.request('PUT', withDigest(location, digestOf('abc')), { body: 'abc' });
  assert.equal(put.status, 201);
});

test('a wrong digest leaves nothing, a missing or malformed one leaves the upload', async () => {
  const location = await begin();
  for (const query of ['', '?digest=', '?digest=md5:abc', `?digest=sha256:${'z'.repeat(64)}`, '?digest=sha256:12']) {
    const response = await registry.request('PUT', `${location}${query}`, { body: 'content' });
    assert.equal(response.status, 400);
    assert.deepEqual(await codesOf(response), ['DIGEST_INVALID']);
  }
  const wrong = await registry.request('PUT', withDigest(location, digestOf('other')), { body: 'content' });
  assert.deepEqual(await codesOf(wrong), ['DIGEST_INVALID']);
  assert.equal((await registry.request('GET', location)).status, 404);
  for (const content of ['content', 'other']) {
    assert.equal((await registry.request('HEAD', `/v2/push/a/blobs/${digestOf(content)}`)).status, 404);
  }
  const posted = await registry.request('POST', `/v2/push/a/blobs/uploads/?digest=${digestOf('other')}`, {
    body: 'content',
  });
  assert.deepEqual(await codesOf(posted), ['DIGEST_INVALID']);
});

test('a zero-byte blob is legal in every style', async () => {
  const empty = digestOf('');
  assert.equal((await registry.request('PUT', withDigest(await begin(), empty))).status, 201);
  assert.equal((await registry.request('POST', `/v2/push/b/blobs/uploads/?digest=${empty}`)).status, 201);
  const got = await registry.request('GET', `/v2/push/b/blobs/${empty}`);
  assert.equal(got.status, 200);
  assert.equal((await got.arrayBuffer()).byteLength, 0);
});

test('sha512: announced, not announced, and refused algorithms', async () => {
  const announced = Buffer.from('announced');
  const first = await begin('push/a', '?digest-algorithm=sha512');
  const patched = await registry.request('PATCH', first, { body: announced });
  assert.equal(patched.status, 202);
  const put = await registry.request('PUT', withDigest(first, digestOf(announced, 'sha512')));
  assert.equal(put.status, 201);
  assert.equal(put.headers.get('docker-content-digest'), digestOf(announced, 'sha512'));
  const plain = Buffer.from('not announced');
  const second = await begin();
  assert.equal((await registry.request('PATCH', second, { body: plain })).status, 202);
  assert.equal((await registry.request('PUT', withDigest(second, digestOf(plain, 'sha512')))).status, 201);
  for (const blob of [announced, plain]) {
    const got = await registry.request('GET', `/v2/push/a/blobs/${digestOf(blob, 'sha512')}`);
    assert.equal(await got.text(), blob.toString());
  }
  const refused = await registry.request('POST', '/v2/push/a/blobs/uploads/?digest-algorithm=md5');
  assert.deepEqual(await codesOf(refused), ['DIGEST_INVALID']);
});

test('uploads belong to their repository, can be cancelled, and unknown ones are 404', async () => {
  const location = await begin();
  const elsewhere = location.replace('push/a', 'push/b');
  for (const method of ['GET', 'PATCH', 'PUT', 'DELETE']) {
    const url = method === 'PUT' ? withDigest(elsewhere, digestOf('x')) : elsewhere;
    const response = await registry.request(method, url);
    assert.deepEqual([response.status, await codesOf(response)], [404, ['BLOB_UPLOAD_UNKNOWN']]);
  }
  assert.equal((await registry.request('DELETE', location)).status, 204);
  assert.equal((await registry.request('GET', location)).status, 404);
  for (const id of ['nonsense', 'a%20b', digestOf('x')]) {
    assert.equal((await registry.request('PATCH', `/v2/push/a/blobs/uploads/${id}`, { body: 'x' })).status, 404);
  }
});

test('mounting: from a repository, from anywhere, and falling back to an upload', async () => {
  const digest = await pushBlob(registry, 'push/a', 'to be mounted');
  const mounted = await registry.request('POST', `/v2/push/b/blobs/uploads/?mount=${digest}&from=push/a`);
  assert.equal(mounted.status, 201);
  assert.equal(mounted.headers.get('location'), `/v2/push/b/blobs/${digest}`);
  assert.equal(await (await registry.request('GET', `/v2/push/b/blobs/${digest}`)).text(), 'to be mounted');
  const anonymous = await registry.request('POST', `/v2/push/tags/blobs/uploads/?mount=${digest}`);
  assert.equal(anonymous.status, 201);
  for (const query of [
    `mount=${digestOf('?')}&from=push/a`,
    `mount=${digest}&from=no/such`,
    'mount=junk',
    `mount=${digest}&from=../x`,
  ]) {
    const response = await registry.request('POST', `/v2/push/b/blobs/uploads/?${query}`);
    assert.equal(response.status, 202);
    assert.match(response.headers.get('location') ?? '', /uploads/);
  }
  await registry.call('PutAccountSetting', { name: 'BLOB_MOUNTING', value: 'DISABLED' });
  const off = await registry.request('POST', `/v2/push/b/blobs/uploads/?mount=${digest}&from=push/a`);
  assert.equal(off.status, 202);
  await registry.call('PutAccountSetting', { name: 'BLOB_MOUNTING', value: 'ENABLED' });
  registry.denied.add('ecr:GetDownloadUrlForLayer');
  const denied = await registry.request('POST', `/v2/push/b/blobs/uploads/?mount=${digest}&from=push/a`);
  registry.denied.clear();
  assert.equal(denied.status, 202);
});

test('a manifest is kept byte for byte and answers by tag and digest', async () => {
  const image = imageOf('bytes', { 'x-unknown': { é: [1.0, null] }, annotations: { a: 'b' } });
  const text = `\n ${image.text}  \n`;
  await pushBlob(registry, 'push/a', image.config);
  await pushBlob(registry, 'push/a', image.layer);
  const put = await putManifest(registry, 'push/a', 'exact', text, `${ociManifest}; charset=utf-8`);
  assert.equal(put.status, 201);
  assert.equal(put.headers.get('location'), `/v2/push/a/manifests/${digestOf(text)}`);
  assert.equal(put.headers.get('oci-subject'), null);
  for (const reference of ['exact', digestOf(text)]) {
    const got = await registry.request('GET', `/v2/push/a/manifests/${reference}`);
    assert.equal(await got.text(), text);
    assert.equal(got.headers.get('content-type'), ociManifest);
    assert.equal(got.headers.get('docker-content-digest'), digestOf(text));
    const head = await registry.request('HEAD', `/v2/push/a/manifests/${reference}`);
    assert.equal(head.headers.get('content-length'), String(Buffer.byteLength(text)));
    assert.equal(await head.text(), '');
  }
});

test('manifests that are wrong are refused with the right codes', async () => {
  const image = await pushImage(registry, 'push/a', 'faults', 'faults');
  const cases: readonly (readonly [string, string, string | Uint8Array, string, number, string])[] = [
    ['not JSON', 't', 'nonsense', ociManifest, 400, 'MANIFEST_INVALID'],
    ['not UTF-8', 't', Buffer.from([0x22, 0xff, 0x22]), ociManifest, 400, 'MANIFEST_INVALID'],
    ['an array', 't', '[]', ociManifest, 400, 'MANIFEST_INVALID'],
    ['another media type', 't', image.text, ociIndex, 400, 'MANIFEST_INVALID'],
    ['an unknown media type', 't', '{"schemaVersion":2}', 'application/json', 400, 'MANIFEST_INVALID'],
    [
      'schema 1',
      't',
      '{"schemaVersion":1}',
      'application/vnd.docker.distribution.manifest.v1+prettyjws',
      400,
      'MANIFEST_INVALID',
    ],
    ['no layers', 't', `{"schemaVersion":2,"config":{}}`, ociManifest, 400, 'MANIFEST_INVALID'],
    ['another digest', digestOf('other'), image.text, ociManifest, 400, 'MANIFEST_INVALID'],
    ['a malformed digest', 'sha256:12', image.text, ociManifest, 400, 'DIGEST_INVALID'],
    ['an invalid tag', '-tag', image.text, ociManifest, 400, 'TAG_INVALID'],
    ['a tag too long', 'a'.repeat(129), image.text, ociManifest, 400, 'TAG_INVALID'],
    ['too large', 't', Buffer.alloc(4_194_305, 32), ociManifest, 413, 'SIZE_INVALID'],
  ];
  for (const [what, reference, text, type, status, code] of cases) {
    const response = await putManifest(registry, 'push/a', reference, text, type);
    assert.deepEqual([what, response.status, await codesOf(response)], [what, status, [code]]);
  }
  assert.equal((await registry.request('GET', '/v2/push/a/manifests/t')).status, 404);
});

test('a manifest of exactly 4 MiB is taken', async () => {
  const image = imageOf('large');
  await pushBlob(registry, 'push/a', image.config);
  await pushBlob(registry, 'push/a', image.layer);
  const text = image.text + ' '.repeat(4_194_304 - image.text.length);
  assert.equal((await putManifest(registry, 'push/a', 'large', text)).status, 201);
  assert.equal(await (await registry.request('GET', '/v2/push/a/manifests/large')).text(), text);
});

test('missing parts are named one by one; foreign layers and subjects need not be there', async () => {
  const image = imageOf('missing');
  const refused = await putManifest(registry, 'push/a', 't', image.text);
  assert.equal(refused.status, 404);
  const { errors } = (await refused.json()) as {
    errors: { code: string; message: string; detail: { digest: string } }[];
  };
  assert.deepEqual(
    errors.map(({ code, detail }) => [code, detail.digest]),
    [digestOf(image.config), digestOf(image.layer)].map((digest) => ['MANIFEST_BLOB_UNKNOWN', digest]),
  );
  assert.match(errors[0]?.message ?? '', /^Layers with digests '\[sha256:.*, sha256:.*\]' required for pushing image/);
  const config = await pushBlob(registry, 'push/a', image.config);
  const foreign = imageOf('missing', {
    layers: [
      { mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip', digest: digestOf('f'), size: 1 },
      { mediaType: 'application/x', digest: digestOf('u'), size: 1, urls: ['https://example.com/u'] },
    ],
    subject: { mediaType: ociManifest, digest: digestOf('nobody'), size: 3 },
  });
  const put = await putManifest(registry, 'push/a', 'foreign', foreign.text);
  assert.equal(put.status, 201, config);
  assert.equal(put.headers.get('oci-subject'), digestOf('nobody'));
});

test('indexes need their manifests, may be empty and nested, and may have subjects', async () => {
  const child = await pushImage(registry, 'push/a', 'child');
  const indexOf = (digest: string, more = {}): string =>
    JSON.stringify({
      schemaVersion: 2,
      mediaType: ociIndex,
      manifests: [{ mediaType: ociManifest, digest, size: 3 }],
      ...more,
    });
  const missing = await putManifest(registry, 'push/a', 'index', indexOf(digestOf('absent')), ociIndex);
  assert.deepEqual([missing.status, await codesOf(missing)], [404, ['MANIFEST_BLOB_UNKNOWN']]);
  const text = indexOf(child.digest);
  assert.equal((await putManifest(registry, 'push/a', 'index', text, ociIndex)).status, 201);
  const nested = indexOf(digestOf(text), { subject: { mediaType: ociManifest, digest: child.digest, size: 2 } });
  const put = await putManifest(registry, 'push/a', 'nested', nested, ociIndex);
  assert.equal(put.headers.get('oci-subject'), child.digest);
  const empty = JSON.stringify({ schemaVersion: 2, manifests: [] });
  assert.equal((await putManifest(registry, 'push/a', 'empty', empty, ociIndex)).status, 201);
});

test('Docker schema 2 images and lists, manifests by sha512, and several tags at once', async () => {
  const docker = imageOf('docker', {
    mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
    layers: [],
  });
  await pushBlob(registry, 'push/a', docker.config);
  const type = 'application/vnd.docker.distribution.manifest.v2+json';
  assert.equal((await putManifest(registry, 'push/a', 'docker', docker.text, type)).status, 201);
  const list = JSON.stringify({
    schemaVersion: 2,
    mediaType: 'application/vnd.docker.distribution.manifest.list.v2+json',
    manifests: [{ mediaType: type, digest: docker.digest, size: 1 }],
  });
  const listType = 'application/vnd.docker.distribution.manifest.list.v2+json';
  assert.equal((await putManifest(registry, 'push/a', 'list', list, listType)).status, 201);
  const digest = digestOf(docker.text, 'sha512');
  const many = Array.from({ length: 12 }, (_, index) => `tag=many-${index}`).join('&');
  const put = await putManifest(registry, 'push/a', `${digest}?${many}`, docker.text, type);
  assert.equal(put.status, 201);
  assert.equal(put.headers.get('docker-content-digest'), digest);
  assert.equal(put.headers.get('oci-tag')?.split(', ').length, 12);
  const got = await registry.request('GET', '/v2/push/a/manifests/many-11');
  assert.equal(got.headers.get('docker-content-digest'), digest);
  const tooMany = Array.from({ length: 101 }, (_, index) => `tag=x${index}`).join('&');
  assert.equal((await putManifest(registry, 'push/a', `${digest}?${tooMany}`, docker.text, type)).status, 414);
});

test('pushing a tag moves it and the old manifest stays', async () => {
  const first = await pushImage(registry, 'push/tags', 'first', 'moving');
  const second = await pushImage(registry, 'push/tags', 'second', 'moving');
  const now = await registry.request('HEAD', '/v2/push/tags/manifests/moving');
  assert.equal(now.headers.get('docker-content-digest'), second.digest);
  assert.equal((await registry.request('GET', `/v2/push/tags/manifests/${first.digest}`)).status, 200);
});

test('immutable tags cannot be overwritten, not even with themselves', async () => {
  await registry.call('CreateRepository', { repositoryName: 'push/immutable', imageTagMutability: 'IMMUTABLE' });
  const image = await pushImage(registry, 'push/immutable', 'one', 'v1');
  const again = await putManifest(registry, 'push/immutable', 'v1', image.text);
  assert.equal(again.status, 400);
  const { errors } = (await again.json()) as { errors: { code: string; message: string }[] };
  assert.deepEqual(errors[0]?.code, 'TAG_INVALID');
  assert.equal(
    errors[0]?.message,
    "The image tag 'v1' already exists in the 'push/immutable' repository and cannot be overwritten because the repository is immutable.",
  );
  assert.equal((await putManifest(registry, 'push/immutable', 'v2', image.text)).status, 201);
});

test('the same blob and the same tag pushed many times at once all succeed', async () => {
  const blob = bytes(400_000, 9);
  const pushes = await Promise.all(
    Array.from({ length: 8 }, async (_, index) => {
      const location = await begin(index % 2 === 0 ? 'push/a' : 'push/b');
      await registry.request('PATCH', location, { body: blob });
      return registry.request('PUT', withDigest(location, digestOf(blob)));
    }),
  );
  assert.deepEqual(
    pushes.map(({ status }) => status),
    Array.from({ length: 8 }, () => 201),
  );
  const images = await Promise.all(
    Array.from({ length: 6 }, (_, index) => pushImage(registry, 'push/tags', `same ${index}`, 'same')),
  );
  const head = await registry.request('HEAD', '/v2/push/tags/manifests/same');
  assert.ok(images.some(({ digest }) => digest === head.headers.get('docker-content-digest')));
});
