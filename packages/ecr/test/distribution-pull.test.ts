import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import { after, before, test } from 'node:test';
import { codesOf, digestOf, ociIndex, ociManifest, pushBlob, pushImage, putManifest } from './support/images.ts';
import { startRegistry } from './support/registry.ts';
import type { TestRegistry } from './support/registry.ts';

let registry: TestRegistry;
const content = Buffer.from(Array.from({ length: 1000 }, (_, index) => index % 251));
let blob: string;
before(async () => {
  registry = await startRegistry();
  for (const repositoryName of ['pull/a', 'pull/empty', 'a/tags', 'x/blobs/uploads', 'm/manifests/y']) {
    await registry.call('CreateRepository', { repositoryName });
  }
  blob = await pushBlob(registry, 'pull/a', content);
});
after(async () => {
  assert.deepEqual(registry.errors, []);
  await registry.stop();
});

/** The status and body text of a request whose path goes out exactly as given. */
const raw = (method: string, path: string, headers: Record<string, string> = {}): Promise<readonly [number, string]> =>
  new Promise((resolve, reject) => {
    const { port, authorization } = registry;
    const request = httpRequest(
      { port, host: '127.0.0.1', method, path, headers: { authorization, ...headers } },
      (response) => {
        let body = '';
        response.on('data', (chunk) => (body += String(chunk)));
        response.on('end', () => resolve([response.statusCode ?? 0, body]));
      },
    );
    request.on('error', reject);
    request.end();
  });

test('the base endpoint answers with the protocol version', async () => {
  for (const path of ['/v2/', '/v2']) {
    const response = await registry.request('GET', path);
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('docker-distribution-api-version'), 'registry/2.0');
  }
});

test('a blob is pulled with length, digest, ETag and type', async () => {
  const response = await registry.request('GET', `/v2/pull/a/blobs/${blob}`);
  assert.equal(response.status, 200);
  assert.deepEqual(Buffer.from(await response.arrayBuffer()), content);
  assert.equal(response.headers.get('content-length'), '1000');
  assert.equal(response.headers.get('docker-content-digest'), blob);
  assert.equal(response.headers.get('accept-ranges'), 'bytes');
  assert.equal(response.headers.get('content-type'), 'application/octet-stream');
  const cached = await registry.request('GET', `/v2/pull/a/blobs/${blob}`, {
    headers: { 'if-none-match': response.headers.get('etag') ?? '' },
  });
  assert.equal(cached.status, 304);
});

test('ranges of a blob', async () => {
  const get = (headers: Record<string, string>): Promise<Response> =>
    registry.request('GET', `/v2/pull/a/blobs/${blob}`, { headers });
  const cases: readonly (readonly [string, number, number, number])[] = [
    ['bytes=0-0', 206, 0, 0],
    ['bytes=10-19', 206, 10, 19],
    ['bytes=990-', 206, 990, 999],
    ['bytes=-5', 206, 995, 999],
    ['bytes=-5000', 206, 0, 999],
    ['bytes=995-99999999999999999999', 206, 995, 999],
    ['bytes=x', 200, 0, 999],
    ['lines=1-2', 200, 0, 999],
    ['bytes=0-1,5-6', 200, 0, 999],
    ['bytes=2000-,5-6', 206, 5, 6],
  ];
  for (const [range, status, start, end] of cases) {
    const response = await get({ range });
    assert.deepEqual([range, response.status], [range, status]);
    assert.deepEqual(Buffer.from(await response.arrayBuffer()), content.subarray(start, end + 1));
    if (status === 206) assert.equal(response.headers.get('content-range'), `bytes ${start}-${end}/1000`);
  }
  for (const range of ['bytes=5-2', 'bytes=1000-', 'bytes=-0', 'bytes=1000-2000,3000-']) {
    const response = await get({ range });
    assert.deepEqual([range, response.status], [range, 416]);
    assert.equal(response.headers.get('content-range'), 'bytes */1000');
  }
  assert.equal((await get({ range: 'bytes=0-1', 'if-range': `"${blob}"` })).status, 206);
  assert.equal((await get({ range: 'bytes=0-1', 'if-range': '"other"' })).status, 200);
  const head = await registry.request('HEAD', `/v2/pull/a/blobs/${blob}`, { headers: { range: 'bytes=0-1' } });
  assert.deepEqual([head.status, head.headers.get('content-length')], [200, '1000']);
});

