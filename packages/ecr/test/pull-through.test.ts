/** One registry pulled through another: the second is real, and goes away in the middle. */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { readChallenge, throughRule } from '../src/domain/upstream.ts';
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
import { account, startRegistry } from './support/registry.ts';
import type { TestRegistry } from './support/registry.ts';

/** Lets anybody pull from a registry, as public ones do after handing out a token; counts what is asked. */
const startGate = async (upstream: TestRegistry) => {
  const asked: string[] = [];
  const server: Server = createServer((request, response) => {
    const path = request.url ?? '';
    const { port } = server.address() as AddressInfo;
    if (path.startsWith('/token')) {
      response.end(JSON.stringify({ token: 'anonymous' }));
      return;
    }
    if (request.headers.authorization !== 'Bearer anonymous') {
      const challenge = `Bearer realm="http://127.0.0.1:${port}/token",service="gate",scope="repository:x:pull"`;
      response.writeHead(401, { 'www-authenticate': challenge }).end();
      return;
    }
    asked.push(path);
    const accept = request.headers.accept ?? '';
    void upstream.request('GET', path, { headers: { accept } }).then(async (answer) => {
      const type = answer.headers.get('content-type') ?? '';
      response.writeHead(answer.status, { 'content-type': type }).end(Buffer.from(await answer.arrayBuffer()));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const stop = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${port}`, asked, stop };
};

describe('a pull through the cache', () => {
  let upstream: TestRegistry;
  let registry: TestRegistry;
  let gate: Awaited<ReturnType<typeof startGate>>;
  before(async () => {
    upstream = await startRegistry();
    registry = await startRegistry();
    gate = await startGate(upstream);
    await upstream.call('CreateRepository', { repositoryName: 'library/app' });
    const rule = { ecrRepositoryPrefix: 'hub', upstreamRegistryUrl: gate.url };
    await registry.call('CreatePullThroughCacheRule', rule);
  });
  after(async () => {
    assert.deepEqual([...registry.errors, ...upstream.errors], []);
    await registry.stop();
    await upstream.stop();
    await gate.stop();
  });

  const manifest = (reference: string) => registry.request('GET', `/v2/hub/library/app/manifests/${reference}`);
  const untilKept = async (imageTag: string, digest: string): Promise<void> => {
    for (const end = Date.now() + 5_000; Date.now() < end; await sleep(10)) {
      const imageIds = [{ imageTag }];
      const kept = await registry.call('BatchGetImage', { repositoryName: 'hub/library/app', imageIds });
      if (kept.images?.[0]?.imageId?.imageDigest === digest) return;
    }
    assert.fail(`${imageTag} was not kept as ${digest}`);
  };

  it('answers what the upstream has, keeps it, and fetches it once', async () => {
    const image = await pushImage(upstream, 'library/app', 'image', 'v1');
    const answers = await Promise.all([manifest('v1'), manifest('v1'), manifest('v1')]);
    for (const answer of answers) {
      assert.equal(answer.status, 200);
      assert.equal(await answer.text(), image.text);
      assert.equal(answer.headers.get('docker-content-digest'), image.digest);
    }
    const layer = await registry.request('GET', `/v2/hub/library/app/blobs/${digestOf(image.layer)}`);
    assert.equal(await layer.text(), image.layer);
    await untilKept('v1', image.digest);
    const fetched = gate.asked.filter((path) => path.endsWith(digestOf(image.layer)));
    assert.equal(fetched.length, 1);
    const count = gate.asked.length;
    assert.equal(await (await manifest('v1')).text(), image.text);
    assert.equal(gate.asked.length, count, 'what is kept is not asked for within a day');
  });

  it('asks for a tag again after a day, and serves what it keeps when nobody answers', async () => {
    const moved = await pushImage(upstream, 'library/app', 'moved', 'v1');
    registry.ahead = 25 * 3_600_000;
    assert.equal(await (await manifest('v1')).text(), moved.text);
    await untilKept('v1', moved.digest);
    const offline = { ecrRepositoryPrefix: 'hub', upstreamRegistryUrl: 'http://127.0.0.1:1' };
    await registry.call('DeletePullThroughCacheRule', { ecrRepositoryPrefix: 'hub' });
    await registry.call('CreatePullThroughCacheRule', offline);
    registry.ahead = 75 * 3_600_000;
    assert.equal(await (await manifest('v1')).text(), moved.text);
    assert.equal((await manifest('v9')).status, 502);
    const validated = await registry.call('ValidatePullThroughCacheRule', { ecrRepositoryPrefix: 'hub' });
    assert.equal(validated.isValid, false);
    assert.match(validated.failure ?? '', /ECONNREFUSED|127\.0\.0\.1:1/);
    await registry.call('DeletePullThroughCacheRule', { ecrRepositoryPrefix: 'hub' });
    await registry.call('CreatePullThroughCacheRule', { ...offline, upstreamRegistryUrl: gate.url });
    registry.ahead = 0;
  });

  it('brings an index with all its images', async () => {
    const child = imageOf('child');
    for (const bytes of [child.config, child.layer]) await pushBlob(upstream, 'library/app', bytes);
    await putManifest(upstream, 'library/app', child.digest, child.text);
    const index = JSON.stringify({
      schemaVersion: 2,
      mediaType: ociIndex,
      manifests: [{ mediaType: ociManifest, digest: child.digest, size: Buffer.byteLength(child.text) }],
    });
    await putManifest(upstream, 'library/app', 'multi', index, ociIndex);
    assert.equal(await (await manifest('multi')).text(), index);
    await untilKept('multi', digestOf(index));
    assert.equal(await (await manifest(child.digest)).text(), child.text);
  });

  it('leaves an archived image in the archive, until the upstream has another under the tag', async () => {
    const image = await pushImage(upstream, 'library/app', 'cold', 'cold');
    await manifest('cold');
    await untilKept('cold', image.digest);
    const repositoryName = 'hub/library/app';
    const imageId = { imageDigest: image.digest };
    await registry.call('UpdateImageStorageClass', { repositoryName, imageId, targetStorageClass: 'ARCHIVE' });
    for (const reference of ['cold', image.digest]) {
      const refused = await manifest(reference);
      assert.deepEqual([refused.status, await codesOf(refused)], [404, ['MANIFEST_UNKNOWN']]);
    }
    registry.ahead = 25 * 3_600_000;
    assert.equal((await manifest('cold')).status, 404, 'the upstream has the same image still');
    assert.equal((await registry.request('GET', `/v2/${repositoryName}/blobs/${digestOf(image.layer)}`)).status, 404);
    const [detail] =
      (await registry.call('DescribeImages', { repositoryName, imageIds: [imageId] })).imageDetails ?? [];
    assert.equal(detail?.imageStatus, 'ARCHIVED');
    const warm = await pushImage(upstream, 'library/app', 'warm', 'cold');
    registry.ahead = 50 * 3_600_000;
    assert.equal(await (await manifest('cold')).text(), warm.text);
    await untilKept('cold', warm.digest);
    registry.ahead = 0;
  });

  it('makes no repository of a name that the upstream does not have', async () => {
    const missing = await registry.request('GET', '/v2/hub/library/none/manifests/v1');
    assert.deepEqual([missing.status, await codesOf(missing)], [404, ['MANIFEST_UNKNOWN']]);
    await assert.rejects(registry.call('DescribeRepositories', { repositoryNames: ['hub/library/none'] }), {
      code: 'RepositoryNotFoundException',
    });
    registry.denied.add('ecr:BatchImportUpstreamImage');
    assert.equal((await manifest('other')).status, 403);
    registry.denied.clear();
  });

  it('has rules that are made, shown and refused as ECR does', async () => {
    const { pullThroughCacheRules } = await registry.call('DescribePullThroughCacheRules', {});
    assert.deepEqual(
      pullThroughCacheRules?.map((rule) => [rule.ecrRepositoryPrefix, rule.upstreamRegistryUrl, rule.registryId]),
      [['hub', gate.url, account]],
    );
    assert.equal((await registry.call('ValidatePullThroughCacheRule', { ecrRepositoryPrefix: 'hub' })).isValid, true);
    const create = (more: object) =>
      registry.call('CreatePullThroughCacheRule', {
        ecrRepositoryPrefix: 'quay',
        upstreamRegistryUrl: 'quay.io',
        ...more,
      });
    await assert.rejects(create({ ecrRepositoryPrefix: 'hub' }), {
      code: 'PullThroughCacheRuleAlreadyExistsException',
    });
    await assert.rejects(create({ upstreamRegistryUrl: 'ftp://x y' }), {
      code: 'UnsupportedUpstreamRegistryException',
    });
    const credentialArn = `arn:aws:secretsmanager:us-east-1:${account}:secret:ecr-pullthroughcache/x`;
    await assert.rejects(create({ credentialArn }), { code: 'SecretNotFoundException' });
    await assert.rejects(registry.call('UpdatePullThroughCacheRule', { ecrRepositoryPrefix: 'none' }), {
      code: 'PullThroughCacheRuleNotFoundException',
    });
    assert.equal((await create({})).upstreamRegistry, 'quay');
  });
});

describe('a private upstream', () => {
  /** Wants a user's name and password: from whoever asks a registry (Basic), or at its token server (Bearer). */
  const startPrivate = async (upstream: TestRegistry, scheme: 'basic' | 'bearer') => {
    const wanted = `Basic ${Buffer.from('me:pass:word').toString('base64')}`;
    const server: Server = createServer((request, response) => {
      const { port } = server.address() as AddressInfo;
      const path = request.url ?? '';
      const given = request.headers.authorization;
      if (path.startsWith('/token')) {
        if (given === wanted) response.end(JSON.stringify({ access_token: 'mine' }));
        else response.writeHead(401).end();
        return;
      }
      if (given !== (scheme === 'basic' ? wanted : 'Bearer mine')) {
        const bearer = `Bearer realm="http://127.0.0.1:${port}/token",service="private"`;
        response.writeHead(401, { 'www-authenticate': scheme === 'basic' ? 'Basic realm="private"' : bearer }).end();
        return;
      }
      void upstream.request('GET', path).then(async (answer) => {
        const type = answer.headers.get('content-type') ?? '';
        response.writeHead(answer.status, { 'content-type': type }).end(Buffer.from(await answer.arrayBuffer()));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    return { url: `http://127.0.0.1:${port}`, stop: () => new Promise((resolve) => server.close(resolve)) };
  };

  for (const scheme of ['basic', 'bearer'] as const) {
    it(`is pulled through with credentials (${scheme})`, async () => {
      const [registry, upstream] = await Promise.all([startRegistry(), startRegistry()]);
      const gate = await startPrivate(upstream, scheme);
      await upstream.call('CreateRepository', { repositoryName: 'team/app' });
      const image = await pushImage(upstream, 'team/app', 'private', 'v1');
      const name = 'ecr-pullthroughcache/private';
      const scope = { account, region: 'us-east-1' };
      const credentialArn = await registry.secrets.put(scope, name, { username: 'me', accessToken: 'wrong' });
      assert.match(
        credentialArn,
        /^arn:aws:secretsmanager:us-east-1:000000000000:secret:ecr-pullthroughcache\/private-.{6}$/,
      );
      const ecrRepositoryPrefix = 'private';
      const rule = { ecrRepositoryPrefix, upstreamRegistryUrl: gate.url, credentialArn };
      assert.equal((await registry.call('CreatePullThroughCacheRule', rule)).credentialArn, credentialArn);
      const pull = async () => (await registry.request('GET', '/v2/private/team/app/manifests/v1')).status;
      const validate = () => registry.call('ValidatePullThroughCacheRule', { ecrRepositoryPrefix });
      assert.equal(await pull(), 403);
      assert.equal((await validate()).isValid, false);
      const good = { username: 'me', accessToken: 'pass:word' };
      assert.equal(await registry.secrets.put(scope, name, good), credentialArn);
      assert.deepEqual(await registry.secrets.list(), [{ name, arn: credentialArn, username: 'me' }]);
      assert.deepEqual([(await validate()).isValid, await pull()], [true, 200]);
      const layer = await registry.request('GET', `/v2/private/team/app/blobs/${digestOf(image.layer)}`);
      assert.equal(await layer.text(), image.layer);
      const shown = await registry.call('DescribePullThroughCacheRules', {});
      assert.equal(shown.pullThroughCacheRules?.[0]?.credentialArn, credentialArn);
      assert.ok(!JSON.stringify(shown).includes('pass:word'));
      const other = await registry.secrets.put(scope, 'ecr-pullthroughcache/other', good);
      const updated = await registry.call('UpdatePullThroughCacheRule', { ecrRepositoryPrefix, credentialArn: other });
      assert.equal(updated.credentialArn, other);
      assert.ok(await registry.secrets.remove(scope, 'ecr-pullthroughcache/other'));
      const gone = await validate();
      assert.match(gone.failure ?? '', /does not exist any more/);
      await assert.rejects(registry.call('UpdatePullThroughCacheRule', { ecrRepositoryPrefix, credentialArn: other }), {
        code: 'SecretNotFoundException',
      });
      assert.deepEqual(registry.errors, []);
      await registry.stop();
      await upstream.stop();
      await gate.stop();
    });
  }
});

describe('rules', () => {
  it('name repositories upstream', () => {
    const rule = (prefix: string, url: string, upstreamPrefix = 'ROOT') => ({ prefix, url, upstreamPrefix });
    const rules = [
      rule('hub', 'registry-1.docker.io'),
      rule('hub/team', 'quay.io', 'org'),
      rule('k8s', 'registry.k8s.io'),
    ];
    assert.equal(throughRule('hub/nginx', rules)?.name, 'library/nginx');
    assert.equal(throughRule('hub/grafana/grafana', rules)?.name, 'grafana/grafana');
    assert.deepEqual(throughRule('hub/team/app', rules), { rule: rules[1], name: 'org/app' });
    assert.equal(throughRule('k8s/pause', rules)?.name, 'pause');
    assert.equal(throughRule('k8spause', rules), undefined);
    assert.equal(throughRule('any/thing', [rule('ROOT', 'quay.io')])?.name, 'any/thing');
  });

  it('read what a registry challenges with', () => {
    const header = 'Bearer realm="https://auth.example/token",service="reg",scope="repository:a/b:pull"';
    const query = 'service=reg&scope=repository%3Aa%2Fb%3Apull';
    assert.deepEqual(readChallenge(header), { kind: 'bearer', realm: 'https://auth.example/token', query });
    for (const other of [null, 'Digest realm="x"', 'Bearer', 'Bearer realm="not a url"']) {
      assert.equal(readChallenge(other), undefined);
    }
  });
});
