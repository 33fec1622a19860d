import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { codesOf, digestOf, pushBlob, pushImage } from './support/images.ts';
import { accessKeyId, account, principalOf, startRegistry } from './support/registry.ts';
import type { TestRegistry } from './support/registry.ts';

let registry: TestRegistry;
before(async () => {
  registry = await startRegistry();
  await registry.call('CreateRepository', { repositoryName: 'access' });
  await pushImage(registry, 'access', 'image', 'v1');
});
after(async () => {
  assert.deepEqual(registry.errors, []);
  await registry.stop();
});

const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
const tokenOf = async (context = {}): Promise<string> => {
  const { authorizationData } = await registry.call('GetAuthorizationToken', {}, context);
  return authorizationData?.[0]?.authorizationToken ?? '';
};

test('without credentials, or with wrong ones, the answer is the challenge', async () => {
  const wrong = [
    null,
    'Bearer x',
    'Basic !!!',
    basic('AWS', 'junk'),
    basic(accessKeyId, 'wrong'),
    basic('AKIAUNKNOWN', 'x'),
    basic('', ''),
  ];
  for (const authorization of wrong) {
    for (const path of ['/v2/', '/v2/access/manifests/v1', '/v2/access/blobs/uploads/']) {
      const response = await registry.request('GET', path, { authorization });
      assert.equal(response.status, 401);
      assert.equal(
        response.headers.get('www-authenticate'),
        `Basic realm="https://127.0.0.1:${registry.port}/",service="ecr.amazonaws.com"`,
      );
      assert.equal(await response.text(), 'Not Authorized\n');
    }
  }
});

test('a token opens the registry for twelve hours, and says so afterwards', async () => {
  const { authorizationData } = await registry.call('GetAuthorizationToken', { registryIds: [account] });
  const [data] = authorizationData ?? [];
  const authorization = `Basic ${data?.authorizationToken}`;
  assert.equal(data?.proxyEndpoint, `https://127.0.0.1:${registry.port}`);
  assert.ok(Math.abs((data?.expiresAt ?? 0) - Date.now() - 12 * 3_600_000) < 5000);
  assert.equal((await registry.request('GET', '/v2/access/manifests/v1', { authorization })).status, 200);
  registry.ahead = 12 * 3_600_000 + 1000;
  const late = await registry.request('GET', '/v2/access/manifests/v1', { authorization });
  registry.ahead = 0;
  assert.equal(late.status, 403);
  const { errors } = (await late.json()) as { errors: unknown[] };
  assert.deepEqual(errors, [
    { code: 'DENIED', message: 'Your authorization token has expired. Reauthenticate and try again.' },
  ]);
});

test('each request needs the action that ECR documents for it', async () => {
  const layer = await pushBlob(registry, 'access', 'layer of actions');
  const cases: readonly (readonly [string, string, string])[] = [
    ['HEAD', `/v2/access/blobs/${layer}`, 'BatchCheckLayerAvailability'],
    ['GET', `/v2/access/blobs/${layer}`, 'GetDownloadUrlForLayer'],
    ['DELETE', `/v2/access/blobs/${layer}`, 'BatchDeleteImage'],
    ['POST', '/v2/access/blobs/uploads/', 'InitiateLayerUpload'],
    ['PATCH', '/v2/access/blobs/uploads/x', 'UploadLayerPart'],
    ['PUT', '/v2/access/blobs/uploads/x', 'CompleteLayerUpload'],
    ['GET', '/v2/access/manifests/v1', 'BatchGetImage'],
    ['HEAD', '/v2/access/manifests/v1', 'BatchGetImage'],
    ['PUT', '/v2/access/manifests/v1', 'PutImage'],
    ['DELETE', '/v2/access/manifests/v1', 'BatchDeleteImage'],
    ['GET', '/v2/access/tags/list', 'ListImages'],
    ['GET', `/v2/access/referrers/${layer}`, 'BatchGetImage'],
    ['GET', '/v2/_catalog', 'DescribeRepositories'],
  ];
  for (const [method, path, action] of cases) {
    registry.denied.add(`ecr:${action}`);
    const response = await registry.request(method, path);
    registry.denied.clear();
    assert.deepEqual([path, response.status], [path, 403]);
    if (method !== 'HEAD') assert.deepEqual(await codesOf(response), ['DENIED']);
  }
  registry.denied.add('ecr:PutImage');
  const denied = await registry.request('PUT', '/v2/access/manifests/v1');
  registry.denied.clear();
  const { errors } = (await denied.json()) as { errors: { message: string }[] };
  assert.equal(
    errors[0]?.message,
    `User: arn:aws:iam::${account}:root is not authorized to perform: ecr:PutImage on resource: arn:aws:ecr:us-east-1:${account}:repository/access because no identity-based policy allows the ecr:PutImage action`,
  );
});