test('what is not there answers the right codes', async () => {
  const cases: readonly (readonly [string, string, number, string])[] = [
    ['GET', `/v2/pull/a/blobs/${digestOf('none')}`, 404, 'BLOB_UNKNOWN'],
    ['GET', '/v2/pull/a/blobs/sha256:123', 400, 'DIGEST_INVALID'],
    ['GET', `/v2/pull/empty/blobs/${blob}`, 404, 'BLOB_UNKNOWN'],
    ['GET', '/v2/pull/a/manifests/none', 404, 'MANIFEST_UNKNOWN'],
    ['GET', `/v2/pull/a/manifests/${digestOf('none')}`, 404, 'MANIFEST_UNKNOWN'],
    ['GET', '/v2/pull/a/manifests/.no-tag', 404, 'MANIFEST_UNKNOWN'],
    ['DELETE', '/v2/pull/a/manifests/.no-tag', 404, 'MANIFEST_UNKNOWN'],
    ['GET', '/v2/pull/a/manifests/sha256:123', 400, 'DIGEST_INVALID'],
    ['GET', '/v2/no/such/manifests/none', 404, 'NAME_UNKNOWN'],
    ['GET', '/v2/no/such/tags/list', 404, 'NAME_UNKNOWN'],
    ['POST', '/v2/no/such/blobs/uploads/', 404, 'NAME_UNKNOWN'],
    ['GET', `/v2/no/such/referrers/${blob}`, 404, 'NAME_UNKNOWN'],
    ['GET', '/v2/pull/a/referrers/sha256:1', 400, 'DIGEST_INVALID'],
    ['GET', '/v2/pull/a/nothing', 404, 'UNSUPPORTED'],
    ['PUT', '/v2/pull/a/tags/list', 405, 'UNSUPPORTED'],
    ['POST', '/v2/', 405, 'UNSUPPORTED'],
    ['GET', '/v2/Upper/manifests/t', 400, 'NAME_INVALID'],
  ];
  for (const [method, path, status, code] of cases) {
    const response = await registry.request(method, path);
    assert.deepEqual([path, response.status, await codesOf(response)], [path, status, [code]]);
    assert.equal(response.headers.get('content-type'), 'application/json');
  }
});

test('path tricks find nothing', async () => {
  const paths = [
    '/v2/../etc/passwd',
    '/v2/pull/../pull/a/tags/list',
    '/v2/pull/%2e%2e/a/tags/list',
    '/v2/pull%2fa%2f..%2f..%2fa/manifests/t',
    `/v2/pull/a/blobs/..%2f..%2f${blob}`,
    '/v2/pull/a/blobs/uploads/..%2f..%2fx',
    '/v2//tags/list',
    '/v2/%00/tags/list',
    '/v2/%zz/tags/list',
    '/v2/pull/a/manifests/..',
    '/v2/pull/a//tags/list',
    `/v2/${'a/'.repeat(500)}a/tags/list`,
    '/v2/pull/a/manifests/%E0%A4%A',
  ];
  for (const path of paths) {
    const [status, body] = await raw('GET', path);
    assert.ok(status === 400 || status === 404, `${path}: ${status}`);
    assert.ok(Array.isArray((JSON.parse(body) as { errors: unknown }).errors), path);
  }
  const [encoded] = await raw('GET', `/v2/pull%2Fa/blobs/${blob.replace(':', '%3A')}`);
  assert.equal(encoded, 200);
});

test('repositories may have the words of the protocol in their names', async () => {
  for (const name of ['a/tags', 'x/blobs/uploads', 'm/manifests/y']) {
    const image = await pushImage(registry, name, name, 'list');
    const got = await registry.request('GET', `/v2/${name}/manifests/list`);
    assert.equal(got.headers.get('docker-content-digest'), image.digest);
    const tags = await registry.request('GET', `/v2/${name}/tags/list`);
    assert.deepEqual(await tags.json(), { name, tags: ['list'] });
  }
});

test('tags are listed in byte order, by pages', async () => {
  const image = await pushImage(registry, 'pull/a', 'tags');
  const wanted = ['10', '2', 'B', '_x', 'a', 'b.1'];
  for (const tag of wanted.toReversed()) await putManifest(registry, 'pull/a', tag, image.text);
  const list = async (query: string): Promise<readonly [readonly string[], string | null]> => {
    const response = await registry.request('GET', `/v2/pull/a/tags/list${query}`);
    assert.equal(response.status, 200);
    return [((await response.json()) as { tags: string[] }).tags, response.headers.get('link')];
  };
  assert.deepEqual(await list(''), [wanted, null]);
  assert.deepEqual(await list('?n=0'), [[], null]);
  assert.deepEqual(await list('?n=6'), [wanted, null]);
  assert.deepEqual(await list('?last=B'), [['_x', 'a', 'b.1'], null]);
  assert.deepEqual(await list('?last=AA&n=1'), [['B'], '</v2/pull/a/tags/list?last=B&n=1>; rel="next"']);
  const seen: string[] = [];
  for (let query: string | undefined = '?n=4'; query !== undefined;) {
    const [page, link]: readonly [readonly string[], string | null] = await list(query);
    seen.push(...page);
    query = link === null ? undefined : /(\?.*)>/.exec(link)?.[1];
  }
  assert.deepEqual(seen, wanted);
  for (const n of ['-1', 'x', '1.5', '']) {
    assert.equal((await registry.request('GET', `/v2/pull/a/tags/list?n=${n}`)).status, 400);
  }
  const empty = await registry.request('GET', '/v2/pull/empty/tags/list');
  assert.deepEqual(await empty.json(), { name: 'pull/empty', tags: [] });
});

