/** Images that come from files and from other servers, on the real LXD. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, LxdError, NotFoundError, type Lxd } from '@oreno/lxd';
import { splitBusybox, unifiedBusybox } from '../../../../test/support/busybox-image.ts';
import { freePort } from '../../../../test/support/free-port.ts';
import { startBareLxd, startLxd, type TestLxd } from '../../../../test/support/lxd.ts';
import { startImageServer, type ImageServer } from '../support/image-server.ts';

describe("a server's images", () => {
  let world: TestLxd;
  let folder: string;
  let files: { readonly metadata: string; readonly rootfs: string };
  let origin: ImageServer;
  before(async () => {
    world = await startLxd();
    folder = await mkdtemp(join(tmpdir(), 'oreno-lxd-images-'));
    files = await splitBusybox(folder);
    origin = await startImageServer(files);
  });
  after(async () => {
    await origin.stop();
    await world.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('come as two files, and leave as them', async () => {
    const { images } = world.lxd;
    const fingerprint = await images.import(files, { alias: 'split', public: true, properties: { os: 'a & b' } });
    assert.equal(fingerprint, origin.fingerprint);
    const image = await images.get(fingerprint);
    assert.deepEqual([image.public, image.properties['os']], [true, 'a & b']);
    const parts = await text(await images.open(fingerprint));
    assert.match(parts, /name="?metadata"?/);
    assert.match(parts, /name="?rootfs"?/);
    await images.delete(fingerprint);
    assert.equal(await images.byAlias('split'), undefined);
  });

  it('are copied from an image server, with progress, or given up on the way', async () => {
    const { images, instances, operations } = world.lxd;
    const { url: server, certificate } = origin;
    const from = { server, protocol: 'simplestreams', alias: 'busybox', certificate } as const;
    // First, as a server believes an index for an hour.
    await assert.rejects(async () => images.copy({ ...from, certificate: undefined }), /certificate/i);
    origin.slowDown(30_000);
    const controller = new AbortController();
    const given = images.copy(from, {
      signal: controller.signal,
      onProgress: () => controller.abort(new Error('changed my mind')),
    });
    await assert.rejects(given, /changed my mind/);
    origin.slowDown(1_500);
    const isRunning = async (): Promise<boolean> =>
      (await operations.list()).some(({ status_code: code, class: kind }) => code === 103 && kind !== 'token');
    for (let tries = 0; await isRunning(); tries += 1) {
      assert.ok(tries < 100, 'the download goes on');
      await sleep(50);
    }
    await assert.rejects(images.get(origin.fingerprint), NotFoundError);

    const told: string[] = [];
    const fingerprint = await images.copy(from, { alias: 'copied', onProgress: (words) => told.push(words) });
    assert.equal(fingerprint, origin.fingerprint);
    assert.equal((await images.byAlias('copied'))?.fingerprint, fingerprint);
    assert.ok(
      told.some((words) => /\d+%/.test(words)),
      `no progress: ${told.join(', ')}`,
    );
    await images.delete(fingerprint);

    origin.slowDown(0);
    await instances.create({ name: 'far', source: from });
    assert.equal((await world.lxd.instance('far').get()).config['volatile.base_image'], fingerprint);
    await world.lxd.instance('far').delete();
    await assert.rejects(async () => images.copy({ ...from, alias: 'none' }), LxdError);
  });

  it('are copied from another server, public or not, and fetched again when they have changed there', async () => {
    const other = await startBareLxd();
    let there: Lxd | undefined;
    const { images } = world.lxd;
    try {
      const address = `127.0.0.1:${await freePort()}`;
      await other.lxd.configure((config) => ({ ...config, 'core.https_address': address }));
      there = await connect({ socket: other.socket });
      const first = await there.images.import({ unified: await unifiedBusybox(folder, 11) });
      await assert.rejects(images.copyFrom(other.lxd, first), /does not listen.*core\.https_address/);
      assert.equal(await images.copyFrom(there, first, { alias: 'theirs' }), first);
      await images.delete(first);

      await there.images.update(first, () => ({ public: true }));
      await there.images.setAlias('moving', first);
      const { certificate } = there.server.environment;
      const from = { server: `https://${address}`, protocol: 'lxd', alias: 'moving', certificate } as const;
      // Incus takes an LXD's image by its fingerprint alone: an alias it would want to keep in touch with.
      if (world.lxd.server.environment.server === 'incus') return;
      assert.equal(await images.copy({ ...from, autoUpdate: true }, { alias: 'mine' }), first);
      const second = await there.images.import({ unified: await unifiedBusybox(folder, 12) }, { public: true });
      await there.images.setAlias('moving', second);
      await images.refresh(first);
      assert.equal((await images.byAlias('mine'))?.fingerprint, second);
      await assert.rejects(images.get(first), NotFoundError);
    } finally {
      there?.close();
      await other.end();
    }
  });
});
