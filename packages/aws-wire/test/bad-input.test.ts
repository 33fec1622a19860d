import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { AwsError, presign, sign } from '../src/index.ts';
import type { SignInput } from '../src/index.ts';
import { accessKeyId, secretAccessKey, startServer } from './harness.ts';
import type { TestServer } from './harness.ts';

let server: TestServer;
before(async () => {
  server = await startServer({ bodyIdleMs: 300 });
});
after(() => server.close());

interface Post {
  readonly target?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly service?: string;
  readonly sign?: Partial<SignInput>;
  /** Headers changed after signing. */
  readonly after?: Readonly<Record<string, string>>;
}

const post = async (call: Post) => {
  const target = call.target ?? 'AmazonEC2ContainerServiceV20141113.ListClusters';
  const url = `${server.origin}${call.path ?? '/'}`;
  const body = call.body ?? '{}';
  const headers = sign({
    method: 'POST',
    url,
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target, ...call.headers },
    body,
    region: 'us-east-1',
    service: call.service ?? 'ecs',
    credentials: { accessKeyId, secretAccessKey },
    now: Date.now(),
    ...call.sign,
  });
  const response = await fetch(url, {
    method: 'POST',
    headers: { ...headers, ...call.after },
    body: typeof body === 'string' ? body : new Uint8Array(body),
  });
  const text = await response.text();
  assert.match(response.headers.get('x-amzn-requestid') ?? '', /^[0-9a-f-]{36}$/);
  assert.ok(response.headers.get('date'));
  return { status: response.status, text, headers: response.headers };
};

const errorOf = async (call: Post) => {
  const { status, text } = await post(call);
  const { __type: type, message } = JSON.parse(text) as { __type: string; message: string };
  return { status, type, message };
};

const describeTasks = 'AmazonEC2ContainerServiceV20141113.DescribeTasks';
const serialization: readonly (readonly [string, string, RegExp])[] = [
  ['malformed JSON', '{"tasks":[', /not valid JSON/],
  ['a list for a structure', '[]', /^Start of list found where not expected$/],
  ['a number for a string', '{"tasks":[1]}', /^NUMBER_VALUE can not be converted to a String$/],
  ['a string for a list', '{"tasks":"a"}', /^Expected list or null$/],
  ['a structure for a string', '{"cluster":{},"tasks":[]}', /^Start of structure or map found where not expected\.$/],
];
for (const [name, body, message] of serialization) {
  test(`SerializationException: ${name}`, async () => {
    const error = await errorOf({ target: describeTasks, body });
    assert.deepEqual([error.status, error.type], [400, 'SerializationException']);
    assert.match(error.message, message);
  });
}

test('numbers: strings are not coerced, integers have bounds', async () => {
  const target = 'AmazonEC2ContainerServiceV20141113.RunTask';
  const text = await errorOf({ target, body: '{"taskDefinition":"a","count":"1"}' });
  assert.deepEqual(
    [text.type, text.message],
    ['SerializationException', 'STRING_VALUE can not be converted to an Integer'],
  );
  const large = await errorOf({ target, body: '{"taskDefinition":"a","count":3000000000}' });
  assert.equal(large.type, 'SerializationException');
});

test('null members are absent, unknown ones ignored, required ones demanded', async () => {
  const fine = await post({ body: '{"nextToken":null,"whatIsThis":{"a":[1]},"__proto__":{"nextToken":"x"}}' });
  assert.deepEqual(JSON.parse(fine.text), { clusterArns: ['arn:aws:ecs:us-east-1:000000000000:cluster/default'] });
  const missing = await errorOf({
    target: 'AmazonEC2ContainerServiceV20141113.RunTask',
    body: '{"taskDefinition":null}',
  });
  assert.deepEqual(missing, {
    status: 400,
    type: 'InvalidParameterException',
    message:
      "1 validation error detected: Value null at 'taskDefinition' failed to satisfy constraint: Member must not be null",
  });
});

test('deeply nested JSON neither crashes nor hangs', async () => {
  const error = await errorOf({ target: describeTasks, body: `{"tasks":${'['.repeat(1_000_000)}` });
  assert.equal(error.type, 'SerializationException');
  const closed = await errorOf({ target: describeTasks, body: `{"tasks":${'['.repeat(50_000)}${']'.repeat(50_000)}}` });
  assert.equal(closed.type, 'SerializationException');
});

test('unknown targets and operations', async () => {
  for (const target of [
    'Nonsense',
    'Nobody_20200101.Do',
    '.',
    'AmazonEC2ContainerServiceV20141113.toString',
    'AmazonEC2ContainerServiceV20141113.',
  ]) {
    const error = await errorOf({ target });
    assert.deepEqual([error.status, error.type], [400, 'UnknownOperationException'], target);
  }
  const action = await post({
    service: 'iam',
    body: 'Action=Frobnicate&Version=2010-05-08',
    sign: { headers: { 'content-type': 'application/x-www-form-urlencoded' } },
  });
  assert.equal(action.status, 400);
  assert.match(
    action.text,
    /<Code>InvalidAction<\/Code><Message>Could not find operation Frobnicate for version 2010-05-08</,
  );
});

