/** Requests that nobody would send: whatever comes, the registry answers soon, with no failure of its own. */
import assert from 'node:assert/strict';
import { Agent, request as httpRequest } from 'node:http';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { digestOf, pushImage } from './support/images.ts';
import { startRegistry } from './support/registry.ts';
import type { TestRegistry } from './support/registry.ts';

const repositoryName = 'fuzz/app';
const agent = new Agent({ keepAlive: true, maxSockets: 4 });
let registry: TestRegistry;
let known: readonly string[] = [];
before(async () => {
  registry = await startRegistry();
  await registry.call('CreateRepository', { repositoryName });
  const image = await pushImage(registry, repositoryName, 'fuzz', 'v1');
  known = [image.digest, digestOf(image.layer), digestOf(image.config)];
});
after(async () => {
  agent.destroy();
  assert.deepEqual(registry.errors, []);
  await registry.stop();
});

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: Uint8Array;
}

/** The status and what came with it; fails after five seconds. */
const answerOf = ({ method, path, headers, body }: Asked) =>
  new Promise<{ readonly status: number; readonly bytes: Buffer; readonly type: string | undefined }>(
    (resolve, reject) => {
      const options = { host: '127.0.0.1', port: registry.port, agent, method, path, timeout: 5_000 };
      const length = { 'content-length': String(body.byteLength) };
      const { authorization } = registry;
      const request = httpRequest({ ...options, headers: { authorization, ...length, ...headers } });
      request.on('timeout', () => request.destroy(new Error(`no answer to ${method} ${path}`)));
      request.on('error', reject);
      request.on('response', (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const type = response.headers['content-type'];
          resolve({ status: response.statusCode ?? 0, bytes: Buffer.concat(chunks), type });
        });
      });
      request.end(body);
    },
  );

/** Texts that a request line or a header can carry at all. */
const visible = fc.string({ unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)) });
const segment = fc.oneof(
  fc.constantFrom(
    '..',
    '.',
    '',
    '%2e%2e',
    '%2f',
    '%00',
    '%zz',
    '%e0%a4',
    'a',
    '_',
    '-',
    'fuzz',
    'app',
    'uploads',
    'tags',
    'list',
  ),
  visible.map(encodeURIComponent),
);
const name = fc.oneof(
  { weight: 3, arbitrary: fc.constant(repositoryName) },
  fc.array(segment, { maxLength: 5 }).map((parts) => parts.join('/')),
);
const hexadecimal = (length: number) =>
  fc.string({ unit: fc.nat({ max: 15 }).map((digit) => digit.toString(16)), minLength: length, maxLength: length });
const digest = fc.oneof(
  fc.nat({ max: 2 }).map((index) => known[index] ?? ''),
  hexadecimal(64).map((hex) => `sha256:${hex}`),
  hexadecimal(128).map((hex) => `sha512:${hex}`),
  hexadecimal(32).map((hex) => `md5:${hex}`),
  visible.map((text) => `sha256:${text}`),
);
const number = fc.oneof(
  fc.constantFrom('0', '1', '-1', '5', '99999999999999999999', '1e3', '', ' 7', '0x10', 'NaN', '9007199254740993'),
  fc.nat().map(String),
);
const reference = fc.oneof(fc.constant('v1'), digest, visible).map(encodeURIComponent);
const query = fc
  .array(
    fc.tuple(
      fc.constantFrom('n', 'last', 'digest', 'mount', 'from', 'artifactType', 'digest-algorithm', 'tag', 'x'),
      fc.oneof(number, digest, visible, name),
    ),
    { maxLength: 3 },
  )
  .map((pairs) =>
    pairs.length === 0 ? '' : `?${pairs.map(([key, value]) => `${key}=${encodeURIComponent(value)}`).join('&')}`,
  );