test('the catalog lists repositories', async () => {
  const response = await registry.request('GET', '/v2/_catalog?n=2');
  assert.deepEqual(await response.json(), { repositories: ['a/tags', 'm/manifests/y'] });
  assert.match(response.headers.get('link') ?? '', /^<\/v2\/_catalog\?n=2&last=m%2Fmanifests%2Fy>; rel="next"$/);
});

test('referrers: of absent subjects too, filtered, by pages, gone when deleted', async () => {
  const subject = { mediaType: ociManifest, digest: digestOf('some subject'), size: 12 };
  const referrers = async (query = ''): Promise<readonly [readonly Record<string, unknown>[], Response]> => {
    const response = await registry.request('GET', `/v2/pull/a/referrers/${subject.digest}${query}`);
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('content-type'), ociIndex);
    const index = (await response.json()) as { mediaType: string; manifests: Record<string, unknown>[] };
    assert.equal(index.mediaType, ociIndex);
    return [index.manifests, response];
  };
  assert.deepEqual((await referrers())[0], []);
  const sbom = await pushImage(registry, 'pull/a', 'sbom', undefined, {
    subject,
    artifactType: 'application/sbom',
    annotations: { k: 'v' },
  });
  const plain = await pushImage(registry, 'pull/a', 'plain', undefined, { subject });
  const index = JSON.stringify({ schemaVersion: 2, mediaType: ociIndex, manifests: [], subject });
  assert.equal((await putManifest(registry, 'pull/a', digestOf(index), index, ociIndex)).status, 201);
  const [all] = await referrers();
  const expected = [
    {
      mediaType: ociManifest,
      digest: sbom.digest,
      size: sbom.text.length,
      artifactType: 'application/sbom',
      annotations: { k: 'v' },
    },
    {
      mediaType: ociManifest,
      digest: plain.digest,
      size: plain.text.length,
      artifactType: 'application/vnd.oci.image.config.v1+json',
    },
    { mediaType: ociIndex, digest: digestOf(index), size: index.length },
  ];
  assert.deepEqual(
    all,
    expected.toSorted((a, b) => (a.digest < b.digest ? -1 : 1)),
  );
  const [filtered, response] = await referrers('?artifactType=application/sbom');
  assert.deepEqual(
    filtered.map(({ digest }) => digest),
    [sbom.digest],
  );
  assert.equal(response.headers.get('oci-filters-applied'), 'artifactType');
  const [first, paged] = await referrers('?n=2');
  const link = /<(.*)>; rel="next"/.exec(paged.headers.get('link') ?? '')?.[1] ?? '';
  const rest = (await (await registry.request('GET', link)).json()) as { manifests: Record<string, unknown>[] };
  assert.deepEqual([...first, ...rest.manifests], all);
  assert.equal((await registry.request('DELETE', `/v2/pull/a/manifests/${plain.digest}`)).status, 202);
  assert.equal((await referrers())[0].length, 2);
});

test('deletes: a tag alone, an image with its tags, a layer here and not elsewhere', async () => {
  const image = await pushImage(registry, 'pull/a', 'to delete', 'gone-1');
  await putManifest(registry, 'pull/a', 'gone-2', image.text);
  const status = async (method: string, path: string): Promise<number> => (await registry.request(method, path)).status;
  assert.equal(await status('DELETE', '/v2/pull/a/manifests/gone-1'), 202);
  assert.equal(await status('GET', '/v2/pull/a/manifests/gone-1'), 404);
  assert.equal(await status('GET', '/v2/pull/a/manifests/gone-2'), 200);
  assert.equal(await status('DELETE', `/v2/pull/a/manifests/${image.digest}`), 202);
  assert.equal(await status('GET', '/v2/pull/a/manifests/gone-2'), 404);
  assert.equal(await status('GET', `/v2/pull/a/manifests/${image.digest}`), 404);
  assert.equal(await status('DELETE', `/v2/pull/a/manifests/${image.digest}`), 404);
  assert.equal(await status('DELETE', '/v2/pull/a/manifests/gone-1'), 404);
  const layer = digestOf(image.layer);
  await pushBlob(registry, 'pull/empty', image.layer);
  assert.equal(await status('DELETE', `/v2/pull/a/blobs/${layer}`), 202);
  assert.equal(await status('GET', `/v2/pull/a/blobs/${layer}`), 404);
  assert.equal(await status('DELETE', `/v2/pull/a/blobs/${layer}`), 404);
  assert.equal(await status('GET', `/v2/pull/empty/blobs/${layer}`), 200);
});
