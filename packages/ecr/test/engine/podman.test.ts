/** The real podman and buildah against a registry on a free port, with a storage of the test's own. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startRegistry } from '../support/registry.ts';
import type { TestRegistry } from '../support/registry.ts';

let registry: TestRegistry;
let directory: string;
let image: string;

before(async () => {
  registry = await startRegistry();
  directory = await mkdtemp(join(tmpdir(), 'oreno-podman-'));
  image = `127.0.0.1:${registry.port}/podman/app`;
  await registry.call('CreateRepository', { repositoryName: 'podman/app' });
});
after(async () => {
  await run('podman', ['rmi', '--all', '--force']).catch(() => undefined);
  await rm(directory, { recursive: true, force: true });
  await registry.stop();
  assert.deepEqual(registry.errors, []);
});

/** Runs it with its standard input; what it printed. Fails with what it said. */
const run = (program: 'buildah' | 'podman', args: readonly string[], input = ''): Promise<string> =>
  new Promise((resolve, reject) => {
    const place = ['--root', join(directory, 'root'), '--runroot', join(directory, 'run'), '--storage-driver', 'vfs'];
    const env = { ...process.env, REGISTRY_AUTH_FILE: join(directory, 'auth.json') };
    const child = execFile(program, [...place, ...args], { env, timeout: 60_000 }, (error, stdout, stderr) =>
      error ? reject(new Error(`${program} ${args.join(' ')}: ${stderr}`)) : resolve(stdout),
    );
    child.stdin?.end(input);
  });

test('podman and buildah log in, build, push and pull, in both formats of manifests', async () => {
  const { authorizationData } = await registry.call('GetAuthorizationToken', {});
  const token = Buffer.from(authorizationData?.[0]?.authorizationToken ?? '', 'base64').toString();
  const password = token.slice('AWS:'.length);
  const host = image.split('/', 1)[0] ?? '';
  const plain = '--tls-verify=false';
  assert.match(await run('podman', ['login', plain, '-u', 'AWS', '--password-stdin', host], password), /Succeeded/);
  await copyFile('/bin/busybox', join(directory, 'busybox'));
  await writeFile(join(directory, 'Containerfile'), 'FROM scratch\nCOPY busybox /busybox\n');
  await run('buildah', ['bud', '-q', '-f', join(directory, 'Containerfile'), '-t', `${image}:oci`, directory]);
  await run('buildah', ['push', '-q', plain, `${image}:oci`]);
  await run('podman', ['push', '-q', plain, '--format', 'v2s2', `${image}:oci`, `${image}:docker`]);
  const { imageDetails } = await registry.call('DescribeImages', { repositoryName: 'podman/app' });
  assert.deepEqual(
    new Map(imageDetails?.map((detail) => [detail.imageTags?.[0], detail.imageManifestMediaType])),
    new Map([
      ['oci', 'application/vnd.oci.image.manifest.v1+json'],
      ['docker', 'application/vnd.docker.distribution.manifest.v2+json'],
    ]),
  );
  const [built] = (await run('podman', ['images', '-q', '--no-trunc', `${image}:oci`])).trim().split('\n');
  await run('podman', ['rmi', '--all', '--force']);
  const pulled = (await run('podman', ['pull', '-q', plain, `${image}:oci`])).trim();
  assert.equal(`sha256:${pulled}`, built);
  await run('podman', ['rmi', '--all', '--force']);
  assert.match(await run('buildah', ['pull', '-q', plain, `${image}:docker`]), /^[0-9a-f]{64}$/m);
  await assert.rejects(run('podman', ['pull', '-q', plain, `${image}:none`]), /manifest unknown/);
  await assert.rejects(run('podman', ['push', '-q', plain, `${image}:docker`, `${host}/none:1`]), /name unknown/);
  const wrong = run('podman', ['login', plain, '-u', 'AWS', '--password-stdin', host], 'wrong');
  await assert.rejects(wrong, /invalid username\/password|unauthorized/);
});