test('signatures: each way to be wrong has its own error', async () => {
  const minute = 60_000;
  const cases: readonly (readonly [string, Post, string, RegExp])[] = [
    ['a changed body', { after: { 'x-amz-target': describeTasks } }, 'InvalidSignatureException', /does not match/],
    [
      'late',
      { sign: { now: Date.now() - 6 * minute } },
      'InvalidSignatureException',
      /^Signature expired: \d{8}T\d{6}Z is now earlier than/,
    ],
    ['early', { sign: { now: Date.now() + 6 * minute } }, 'InvalidSignatureException', /^Signature not yet current: /],
    ['another service', { service: 'ecr' }, 'InvalidSignatureException', /scoped to correct service: 'ecs'/],
    [
      'no signature',
      { after: { authorization: '' } },
      'MissingAuthenticationTokenException',
      /missing Authentication Token/,
    ],
    ['another scheme', { after: { authorization: 'Bearer x' } }, 'IncompleteSignatureException', /AWS4-HMAC-SHA256/],
    [
      'half a header',
      { after: { authorization: 'AWS4-HMAC-SHA256 Credential=a' } },
      'IncompleteSignatureException',
      /'Signature' parameter/,
    ],
    [
      'an odd credential',
      { after: { authorization: 'AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=c' } },
      'IncompleteSignatureException',
      /slash-delimited/,
    ],
    [
      'an unsigned token',
      { after: { 'x-amz-security-token': 'x' } },
      'InvalidSignatureException',
      /must be a 'SignedHeader'/,
    ],
    [
      'another body hash',
      { headers: { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } },
      'InvalidSignatureException',
      /does not match/,
    ],
    ['an odd date', { after: { 'x-amz-date': '2026-11-22' } }, 'IncompleteSignatureException', /ISO-8601/],
  ];
  for (const [name, call, type, message] of cases) {
    const error = await errorOf(call);
    assert.deepEqual([error.status, error.type], [400, type], name);
    assert.match(error.message, message, name);
  }
  assert.equal((await post({ sign: { now: Date.now() - 4 * minute } })).status, 200);
});

test('presigned addresses work until they expire', async () => {
  const parts = {
    method: 'GET',
    url: `${server.origin}/?Action=GetCallerIdentity&Version=2011-06-15`,
    region: 'us-east-1',
    service: 'sts',
    credentials: { accessKeyId, secretAccessKey },
  };
  const fetched = await fetch(presign({ ...parts, now: Date.now() - 60_000, expiresIn: 120 }));
  assert.equal(fetched.status, 200);
  assert.match(await fetched.text(), /<GetCallerIdentityResult>.*<Account>000000000000</);
  const expired = await fetch(presign({ ...parts, now: Date.now() - 180_000, expiresIn: 120 }));
  assert.equal(expired.status, 403);
  assert.match(await expired.text(), /<Code>SignatureDoesNotMatch<\/Code>/);
});

test('gzip: bodies are unpacked, bombs and junk refused', async () => {
  const headers = { 'content-encoding': 'gzip' };
  assert.equal((await post({ headers, body: gzipSync('{}') })).status, 200);
  assert.equal((await errorOf({ headers, body: 'not gzip' })).type, 'SerializationException');
  const bomb = await errorOf({ headers, body: gzipSync(Buffer.alloc(64 * 1024 * 1024)) });
  assert.deepEqual([bomb.status, bomb.type], [413, 'RequestEntityTooLargeException']);
  assert.equal((await errorOf({ headers: { 'content-encoding': 'br' }, body: 'x' })).type, 'SerializationException');
});

const upload = (length: number, chunked: boolean): Promise<{ readonly status: number; readonly sent: number }> =>
  new Promise((resolve, reject) => {
    const headers = { 'x-amz-target': describeTasks, ...(chunked ? {} : { 'content-length': String(length) }) };
    const request = httpRequest({ port: server.port, method: 'POST', headers }, (response) => {
      response.resume();
      response.on('end', () => resolve({ status: response.statusCode ?? 0, sent }));
    });
    const piece = Buffer.alloc(1 << 20, 120);
    let sent = 0;
    const pump = (): void => {
      while (sent < length && !request.destroyed) {
        sent += piece.length;
        if (!request.write(piece)) return void request.once('drain', pump);
      }
      request.end();
    };
    request.on('error', reject);
    pump();
  });

test('200 MB are refused at once, whatever the length that was stated', async () => {
  const before = process.memoryUsage().arrayBuffers;
  for (const chunked of [false, true]) assert.equal((await upload(200 << 20, chunked)).status, 413);
  assert.ok(process.memoryUsage().arrayBuffers - before < 100 << 20);
  assert.equal((await post({})).status, 200);
});