const uploadId = fc.oneof(fc.uuid(), visible.map(encodeURIComponent), fc.constant(''));
const place = fc.oneof(
  reference.map((of) => `manifests/${of}`),
  digest.map((of) => `blobs/${encodeURIComponent(of)}`),
  uploadId.map((id) => `blobs/uploads/${id}`),
  fc.constant('tags/list'),
  digest.map((of) => `referrers/${encodeURIComponent(of)}`),
  segment,
);
const path = fc.tuple(name, place, query).map(([of, where, asking]) => `/v2/${of}/${where}${asking}`);
const range = fc.tuple(number, number).map(([first, last]) => `${first}-${last}`);
const headers = fc
  .record(
    {
      range: fc.oneof(
        range.map((each) => `bytes=${each}`),
        fc.array(range).map((all) => `bytes=${all.join(',')}`),
        visible,
      ),
      'content-range': fc.oneof(
        range,
        range.map((each) => `bytes ${each}/*`),
        visible,
      ),
      'content-type': fc.oneof(
        fc.constantFrom(
          'application/vnd.oci.image.manifest.v1+json',
          'application/vnd.oci.image.index.v1+json',
          ';',
          'a/b; c=d',
        ),
        visible,
      ),
      'if-none-match': fc.oneof(
        digest.map((each) => `"${each}"`),
        visible,
      ),
      'if-range': visible,
      accept: visible,
      host: fc.constantFrom('000000000000.dkr.ecr.us-east-1.amazonaws.com', 'x', '127.0.0.1:1', '[::1]'),
      authorization: fc.oneof(
        visible,
        visible.map((text) => `Basic ${Buffer.from(text).toString('base64')}`),
      ),
    },
    { requiredKeys: [] },
  )
  .map((all) => Object.fromEntries(Object.entries(all).filter(([, value]) => value !== '')));
const json = fc.oneof(
  fc.json(),
  fc.constantFrom('{"schemaVersion":2}', '{"schemaVersion":2,"config":[],"layers":{}}', '[]', 'null', '{'),
);
const body = fc.oneof(
  fc.constant(new Uint8Array()),
  fc.uint8Array({ maxLength: 2_000 }),
  json.map((text) => Buffer.from(text)),
);
const method = fc.constantFrom('GET', 'HEAD', 'PUT', 'POST', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND');

test('every request is answered: well, or with an error of the protocol', async () => {
  await fc.assert(
    fc.asyncProperty(fc.record({ method, path, headers, body }), async (asked) => {
      const { status, bytes, type } = await answerOf(asked);
      assert.ok(status >= 200 && status < 500, `${asked.method} ${asked.path}: ${status}`);
      if (status < 400 || status === 401 || asked.method === 'HEAD') return;
      assert.equal(type, 'application/json');
      const { errors } = JSON.parse(bytes.toString()) as { readonly errors: readonly { readonly code: string }[] };
      assert.ok(errors.every(({ code }) => /^[A-Z_]+$/.test(code)));
    }),
    { numRuns: 1_500 },
  );
});

test('chunks of any ranges never move an upload that they do not continue', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({ first: fc.integer({ min: -2, max: 40 }), length: fc.nat({ max: 12 }), said: fc.nat({ max: 12 }) }),
        {
          maxLength: 12,
        },
      ),
      async (chunks) => {
        const begun = await registry.request('POST', `/v2/${repositoryName}/blobs/uploads/`);
        const location = begun.headers.get('location') ?? '';
        const kept: Buffer[] = [];
        for (const [index, { first, length, said }] of chunks.entries()) {
          const size = Buffer.concat(kept).byteLength;
          const bytes = Buffer.alloc(length, index + 1);
          const contentRange = { 'content-range': `${first}-${first + said - 1}` };
          const { status } = await answerOf({ method: 'PATCH', path: location, headers: contentRange, body: bytes });
          const fits = first === size && said === length && said > 0;
          assert.equal(status === 202, fits, `${first}-${first + said - 1} with ${length} bytes at ${size}: ${status}`);
          assert.ok(status < 500);
          if (fits) kept.push(bytes);
          const told = (await registry.request('GET', location)).headers.get('range');
          assert.equal(told, `0-${Math.max(0, Buffer.concat(kept).byteLength - 1)}`);
        }
        const whole = Buffer.concat(kept);
        const closed = await registry.request('PUT', `${location}?digest=${digestOf(whole)}`);
        assert.equal(closed.status, 201);
        const got = await registry.request('GET', `/v2/${repositoryName}/blobs/${digestOf(whole)}`);
        assert.deepEqual(Buffer.from(await got.arrayBuffer()), whole);
      },
    ),
    { numRuns: 60 },
  );
});
