/** Every input of a converged instance is in the key that it is kept under. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { connect, type Lxd } from '@oreno/lxd';
import { startFakeLxd, type FakeLxd } from '@oreno/lxd/fake';
import { readContext } from '../src/lxd/kitchen/context.ts';
import { stageKeyOf } from '../src/lxd/kitchen/stage.ts';

describe('the key of a kept converge', () => {
  let fake: FakeLxd;
  let lxd: Lxd;
  let root: string;
  const call = { signal: new AbortController().signal, emit: async () => {} };

  before(async () => {
    fake = await startFakeLxd({ images: ['debian', 'alpine'] });
    lxd = await connect({ socket: fake.socket });
    root = await mkdtemp(join(tmpdir(), 'oreno-stage-key-'));
    await writeFile(join(root, 'key.pub'), 'ssh-ed25519 one');
    await writeFile(join(root, 'mounted'), 'one');
  });
  after(async () => {
    lxd.close();
    await fake.stop();
    await rm(root, { recursive: true, force: true });
  });

  const driver = { snapshot: true, public_key_path: 'key.pub' };
  const keyOf = async (config: object = {}, more: object = {}): Promise<string | undefined> => {
    const usual = { platform: 'debian', instance: 'one-debian', root, run: 1, transport: 'lxd', inputs: 'digest' };
    return stageKeyOf(
      await readContext({ ...usual, config: { ...driver, ...config }, state: {}, ...more }, call, async () => lxd),
    );
  };
  /** Reads the key before and after a change. */
  const around = async (
    change: () => Promise<unknown>,
    config?: object,
    more?: object,
  ): Promise<readonly unknown[]> => {
    const first = await keyOf(config, more);
    await change();
    return [first, await keyOf(config, more)];
  };

  it('is the same for the same inputs, and there is none where nothing is kept', async () => {
    assert.match((await keyOf()) ?? '', /^[0-9a-f]{32}$/);
    assert.equal(await keyOf(), await keyOf());
    assert.equal(await keyOf({ snapshot: false }), undefined);
  });

  it('does not depend on how long to wait, or how to stop', async () => {
    assert.equal(await keyOf({ timeout: 5, force: false, snapshot_max_age: 10, pool: 3 }), await keyOf());
  });

  it('depends on every key of the driver that an instance is made from', async () => {
    const configs: readonly object[] = [
      { image: 'alpine' },
      { profiles: ['default', 'default'] },
      { config: { 'security.nesting': true } },
      { devices: { eth1: { type: 'none' } } },
      { limits: { cpu: 1 } },
      { limits: { memory: '1GiB' } },
      { limits: { processes: 100 } },
      { limits: { disk: '1GiB' } },
      { network: 'front' },
      { ipv4: '10.0.0.5' },
      { storage: 'fast' },
      { ports: ['8080:80'] },
      { mounts: [{ source: '/nowhere', path: '/srv' }] },
      { cloud_init: { packages: ['curl'] } },
      { ephemeral: true },
      { vm: true },
      { username: 'carpenter' },
    ];
    const keys = await Promise.all([{}, ...configs].map((config) => keyOf(config)));
    assert.equal(new Set(keys).size, configs.length + 1);
  });

  it("depends on the provisioner's digest and on the platform's image", async () => {
    assert.notEqual(await keyOf({}, { inputs: 'other' }), await keyOf());
    assert.notEqual(await keyOf({}, { platform: 'alpine' }), await keyOf());
  });

  it('depends on what the alias means now, and on what is in the profiles', async () => {
    const other = (await lxd.images.byAlias('alpine'))?.fingerprint ?? '';
    const [before, moved] = await around(async () => {
      await lxd.client.call({ method: 'PUT', path: '/images/aliases/debian', json: { target: other } });
    });
    assert.notEqual(moved, before);
    const [plain, changed] = await around(() =>
      lxd.profiles.update('default', (profile) => ({ config: { ...profile.config, 'limits.cpu': '1' } })),
    );
    assert.notEqual(changed, plain);
    const [one, more] = await around(() =>
      lxd.profiles.update('default', ({ devices }) => ({ devices: { ...devices, eth1: { type: 'none' } } })),
    );
    assert.notEqual(more, one);
  });

  it('depends on folders that are mounted for reading, not on those that the instance writes', async () => {
    const mount = (readonly: boolean) => ({ mounts: [{ source: root, path: '/srv', readonly }] });
    let minute = 0;
    const touch = () => utimes(join(root, 'mounted'), 0, ++minute * 60);
    const [before, changed] = await around(touch, mount(true));
    assert.notEqual(changed, before);
    const [same, again] = await around(touch, mount(false));
    assert.equal(again, same);
  });

  it('depends on the key and its place where the transport is ssh', async () => {
    const ssh = { transport: 'ssh' };
    assert.notEqual(await keyOf({}, ssh), await keyOf());
    assert.notEqual(await keyOf({ authorized_keys_path: '/keys' }, ssh), await keyOf({}, ssh));
    const [one, two] = await around(() => writeFile(join(root, 'key.pub'), 'ssh-ed25519 two'), {}, ssh);
    assert.notEqual(two, one);
  });
});