const raw = (text: string, hangUpAfter?: number): Promise<string> =>
  new Promise((resolve) => {
    const socket = connect(server.port, '127.0.0.1', () => socket.write(text));
    let answer = '';
    socket.on('data', (data) => (answer += data.toString('latin1')));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(answer));
    if (hangUpAfter !== undefined) setTimeout(() => socket.destroy(), hangUpAfter);
  });

test('bodies that stop half-way: a slow client is told, one that left is not', async () => {
  const half = `POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: ${describeTasks}\r\nContent-Length: 100\r\n\r\n{"tasks":`;
  assert.match(await raw(half, 3000), /^HTTP\/1\.1 408 .*RequestTimeoutException/s);
  const count = server.requests.length;
  await raw(half, 50);
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(server.requests.slice(count).at(-1)?.['error'], 'ClientGone');
  assert.equal((await post({})).status, 200);
});

test('junk of every kind gets an answer', async () => {
  for (const [method, path] of [
    ['GET', '/'],
    ['PUT', '/x/y'],
    ['DELETE', '/?Action=GetUser'],
    ['GET', '/?X-Amz-Signature=1'],
    ['POST', '/service/A/operation/B'],
  ]) {
    const response = await fetch(`${server.origin}${path ?? ''}`, { method: method ?? 'GET' });
    assert.ok(response.status >= 400 && response.status < 500, `${method} ${path} ${response.status}`);
    await response.arrayBuffer();
  }
});

test('query input: wrong types and absurd depth are refused, gaps in lists are not', async () => {
  const cloudwatch = (body: string) =>
    post({
      service: 'monitoring',
      body,
      sign: { headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' } },
    });
  const put = 'Action=PutMetricData&Version=2010-08-01&Namespace=N';
  assert.equal((await cloudwatch(`${put}&MetricData.member.3.MetricName=m&MetricData.member.3.Value=1e3`)).status, 200);
  const wrong = await cloudwatch(`${put}&MetricData.member.1.MetricName=m&MetricData.member.1.Value=lots`);
  assert.match(wrong.text, /<Code>MalformedInput<\/Code><Message>MetricData\.member\.1\.Value must be a number</);
  const time = await cloudwatch(`${put}&MetricData.member.1.MetricName=m&MetricData.member.1.Timestamp=yesterday`);
  assert.match(time.text, /follows ISO8601/);
  assert.match((await cloudwatch(`${put}&${'a.'.repeat(1000)}b=1`)).text, /nested too deep/);
  assert.match(
    (await cloudwatch('Action=PutMetricData&Version=2010-08-01')).text,
    /<Code>MissingParameter<\/Code><Message>The parameter Namespace is required\./,
  );
});

test('CBOR junk is refused in CBOR', async () => {
  for (const body of [
    Buffer.from([0xff]),
    Buffer.from([0x9f, 0x9f]),
    Buffer.from([0x01]),
    Buffer.alloc(200_000, 0x81),
  ]) {
    const headers = { 'content-type': 'application/cbor', 'smithy-protocol': 'rpc-v2-cbor' };
    const answer = await post({
      path: '/service/GraniteServiceVersion20100801/operation/ListMetrics',
      service: 'monitoring',
      body,
      sign: { headers },
    });
    assert.equal(answer.status, 400);
    assert.equal(answer.headers.get('content-type'), 'application/cbor');
    assert.match(answer.text, /SerializationException/);
  }
});

test('websocket handshakes are authenticated without a body', async () => {
  const url = `${server.origin}/ws?clusterArn=a&seqNum=1`;
  const credentials = { accessKeyId, secretAccessKey };
  const headers = sign({ method: 'GET', url, region: 'eu-west-1', service: 'ecs', credentials, now: Date.now() });
  const message = (changed: object) =>
    ({ method: 'GET', url: '/ws?clusterArn=a&seqNum=1', headers: { ...headers, ...changed } }) as never;
  assert.equal((await server.dispatcher.authenticate(message({}))).region, 'eu-west-1');
  await assert.rejects(server.dispatcher.authenticate(message({ host: 'other' })), AwsError);
  await assert.rejects(server.dispatcher.authenticate(message({ authorization: undefined })), {
    code: 'MissingAuthenticationTokenException',
  });
});

test('the access log tells what happened, and no secret', async () => {
  await post({ target: describeTasks, body: '{"tasks":["a"]}' });
  const line = server.requests.at(-1) ?? {};
  assert.deepEqual(
    [line['service'], line['operation'], line['status'], line['principal'], line['error'], line['bytesIn']],
    ['ecs', 'DescribeTasks', 200, 'arn:aws:iam::000000000000:root', undefined, 15],
  );
  assert.equal(typeof line['ms'], 'number');
  assert.ok(!JSON.stringify(server.requests).includes(secretAccessKey));
});
