/** What a server has beside instances. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { ConflictError, NotFoundError, NotSupportedError } from '@oreno/lxd';
import type { ContractWorld } from './world.ts';

export const resources = (world: () => ContractWorld): void => {
  it('tells what it is and what it lacks', async () => {
    const { lxd } = world();
    assert.match(lxd.server.environment.server, /^(lxd|incus)$/);
    assert.equal(lxd.has('etag'), true);
    assert.throws(() => lxd.need('no_such_extension'), NotSupportedError);
    const calls = [
      ['storage_buckets', () => lxd.storagePools.buckets('default').list()],
      ['network_load_balancer', () => lxd.networks.loadBalancers('none').list()],
      ['network_allocations', () => lxd.networks.allocations()],
    ] as const;
    for (const [extension, call] of calls) {
      if (lxd.has(extension)) continue;
      await assert.rejects(call, (error) => {
        assert.ok(error instanceof NotSupportedError);
        assert.match(error.message, new RegExp(`has no API extension ${extension}`));
        return true;
      });
    }
  });

  it('keeps images under aliases', async () => {
    const { lxd, image: alias } = world();
    const image = await lxd.images.byAlias(alias);
    assert.ok(image);
    assert.ok(image.aliases.some(({ name }) => name === alias));
    await lxd.images.setAlias('second', image.fingerprint);
    assert.equal((await lxd.images.byAlias('second'))?.fingerprint, image.fingerprint);
    await lxd.images.renameAlias('second', 'other');
    assert.equal(await lxd.images.byAlias('second'), undefined);
    await lxd.images.removeAlias('other');
    assert.equal(await lxd.images.byAlias('other'), undefined);
    await lxd.images.update(image.fingerprint, ({ properties }) => ({ properties: { ...properties, seen: 'yes' } }));
    assert.equal((await lxd.images.get(image.fingerprint)).properties['seen'], 'yes');
    assert.notEqual(await lxd.images.secret(image.fingerprint), '');
    await assert.rejects(lxd.images.get('0'.repeat(64)), NotFoundError);
  });

  it('keeps profiles, projects, volumes, rules and zones alike', async () => {
    const { lxd } = world();
    const { profiles, projects, networkAcls, networkZones, storagePools } = lxd;
    await profiles.create({ name: 'small', config: { 'limits.cpu': '1' } });
    await assert.rejects(async () => profiles.create({ name: 'small' }), ConflictError);
    await profiles.update('small', ({ config }) => ({ config: { ...config, 'user.a': 'a' } }));
    assert.deepEqual((await profiles.get('small')).config, { 'limits.cpu': '1', 'user.a': 'a' });
    await profiles.rename('small', 'tiny');
    await profiles.delete('tiny');
    await assert.rejects(profiles.get('tiny'), NotFoundError);

    await projects.create({ name: 'blue', config: { 'features.images': 'false', 'features.profiles': 'false' } });
    assert.deepEqual(await lxd.project('blue').instances.list(), []);
    await projects.delete('blue');

    const volumes = storagePools.volumes('default');
    await volumes.create({ name: 'data', config: {} });
    await volumes.snapshots('data').create({ name: 'one' });
    assert.equal((await volumes.snapshots('data').list()).length, 1);
    await volumes.copy('data', 'twin', { volumeOnly: true });
    assert.deepEqual(
      (await volumes.list())
        .map(({ name }) => name)
        .filter((name) => !name.includes('/'))
        .toSorted(),
      ['data', 'twin'],
    );
    for (const name of ['data', 'twin']) await volumes.delete(name);

    const rule = {
      action: 'allow',
      destination_port: '80',
      protocol: 'tcp',
      state: 'enabled',
      source: '',
      destination: '',
      description: '',
      source_port: '',
      icmp_type: '',
      icmp_code: '',
    };
    await networkAcls.create({ name: 'web', ingress: [rule] });
    assert.equal((await networkAcls.get('web')).ingress[0]?.destination_port, '80');
    await networkAcls.delete('web');

    await networkZones.create({ name: 'example.test', config: {} });
    const records = networkZones.records('example.test');
    await records.create({ name: 'www', entries: [{ type: 'A', ttl: 300, value: '192.0.2.1' }] });
    assert.equal((await records.get('www')).entries[0]?.value, '192.0.2.1');
    await records.delete('www');
    await networkZones.delete('example.test');
    assert.ok((await lxd.networks.list()).length > 0);
    assert.ok(Array.isArray(await lxd.warnings.list()));
  });

  it('keeps templates, measurements and operations', async () => {
    const { lxd, web } = world();
    const { templates } = web.metadata;
    await templates.write('motd.tpl', 'hello');
    assert.equal(await templates.read('motd.tpl'), 'hello');
    assert.deepEqual(await templates.list(), ['motd.tpl']);
    await templates.delete('motd.tpl');
    assert.deepEqual(await templates.list(), []);
    assert.ok((await lxd.metrics()).length > 0);
    assert.ok(Array.isArray(await lxd.operations.list()));
    await assert.rejects(lxd.operations.get('00000000-0000-0000-0000-000000000000'), NotFoundError);
  });
};
