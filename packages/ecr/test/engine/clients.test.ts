/** The real docker and skopeo against a registry on a free port; what is not installed is skipped. */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { startDockerEngine } from '../../../../test/support/docker-engine.ts';
import type { TestEngine } from '../../../../test/support/docker-engine.ts';
import { startRegistry } from '../support/registry.ts';
import type { TestRegistry } from '../support/registry.ts';

const run = promisify(execFile);
let registry: TestRegistry;
let engine: TestEngine;
let directory: string;
let host: string;
const made: string[] = [];

before(async () => {
  engine = await startDockerEngine();
  registry = await startRegistry();
  host = `127.0.0.1:${registry.port}`;
  directory = await mkdtemp(join(tmpdir(), 'oreno-ecr-clients-'));
  for (const repositoryName of ['clients/hello', 'clients/copy', 'clients/fixed', 'clients/many', 'clients/more']) {
    const imageTagMutability = repositoryName === 'clients/fixed' ? 'IMMUTABLE' : 'MUTABLE';
    await registry.call('CreateRepository', { repositoryName, imageTagMutability });
  }
});
after(async () => {
  if (made.length > 0) await docker('rmi', '-f', ...made).catch(() => undefined);
  await engine.stop();
  await rm(directory, { recursive: true, force: true });
  await registry.stop();
  assert.deepEqual(registry.errors, []);
});

const works = async (command: string, ...args: string[]): Promise<boolean> => {
  try {
    await run(command, args);
    return true;
  } catch {
    return false;
  }
};

const environment = (): NodeJS.ProcessEnv => ({
  ...process.env,
  DOCKER_BUILDKIT: '0',
  DOCKER_HOST: `unix://${engine.socket}`,
});

/** Docker with a configuration of its own, so that no login outlives the test. */
const docker = async (...args: string[]): Promise<string> =>
  (await run('docker', ['--config', directory, ...args], { env: environment() })).stdout;

const failing = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work;
  } catch (error) {
    return String((error as { stderr?: string }).stderr);
  }
  return 'it did not fail';
};

