/** Test Kitchen with Puppet, BATS, Serverspec, cloud-init and what the driver's keys give an instance, on the real LXD. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { importKitchenImage, kitchenImage } from '../../../../test/support/kitchen-image.ts';
import { installKitchen, kitchenProject, type KitchenProject } from '../../../../test/support/kitchen.ts';
import { startLxd, type TestLxd } from '../../../../test/support/lxd.ts';
import { freePort } from '../../../../test/support/free-port.ts';

const config = (folder: string, port: number): string => `
driver: {name: lxd, image: ${kitchenImage}}
transport: {name: lxd}
platforms: [{name: debian}]
suites:
  - name: puppet
    driver:
      username: carpenter
      cloud_init: {write_files: [{path: /etc/early, content: by cloud-init}]}
    provisioner:
      name: puppet_apply
      manifests_path: manifests
      modules_path: modules
      manifest: site.pp
      require_puppet_collections: false
      require_puppet_repo: false
      resolve_with_librarian_puppet: false
    verifier: {name: shell, remote_exec: true, command: 'id -un; cat /etc/early; sudo cat /etc/greeting'}
  - name: web
    driver:
      ports: ['${port}:80']
      mounts: [{source: ${folder}/specs, path: /specs, readonly: true}]
      devices: {site: {type: disk, source: ${folder}/site, path: /srv/site}}
      config: ['environment.GREETING=hello']
      limits: {cpu: 1, memory: 512MiB, processes: 500}
    provisioner: {name: shell, command: 'echo $GREETING > /etc/greeting; busybox httpd -p 80 -h /srv/site'}
    verifier: {name: shell, remote_exec: true, command: bats /specs/greeting.bats && rspec --format documentation /specs}
    lifecycle: {post_verify: [{local: 'curl --silent --fail http://127.0.0.1:${port}/index.html > answer'}]}
`;

const files = {
  'manifests/site.pp': 'include greet\n',
  'modules/greet/manifests/init.pp': [
    "class greet { file { '/etc/greeting':",
    "  content => template('greet/greeting.erb'), mode => '0600', owner => 'root' } }",
  ].join('\n'),
  'modules/greet/templates/greeting.erb': 'by Puppet in <%= @virtual %>\n',
  'specs/greeting.bats': [
    '@test "it greets" { grep -q hello /etc/greeting; }',
    '@test "what is mounted for reading stays as it is" { run touch /specs/x; [ "$status" -ne 0 ]; }',
    '@test "it has the memory it is allowed" { grep -q "^$((512 << 20))$" /sys/fs/cgroup/memory/memory.limit_in_bytes ||',
    '  grep -q "^$((512 << 20))$" /sys/fs/cgroup/memory.max; }',
  ].join('\n'),
  'specs/greeting_spec.rb': [
    "require 'serverspec'",
    'set :backend, :exec',
    "describe file('/etc/greeting') do",
    '  its(:content) { should match(/hello/) }',
    'end',
    'describe port(80) do',
    '  it { should be_listening }',
    'end',
  ].join('\n'),
  'site/index.html': 'served\n',
};

describe('Test Kitchen with other tools', () => {
  let world: TestLxd;
  let project: KitchenProject;

  before(async () => {
    world = await startLxd({ driver: 'btrfs' });
    const [gems] = await Promise.all([installKitchen(), importKitchenImage(world)]);
    project = await kitchenProject(world, gems, files);
    await project.write('kitchen.yml', config(project.folder, await freePort()));
  });
  after(async () => {
    // When the preparations failed there is none.
    await (project as KitchenProject | undefined)?.remove();
    await world.stop();
  });

  it('converges with Puppet as another user after cloud-init, and verifies with BATS and Serverspec', async () => {
    const { code, output } = await project.kitchen('test', '--concurrency', '2');
    assert.equal(code, 0, output);
    // The lines of the two come in any order.
    for (const line of [
      /File\[\/etc\/greeting\]\/ensure: defined content/,
      /^ +carpenter$/m,
      /^ +by cloud-init/m,
      /by Puppet in lxc/,
      /ok 1 it greets/,
      /ok 2 what is mounted/,
      /ok 3 it has the memory/,
      /Port "80"/,
      /2 examples, 0 failures/,
    ]) {
      assert.match(output, line);
    }
    assert.equal(output.match(/Finished testing/g)?.length, 2);
    assert.equal(await readFile(join(project.folder, 'answer'), 'utf8'), 'served\n');
    assert.deepEqual(await world.lxd.instances.list(), []);
  });
});
