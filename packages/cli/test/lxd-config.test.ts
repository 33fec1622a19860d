import assert from 'node:assert/strict';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { known, readConfig } from '../src/lxd/kitchen/config.ts';
import { decideLeftovers, nameFor, ownerOf } from '../src/lxd/kitchen/owner.ts';
import { loginWords } from '../src/lxd/kitchen/login.ts';
import { decideInstance, LaunchRequestError } from '../src/lxd/launch-spec.ts';

test('the keys of the first driver still work', () => {
  const config = readConfig(
    {
      uri: 'unix:///var/lib/lxd/unix.socket',
      container_image: 'xenial',
      container_name: 'box',
      username: 'kitchen',
      public_key_path: '/key.pub',
      authorized_keys_path: '.ssh/authorized_keys2',
      architecture: 2,
      profiles: ['default'],
      ephemeral: true,
      limits_cpu: '1',
      timeout: 30,
      force: false,
    },
    'debian-12',
  );
  assert.deepEqual(
    [config.images, config.instanceName, config.username, config.timeout, config.force, config.target.remote],
    [['xenial'], 'box', 'kitchen', 30_000, false, undefined],
  );
  const instance = decideInstance(config.request, {});
  assert.deepEqual(instance, {
    type: 'container',
    ephemeral: true,
    config: { 'limits.cpu': '1' },
    devices: {},
    profiles: ['default'],
    architecture: 'x86_64',
  });
  assert.deepEqual(config.warnings, []);
});

test('short words become config and devices, and those of a profile are changed whole', () => {
  const { request } = readConfig(
    {
      limits: { cpu: 2, memory: '1GiB', disk: '5GiB' },
      network: ['front', 'back'],
      ipv4: '10.0.0.5',
      ports: ['8080:80', '0.0.0.0:53:53/udp'],
      mounts: [{ source: '/src', path: '/srv', readonly: true }],
      cloud_init: { packages: ['curl'] },
      config: ['security.nesting=true'],
    },
    'debian-12',
  );
  const { config, devices } = decideInstance(request, { root: { type: 'disk', path: '/', pool: 'fast' } });
  assert.deepEqual(config, {
    'limits.cpu': '2',
    'limits.memory': '1GiB',
    'cloud-init.user-data': '#cloud-config\n{"packages":["curl"]}\n',
    'security.nesting': 'true',
  });
  assert.deepEqual(devices, {
    root: { type: 'disk', path: '/', pool: 'fast', size: '5GiB' },
    eth0: { type: 'nic', name: 'eth0', network: 'front', 'ipv4.address': '10.0.0.5' },
    eth1: { type: 'nic', name: 'eth1', network: 'back' },
    port0: { type: 'proxy', listen: 'tcp:127.0.0.1:8080', connect: 'tcp:127.0.0.1:80' },
    port1: { type: 'proxy', listen: 'udp:0.0.0.0:53', connect: 'udp:127.0.0.1:53' },
    mount0: { type: 'disk', source: '/src', path: '/srv', readonly: true },
  });
});

test('an image is found by the platform, as it is written here and there', () => {
  assert.deepEqual(readConfig({}, 'debian-12').images, ['debian-12', 'debian/12', 'debian12']);
  assert.deepEqual(readConfig({ image_os: 'ubuntu', image_release: 'noble' }, 'x').images[0], 'ubuntu-noble');
});

test('what is wrong is named', () => {
  assert.match(readConfig({ limts: {} }, 'x').warnings.join(), /no key limts/);
  assert.throws(() => readConfig({ limits: { cpus: 2 } }, 'x'), { code: 'invalid-config', message: /cpus/ });
  assert.throws(() => readConfig({ ephemeral: 'perhaps' }, 'x'), { code: 'invalid-config', message: /ephemeral/ });
  assert.throws(() => readConfig({ config: ['nothing'] }, 'x'), { code: 'invalid-config', message: /key=value/ });
  const refused: readonly (readonly [object, RegExp])[] = [
    [{ limits: { memory: [1] } }, /^limits\.memory is to be a text/],
    [{ timeout: -1 }, /^timeout is to be a number that is not negative/],
    [{ mounts: 5 }, /^mounts is to be a map/],
    [{ mount: { www: { local_path: '/a', container_path: '/b', readonly: 'maybe' } } }, /^mount\.readonly is to be/],
    [{ config: { 'limits.memory': { a: 1 } } }, /^config\.limits\.memory is to be a text/],
    [{ devices: { disk: 5 } }, /^devices\.disk is to be a map/],
    [{ devices: { disk: { path: [1] } } }, /^devices\.disk\.path is to be a text/],
    [{ cloud_init: ['packages'] }, /^cloud_init is to be a map/],
    // What YAML makes of 2222:22.
    [{ ports: [8_000_520] }, /^ports: there is no port 8000520/],
  ];
  for (const [raw, message] of refused) {
    assert.throws(() => readConfig({ ...raw }, 'x'), { code: 'invalid-config', message });
  }
  const { request } = readConfig({ ports: ['http'] }, 'x');
  assert.throws(() => decideInstance(request, {}), LaunchRequestError);
});