const login = async (password: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = spawn('docker', ['--config', directory, 'login', '-u', 'AWS', '--password-stdin', host], {
      env: environment(),
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
    child.on('error', reject);
    child.on('close', () => resolve(output));
    child.stdin.end(password);
  });

const passwordOf = async (): Promise<string> => {
  const { authorizationData } = await registry.call('GetAuthorizationToken', {});
  const token = Buffer.from(authorizationData?.[0]?.authorizationToken ?? '', 'base64').toString();
  return token.slice('AWS:'.length);
};

const build = async (tag: string, text: string): Promise<void> => {
  const context = await mkdtemp(join(directory, 'build-'));
  await copyFile('/bin/busybox', join(context, 'busybox'));
  await writeFile(join(context, 'text'), text);
  await writeFile(
    join(context, 'Dockerfile'),
    'FROM scratch\nCOPY busybox /busybox\nCOPY text /text\nCMD ["/busybox","cat","/text"]\n',
  );
  await docker('build', '-q', '-t', tag, context);
  made.push(tag);
};

test('docker logs in, pushes, pulls, and shows what is wrong', async () => {
  assert.match(await login('wrong'), /401 Unauthorized/);
  assert.match(await login(await passwordOf()), /Login Succeeded/);
  const image = `${host}/clients/hello:1`;
  await build(image, 'hello');
  await docker('push', image);
  const { imageDetails } = await registry.call('DescribeImages', { repositoryName: 'clients/hello' });
  const [detail] = imageDetails ?? [];
  assert.deepEqual(detail?.imageTags, ['1']);
  assert.ok((detail?.imageSizeInBytes ?? 0) > 100_000);
  await docker('rmi', image);
  assert.match(await docker('pull', image), new RegExp(detail?.imageDigest ?? 'no digest'));
  await registry.room.stop();
  const pulled = await registry.call('DescribeImages', { repositoryName: 'clients/hello' });
  assert.ok(pulled.imageDetails?.[0]?.lastRecordedPullTime);

  const absent = `${host}/clients/absent:1`;
  await docker('tag', image, absent);
  made.push(absent);
  assert.match(
    await failing(docker('push', absent)),
    /name unknown: The repository with name 'clients\/absent' does not exist in the registry with id '000000000000'/,
  );
  assert.match(
    await failing(docker('pull', `${host}/clients/hello:none`)),
    /manifest unknown: Requested image not found/,
  );
  const fixed = `${host}/clients/fixed:1`;
  await docker('tag', image, fixed);
  made.push(fixed);
  await docker('push', fixed);
  assert.match(await failing(docker('push', fixed)), /tag invalid: The image tag '1' already exists/);
  registry.denied.add('ecr:InitiateLayerUpload').add('ecr:BatchCheckLayerAvailability');
  await build(`${host}/clients/hello:2`, 'two');
  const refusal = await failing(docker('push', `${host}/clients/hello:2`));
  registry.denied.clear();
  assert.match(refusal, /denied: User: arn:aws:iam::000000000000:root is not authorized to perform: ecr:/);
});

test('skopeo copies, inspects, lists and deletes', async (t) => {
  if (!(await works('skopeo', '--version'))) return t.skip('skopeo is not installed');
  const archive = join(directory, 'image.tar');
  const local = 'oreno-ecr-test/skopeo:1';
  await build(local, 'skopeo');
  await docker('save', '-o', archive, local);
  const creds = `AWS:${await passwordOf()}`;
  const skopeo = async (...args: string[]): Promise<string> => (await run('skopeo', args)).stdout;
  const remote = `docker://${host}/clients/copy`;
  for (const format of ['v2s2', 'oci']) {
    await skopeo(
      'copy',
      '-q',
      '-f',
      format,
      '--dest-tls-verify=false',
      '--dest-creds',
      creds,
      `docker-archive:${archive}`,
      `${remote}:${format}`,
    );
    const back = `oci:${join(directory, `back-${format}`)}:1`;
    await skopeo('copy', '-q', '--src-tls-verify=false', '--src-creds', creds, `${remote}:${format}`, back);
  }
  const inspected = JSON.parse(await skopeo('inspect', '--tls-verify=false', '--creds', creds, `${remote}:oci`)) as {
    readonly RepoTags: readonly string[];
  };
  assert.deepEqual(inspected.RepoTags, ['oci', 'v2s2']);
  await skopeo('delete', '--tls-verify=false', '--creds', creds, `${remote}:oci`);
  const listed = await skopeo('list-tags', '--tls-verify=false', '--creds', creds, remote);
  assert.deepEqual((JSON.parse(listed) as { readonly Tags: readonly string[] }).Tags, ['v2s2']);
  const { imageIds } = await registry.call('ListImages', { repositoryName: 'clients/copy' });
  assert.equal(imageIds?.length, 1);
});

test('many pushes at once, of images that share layers, lose nothing while content is collected', async (t) => {
  assert.match(await login(await passwordOf()), /Login Succeeded/);
  const numbers = Array.from({ length: 6 }, (_, index) => index);
  const repositories = ['clients/many', 'clients/more'];
  const images = repositories.flatMap((name) => numbers.map((number) => `${host}/${name}:${number}`));
  for (const number of numbers) {
    const image = `${host}/clients/many:${number}`;
    await build(image, `many ${number}`);
    await docker('tag', image, `${host}/clients/more:${number}`);
    await docker('tag', image, `oreno-ecr-test/many:${number}`);
    made.push(`${host}/clients/more:${number}`, `oreno-ecr-test/many:${number}`);
  }
  let done = false;
  const collecting = (async () => {
    for (let rounds = 1; ; rounds += 1, await sleep(20)) {
      await registry.room.collect(false);
      if (done) return rounds;
    }
  })();
  const copies: Promise<unknown>[] = [];
  if (await works('skopeo', '--version')) {
    const creds = `AWS:${await passwordOf()}`;
    for (const number of [0, 1]) {
      const archive = join(directory, `many-${number}.tar`);
      await docker('save', '-o', archive, `oreno-ecr-test/many:${number}`);
      // Both put an image under one tag: whichever comes last has it, whole.
      const target = `docker://${host}/clients/many:same`;
      copies.push(
        run('skopeo', [
          'copy',
          '-q',
          '--dest-tls-verify=false',
          '--dest-creds',
          creds,
          `docker-archive:${archive}`,
          target,
        ]),
      );
    }
  } else t.diagnostic('skopeo is not installed');
  await Promise.all([...images.map((image) => docker('push', '-q', image)), ...copies]).finally(() => {
    done = true;
  });
  assert.ok((await collecting) > 0);
  await docker('rmi', '-f', ...images);
  await docker('image', 'prune', '-f');
  await Promise.all(
    [...images, ...(copies.length > 0 ? [`${host}/clients/many:same`] : [])].map((image) =>
      docker('pull', '-q', image),
    ),
  );
  for (const number of numbers) {
    const text = await docker(
      'image',
      'inspect',
      '-f',
      '{{.Id}}',
      `${host}/clients/many:${number}`,
      `oreno-ecr-test/many:${number}`,
    );
    const [pulled, built] = text.trim().split('\n');
    assert.equal(pulled, built);
  }
  const parts = Array.from({ length: 256 }, (_, index) => index.toString(16).padStart(2, '0'));
  for (const part of [...parts, 'manifests']) assert.deepEqual((await registry.room.verify(part)).damages, []);
});
