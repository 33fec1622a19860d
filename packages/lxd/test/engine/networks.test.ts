/** Networks, and what an instance is waited for over them, on the real LXD. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ConflictError, LxdError, NotFoundError, type Instance } from '@oreno/lxd';
import { startLxd, type TestLxd } from '../../../../test/support/lxd.ts';

/** Takes what the DHCP server gives: what udhcpc runs. */
const lease = '#!/bin/sh\n[ -z "$ip" ] || ip addr replace "$ip/24" dev "$interface"\n';

const cloudInit = `#!/bin/sh
[ -e /root/done ] || { touch /root/done; echo 'status: running'; exit 0; }
[ ! -e /root/bad ] || { printf 'status: error\\ndetail:\\nno such module\\n'; exit 1; }
echo 'status: done'
`;

describe('networks of LXD', () => {
  let world: TestLxd;
  let web: Instance;
  before(async () => {
    world = await startLxd();
    web = world.lxd.instance('web');
    await world.lxd.instances.create({ name: 'web', source: { image: world.image } });
    await web.files.write('/root/lease.sh', lease, { mode: 0o755 });
    await web.start();
  });
  after(() => world.stop());

  it('give addresses, which are waited for and told as leases, as are ports', async () => {
    const { networks } = world.lxd;
    const waiting = web.waitFor.address({ device: 'eth0', timeout: 20_000 });
    await web.run(['ip', 'link', 'set', 'eth0', 'up']);
    await web.run(['udhcpc', '-i', 'eth0', '-q', '-n', '-s', '/root/lease.sh']);
    const address = await waiting;
    assert.equal(await web.waitFor.address(), address);
    const leases = await networks.leases(world.bridge);
    const own = leases.find(({ hostname }) => hostname === 'web');
    assert.deepEqual([own?.address, own?.type], [address, 'dynamic']);
    assert.equal((await networks.state(world.bridge)).state, 'up');

    const listening = web.waitFor.port(8080, { timeout: 20_000 });
    const session = await web.exec(['nc', '-l', '-p', '8080']);
    await listening;
    session.kill(9);
    await session.exitCode;
    if (world.lxd.has('network_allocations')) {
      const allocations = await networks.allocations();
      assert.ok(allocations.some(({ used_by: user }) => user.endsWith('/instances/web')));
    }
  });

  it('are made, changed, renamed and deleted, with rules, forwards and zones of their own', async () => {
    const { networks, networkAcls, networkZones } = world.lxd;
    const name = `${world.bridge}n`.slice(-15);
    const config = { 'ipv4.address': '10.214.177.1/24', 'ipv4.nat': 'false', 'ipv6.address': 'none' };
    await networks.create({ name, type: 'bridge', config });
    await assert.rejects(async () => networks.create({ name, type: 'bridge', config }), ConflictError);
    await networkZones.create({ name: 'lan.test', config: {} });
    await networks.update(name, (before) => ({
      description: 'a network',
      config: { ...before.config, 'user.a': 'a', 'dns.zone.forward': 'lan.test' },
    }));
    const { description, config: after } = await networks.get(name);
    assert.deepEqual([description, after['dns.zone.forward']], ['a network', 'lan.test']);
    await assert.rejects(async () => networkZones.delete('lan.test'), LxdError);

    const forwards = networks.forwards(name);
    const ports = [
      { protocol: 'tcp', listen_port: '80', target_port: '8080', target_address: '10.214.177.9', description: '' },
    ];
    await forwards.create({ listen_address: '192.0.2.77', config: {}, ports });
    await forwards.update('192.0.2.77', () => ({ description: 'the web' }));
    const forward = await forwards.get('192.0.2.77');
    assert.deepEqual([forward.description, forward.ports[0]?.target_port], ['the web', '8080']);
    await forwards.delete('192.0.2.77');
    await assert.rejects(forwards.get('192.0.2.77'), NotFoundError);

    await networkAcls.create({ name: 'web', ingress: [], egress: [] });
    await networkAcls.rename('web', 'rules');
    await networkAcls.update('rules', () => ({ config: { 'user.a': 'a' } }));
    assert.equal((await networkAcls.get('rules')).config['user.a'], 'a');
    await networkAcls.delete('rules');

    // Peers and load balancers are for networks of OVN: a bridge is refused in the server's words.
    await assert.rejects(async () => networks.peers(name).create({ name: 'other', target_network: 'x' }), LxdError);
    await networks.update(name, ({ config: { 'dns.zone.forward': _, ...rest } }) => ({ config: rest }));
    await networkZones.delete('lan.test');
    await networks.rename(name, `${name.slice(0, -1)}m`);
    await networks.delete(`${name.slice(0, -1)}m`);
    await assert.rejects(networks.get(name), NotFoundError);
  });

  it('are what cloud-init waits for: its end is waited for, and its failure told', async () => {
    await assert.rejects(web.waitFor.cloudInit(), /no cloud-init in it/);
    await web.files.write('/bin/cloud-init', cloudInit, { mode: 0o755 });
    await web.waitFor.cloudInit({ timeout: 10_000 });
    await web.files.write('/root/bad', '');
    await assert.rejects(web.waitFor.cloudInit(), /web: cloud-init failed: no such module.*Mend the user data/);
  });
});