test('a login goes to the server, through the project and with the certificates of the configuration', () => {
  const config = readConfig(
    { server: 'https://box', port: 18443, project: 'p', client_cert: 'c', client_key: 'k', server_cert: 's' },
    'x',
  );
  assert.equal(
    loginWords({ config, name: 'one', username: 'joe' }).join(' '),
    'lxd shell --remote https://box:18443 --project p --client-certificate c --client-key k --server-certificate s ' +
      '--user joe one',
  );
  assert.deepEqual(loginWords({ config: readConfig({}, 'x'), name: 'one', username: 'root' }), ['lxd', 'shell', 'one']);
});

test('the table of the documentation has every key, and no other', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/test-kitchen.md'), 'utf8');
  const [, table = ''] = /^## Keys of the driver$([^]*?)^## /m.exec(page) ?? [];
  const cells = table.split('\n').flatMap((row) => (row.startsWith('| `') ? row.split('|').slice(1, 3) : []));
  const documented = cells.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, key = '']) => key));
  assert.deepEqual(new Set(documented), known);
  assert.equal(documented.length, known.size);
});

test('names are of their owner alone, and LXD takes them', () => {
  const long = `${'Very.Long_'.repeat(9)}name`;
  for (const instance of ['default-debian-12', long]) {
    const name = nameFor('a', instance);
    assert.match(name, /^[a-z][a-z0-9-]{1,62}$/);
    assert.equal(name, nameFor('a', instance));
    assert.notEqual(name, nameFor('b', instance));
  }
  assert.notEqual(nameFor('a', `${long}1`), nameFor('a', `${long}2`));
});

test('runs that begin at once in a new folder agree on its owner; a copy of the folder has another', async () => {
  const root = mkdtempSync(join(tmpdir(), 'oreno-owner-'));
  const rounds = 40;
  const begun = new Int32Array(new SharedArrayBuffer(4));
  // Each round begins when both are there.
  const code = `
    const { parentPort, workerData: { module, folders, begun } } = require('node:worker_threads');
    import(module).then(({ ownerOf }) => {
      parentPort.postMessage(folders.map((folder, round) => {
        Atomics.add(begun, 0, 1);
        while (Atomics.load(begun, 0) < 2 * (round + 1));
        return ownerOf(folder);
      }));
    });`;
  const module = new URL('../src/lxd/kitchen/owner.ts', import.meta.url).href;
  const folders = Array.from({ length: rounds }, (_, round) => join(root, String(round)));
  try {
    const workers = [1, 2].map(() => new Worker(code, { eval: true, workerData: { module, folders, begun } }));
    const answers = await Promise.all(workers.map(async (worker) => (await once(worker, 'message'))[0] as string[]));
    assert.deepEqual(answers, [folders.map(ownerOf), folders.map(ownerOf)]);
    assert.deepEqual(readdirSync(join(root, '0/.kitchen')), ['lxd-owner']);
    cpSync(join(root, '0'), join(root, 'copy'), { recursive: true });
    assert.notEqual(ownerOf(join(root, 'copy')), ownerOf(join(root, '0')));
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});

test('leftovers are those of ended runs that no state file knows; never those of others, and no stages', () => {
  const made = (name: string, run: number, owner = 'me', kind = 'instance', ready = false) => {
    return { name, run, owner, kind, ready, pool: '', instance: 'i', root: '/r', host: 'h' };
  };
  const all = [
    made('known', 1),
    made('running', 2),
    made('left', 1),
    made('other', 1, 'you'),
    made('stage', 1, 'me', 'stage'),
    made('kept', 1, 'me', 'kept'),
    made('waiting', 1, 'me', 'pool', true),
    made('half-made', 1, 'me', 'pool'),
    made('being-made', 2, 'me', 'pool'),
    made('on-its-way-out', 1, 'me', 'retired', true),
  ];
  assert.deepEqual(
    decideLeftovers(all, 'me', new Set(['known']), (run) => run === 2),
    ['left', 'half-made', 'on-its-way-out'],
  );
});
