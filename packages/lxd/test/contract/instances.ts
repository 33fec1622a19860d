/** Instances of a server: made, changed by several, started and stopped, put back. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { ChangedError, ConflictError, LxdError, NotFoundError } from '@oreno/lxd';
import type { ContractWorld } from './world.ts';

export const instances = (world: () => ContractWorld): void => {
  it('launches, renames, stops and deletes, and refuses what does not fit', async () => {
    const { lxd, image } = world();
    const source = { image };
    await lxd.instances.create({ name: 'job', source, config: { 'user.on': true }, description: 'a job' });
    const job = lxd.instance('job');
    const made = await job.get();
    assert.deepEqual([made.status, made.config['user.on'], made.description], ['Stopped', 'true', 'a job']);
    await assert.rejects(async () => lxd.instances.create({ name: 'job', source }), ConflictError);
    await assert.rejects(async () => lxd.instances.create({ name: 'other', source: { image: 'none' } }), NotFoundError);
    await assert.rejects(async () => lxd.instances.create({ name: 'no name', source: { empty: true } }), LxdError);
    await job.start();
    assert.equal((await job.state()).status, 'Running');
    await assert.rejects(async () => job.delete(), LxdError);
    await job.freeze();
    assert.equal((await job.state()).status, 'Frozen');
    await job.unfreeze();
    await job.stop({ force: true });
    await job.rename('done');
    const names = (await lxd.instances.list()).map(({ name }) => name);
    assert.deepEqual(names.toSorted(), ['done', 'web']);
    await lxd.instance('done').delete();
    await assert.rejects(lxd.instance('done').get(), (error) => {
      assert.ok(error instanceof NotFoundError);
      assert.deepEqual([error.code, error.subject, error.operation], [404, 'done', 'GET /1.0/instances/done']);
      return true;
    });
    await assert.rejects(async () => lxd.instance('none').start(), NotFoundError);
  });

  it('loses no update of writers at the same time', async () => {
    const { lxd, web } = world();
    await Promise.all(
      ['a', 'b', 'c'].map((key) => web.update(({ config }) => ({ config: { ...config, [`user.${key}`]: key } }))),
    );
    const { config } = await web.get();
    assert.deepEqual([config['user.a'], config['user.b'], config['user.c']], ['a', 'b', 'c']);
    const path = '/instances/web';
    const { envelope, etag } = await lxd.client.call({ method: 'GET', path });
    await web.update(({ config: before }) => ({ config: { ...before, 'user.d': 'd' } }));
    const stale = { method: 'PUT', path, json: envelope.metadata, headers: { 'if-match': etag } } as const;
    await assert.rejects(lxd.client.call(stale), ChangedError);
  });

  it('goes back to snapshots, and copies from them', async () => {
    const { lxd, web } = world();
    const { files, snapshots } = web;
    await files.write('/root/state', 'before');
    await snapshots.create('clean');
    await files.write('/root/state', 'after');
    await lxd.instances.create({ name: 'older', source: { copy: 'web/clean' } });
    assert.equal((await lxd.instance('older').files.read('/root/state')).toString(), 'before');
    assert.equal((await lxd.instance('older').get()).config['user.number'], '1');
    await lxd.instance('older').delete();
    await snapshots.restore('clean');
    assert.equal((await files.read('/root/state')).toString(), 'before');
    await snapshots.rename('clean', 'first');
    assert.deepEqual(
      (await snapshots.list()).map(({ name }) => name),
      ['first'],
    );
    const inAnHour = new Date(Math.floor(Date.now() / 1_000) * 1_000 + 3_600_000);
    await snapshots.setExpiry('first', inAnHour);
    assert.equal(Date.parse((await snapshots.get('first')).expires_at), inAnHour.getTime());
    await snapshots.setExpiry('first', undefined);
    assert.equal((await snapshots.get('first')).expires_at, '0001-01-01T00:00:00Z');
    await snapshots.delete('first');
    await assert.rejects(snapshots.get('first'), NotFoundError);
  });

  it('starts and stops what it is asked to, one or all', async () => {
    const { lxd, web } = world();
    await web.restart({ force: true });
    assert.equal((await web.state()).status, 'Running');
    await lxd.instances.create({ name: 'empty', source: { empty: true } });
    await lxd.instances.changeAll('freeze');
    const all = await lxd.instances.list({ withState: true });
    assert.deepEqual(all.map(({ name, state }) => `${name} ${state?.status}`).toSorted(), [
      'empty Stopped',
      'web Frozen',
    ]);
    await web.unfreeze();
    const named = async (filter: string) => (await lxd.instances.list({ filter })).map(({ name }) => name);
    assert.deepEqual(await named('status eq Running'), ['web']);
    assert.deepEqual(await named('status eq Stopped and type eq container'), ['empty']);
    assert.deepEqual(await named('config.user.number eq 1'), ['web']);
    await lxd.instance('empty').delete();
    await lxd.instances.changeAll('stop', { force: true });
    assert.equal((await web.state()).status, 'Stopped');
    await lxd.instances.changeAll('start');
    assert.equal((await web.state()).status, 'Running');
  });
};