test('the token of another account sees its own registry, and is refused at this one', async () => {
  const other = { account: '111122223333', principal: principalOf('111122223333') };
  const authorization = `Basic ${await tokenOf(other)}`;
  const own = await registry.request('GET', '/v2/access/manifests/v1', { authorization });
  assert.deepEqual(await codesOf(own), ['NAME_UNKNOWN']);
  const { authorizationData } = await registry.call('GetAuthorizationToken', { registryIds: [account] }, other);
  for (const method of ['GET', 'PUT', 'DELETE']) {
    const response = await registry.request(method, '/v2/access/manifests/v1', {
      authorization: `Basic ${authorizationData?.[0]?.authorizationToken}`,
    });
    assert.deepEqual([response.status, await codesOf(response)], [403, ['DENIED']]);
  }
  await assert.rejects(registry.call('DescribeImages', { repositoryName: 'access', registryId: account }, other), {
    name: 'AccessDeniedException',
  });
});

test('the host name spells account and region', async () => {
  const authorization = `Basic ${await tokenOf()}`;
  const { request } = await import('node:http');
  const get = (host: string, auth: string): Promise<number> =>
    new Promise((resolve, reject) => {
      const path = '/v2/access/manifests/v1';
      const outgoing = request(
        { host: '127.0.0.1', port: registry.port, path, headers: { host, authorization: auth } },
        (response) => {
          response.resume();
          resolve(response.statusCode ?? 0);
        },
      );
      outgoing.on('error', reject);
      outgoing.end();
    });
  assert.equal(await get(`${account}.dkr.ecr.us-east-1.amazonaws.com`, authorization), 200);
  assert.equal(await get(`${account}.dkr.ecr.us-east-1.my.lan:5000`, authorization), 200);
  assert.equal(await get(`${account}.dkr.ecr.eu-west-1.amazonaws.com`, authorization), 403);
  assert.equal(await get('111122223333.dkr.ecr.us-east-1.amazonaws.com', authorization), 403);
  assert.equal(await get(`${account}.dkr.ecr.eu-west-1.amazonaws.com`, registry.authorization), 404);
});

test('download URLs open their layer without credentials, for an hour, and no other', async () => {
  const image = await pushImage(registry, 'access', 'download', 'v2');
  const layerDigest = digestOf(image.layer);
  const { downloadUrl = '' } = await registry.call('GetDownloadUrlForLayer', { repositoryName: 'access', layerDigest });
  const got = await registry.request('GET', downloadUrl, { authorization: null });
  assert.equal(await got.text(), image.layer);
  const part = await registry.request('GET', downloadUrl, { authorization: null, headers: { range: 'bytes=0-4' } });
  assert.deepEqual([part.status, await part.text()], [206, 'layer']);
  const other = downloadUrl.replace(layerDigest, digestOf(image.config));
  assert.equal((await registry.request('GET', other, { authorization: null })).status, 403);
  assert.equal((await registry.request('GET', `${downloadUrl}x`, { authorization: null })).status, 403);
  assert.equal((await registry.request('PUT', downloadUrl, { authorization: null })).status, 405);
  registry.ahead = 3_600_001;
  assert.equal((await registry.request('GET', downloadUrl, { authorization: null })).status, 403);
  registry.ahead = 0;
});
