/** Signature Version 4 against two signers that nobody here wrote, over generated requests, odd ones included. */
import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { test } from 'node:test';
import { SignatureV4 } from '@smithy/signature-v4';
import aws4 from 'aws4';
import fc from 'fast-check';
import { presign, sign } from '../src/index.ts';
import type { CredentialSource } from '../src/index.ts';
import { claimedSignature } from '../src/sigv4/authorization.ts';
import type { SignedMessage } from '../src/sigv4/authorization.ts';
import { createSigningKeys } from '../src/sigv4/signing-keys.ts';
import { verify } from '../src/sigv4/verify.ts';

const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
const now = Date.parse('2026-11-22T18:44:32Z');

const source: CredentialSource = {
  lookup: async (accessKeyId) =>
    accessKeyId === credentials.accessKeyId
      ? {
          secretAccessKey: credentials.secretAccessKey,
          principal: { type: 'root', arn: 'a', account: '1', accessKeyId, userId: '1' },
        }
      : 'UnrecognizedClientException',
};
const signingKeys = createSigningKeys();

interface Wire {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const accepted = async ({ method, path, headers, body }: Wire, at = now): Promise<boolean> => {
  const lower = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  const [bare = '/', query = ''] = path.split(/\?(.*)/s);
  const message: SignedMessage = { method, path: bare, query, header: (name) => lower.get(name) };
  try {
    await verify(claimedSignature(message), message, Buffer.from(body), {
      credentials: source,
      signingKeys,
      now: () => at,
    });
    return true;
  } catch {
    return false;
  }
};

const segment = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 8 })
  .filter((text) => text !== '.' && text !== '..');
const encoded = (text: string): string => encodeURIComponent(text.toWellFormed());
const paths = fc.array(segment, { maxLength: 3 }).map((parts) => `/${parts.map(encoded).join('/')}`);
const queries = fc
  .array(fc.tuple(segment, fc.string({ unit: 'grapheme', maxLength: 8 })), { maxLength: 4 })
  .map((pairs) => pairs.map(([name, value]) => `${encoded(name)}=${encoded(value)}`).join('&'));
const requests = fc.record({
  method: fc.constantFrom('GET', 'POST'),
  path: paths,
  query: queries,
  body: fc.string({ maxLength: 50 }),
  header: fc.stringMatching(/^[!-~]([ -~]{0,20}[!-~])?$/),
});

const wireOf = ({
  method,
  path,
  query,
  body,
  header,
}: {
  method: string;
  path: string;
  query: string;
  body: string;
  header: string;
}) => {
  const target = query === '' ? path : `${path}?${query}`;
  const url = `http://127.0.0.1:4566${target}`;
  const headers = sign({
    method,
    url,
    headers: { 'x-odd': header },
    body,
    region: 'eu-west-1',
    service: 'ecs',
    credentials,
    now,
  });
  return { url: new URL(url), method, headers, body };
};

test('what is signed here is accepted here, and nothing that was changed', async () => {
  await fc.assert(
    fc.asyncProperty(requests, fc.nat(4), async (request, change) => {
      const { url, method, headers, body } = wireOf(request);
      const wire: Wire = { method, path: url.pathname + url.search, headers, body };
      assert.ok(await accepted(wire));
      const changed: readonly Wire[] = [
        { ...wire, body: `${body}x` },
        { ...wire, method: 'PUT' },
        { ...wire, path: `/changed${wire.path}` },
        { ...wire, headers: { ...headers, 'x-odd': `${headers['x-odd'] ?? ''}!` } },
        { ...wire, path: wire.path.includes('?') ? `${wire.path}&more=1` : `${wire.path}?more=1` },
      ];
      assert.equal(await accepted(changed[change] ?? wire), false);
    }),
    { numRuns: 300 },
  );
});

test("aws4's signatures are accepted", async () => {
  await fc.assert(
    fc.asyncProperty(requests, async ({ method, path, query, body, header }) => {
      const signed = aws4.sign(
        {
          host: '127.0.0.1:4566',
          method,
          path: query === '' ? path : `${path}?${query}`,
          service: 'ecs',
          region: 'eu-west-1',
          body,
          headers: { 'X-Odd': header, 'X-Amz-Date': '20261122T184432Z' },
        },
        credentials,
      );
      // aws4 adds the length as a number.
      const headers = Object.fromEntries(
        Object.entries(signed.headers ?? {}).map(([name, value]) => [name, String(value)]),
      );
      assert.ok(await accepted({ method, path: signed.path ?? '/', headers, body }));
    }),
    { numRuns: 200 },
  );
});

/** The hash that the signer of the AWS SDK for JavaScript is given by its clients. */
class Sha256 {
  readonly #hash;
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    const key = secret === undefined || typeof secret === 'string' ? secret : Buffer.from(secret as Uint8Array);
    this.#hash = key === undefined ? createHash('sha256') : createHmac('sha256', key);
  }
  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(typeof data === 'string' ? data : Buffer.from(data as Uint8Array));
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
  reset(): void {}
}

test("the AWS SDK for JavaScript's signatures are accepted", async () => {
  const signer = new SignatureV4({ credentials, region: 'eu-west-1', service: 'ecs', sha256: Sha256 });
  await fc.assert(
    fc.asyncProperty(requests, async ({ method, path, query, body, header }) => {
      const pairs = Object.fromEntries(new URLSearchParams(query));
      const request = {
        method,
        protocol: 'http:',
        hostname: '127.0.0.1',
        port: 4566,
        path,
        query: pairs,
        headers: { host: '127.0.0.1:4566', 'x-odd': header },
        body,
      };
      const signed = await signer.sign(request, { signingDate: new Date(now) });
      const text = Object.entries(pairs)
        .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
        .join('&');
      assert.ok(
        await accepted({ method, path: text === '' ? path : `${path}?${text}`, headers: signed.headers, body }),
      );
    }),
    { numRuns: 200 },
  );
});

test('presigned: good from a little before its date until it expires', async () => {
  const url = new URL(
    presign({
      method: 'GET',
      url: 'http://h/?Action=A&x=%20',
      region: 'r',
      service: 'sts',
      credentials,
      now,
      expiresIn: 600,
    }),
  );
  const wire: Wire = { method: 'GET', path: `/${url.search}`, headers: { host: 'h' }, body: '' };
  const minute = 60_000;
  for (const [at, good] of [
    [-4, true],
    [-6, false],
    [0, true],
    [10, true],
    [11, false],
  ] as const) {
    assert.equal(await accepted(wire, now + at * minute), good, `${at} minutes`);
  }
  assert.equal(await accepted({ ...wire, path: wire.path.replace('x=', 'y=') }), false);
  assert.equal(await accepted({ ...wire, headers: { host: 'other' } }), false);
});

test('a signing key follows its secret', () => {
  const keys = createSigningKeys();
  const scope = { date: '20261122', region: 'r', service: 's' };
  const first = keys('AKID', 'one', scope);
  assert.equal(keys('AKID', 'one', scope), first);
  assert.notDeepEqual(keys('AKID', 'two', scope), first);
  assert.deepEqual(keys('AKID', 'one', scope), first);
});
