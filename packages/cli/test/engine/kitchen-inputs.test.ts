/** What the gem sees of the real provisioners' inputs: a change of any of them is another converge. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { installKitchen, kitchenEnvironment } from '../../../../test/support/kitchen.ts';

const script = join(import.meta.dirname, '../../../../kitchen-lxd/test/support/digests.rb');

type Files = Readonly<Record<string, string>>;

const files: Files = {
  'kitchen.yml': `
driver: {name: lxd}
transport: {name: lxd}
platforms: [{name: debian}]
suites:
  - name: shell
    provisioner: {name: shell, script: bootstrap.sh, data_path: data, uploads: {brought: /srv}, arguments: [one]}
    lifecycle: {pre_converge: [{remote: 'true'}], post_verify: [{local: 'true'}]}
  - name: ansible
    provisioner: {name: ansible_playbook, playbook: play.yml, roles_path: roles, group_vars_path: group_vars, hosts: all}
  - name: puppet
    provisioner:
      {name: puppet_apply, manifest: site.pp, manifests_path: manifests, modules_path: site-modules, hiera_data_path: hiera}
  - name: cinc
    provisioner:
      name: cinc_infra
      run_list: ['role[greeter]']
      attributes: {greeting: hi}
      data_path: chef/data
      data_bags_path: chef/data_bags
      environments_path: chef/environments
      nodes_path: chef/nodes
      roles_path: chef/roles
      encrypted_data_bag_secret_key_path: chef/secret
`,
  'bootstrap.sh': '#!/bin/sh\n',
  'data/one': '1',
  'brought/one': '1',
  'play.yml': '- hosts: all\n  roles: [greet]\n',
  'roles/greet/tasks/main.yml': '- debug: {msg: hi}\n',
  'roles/greet/files/greeting': 'hi\n',
  'group_vars/all.yml': 'greeting: hi\n',
  'manifests/site.pp': 'include greet\n',
  'site-modules/greet/manifests/init.pp': 'class greet {}\n',
  'site-modules/greet/files/greeting': 'hi\n',
  'hiera/common.yaml': 'greeting: hi\n',
  'cookbooks/greet/metadata.rb': "name 'greet'\n",
  'cookbooks/greet/recipes/default.rb': "template '/etc/greeting'\n",
  'cookbooks/greet/templates/greeting.erb': 'hi\n',
  'cookbooks/greet/files/brought': 'hi\n',
  'chef/data/one': '1',
  'chef/data_bags/words/hello.json': '{"id": "hello"}',
  'chef/environments/test.json': '{"name": "test"}',
  'chef/nodes/other.json': '{"name": "other"}',
  'chef/roles/greeter.json': '{"name": "greeter", "run_list": ["recipe[greet]"]}',
  'chef/secret': 'secret\n',
  'README.md': 'nothing that counts\n',
};

/** What is changed, and the suites that are then another converge. */
const changes: readonly (readonly [words: string, change: Files, suites: readonly string[]])[] = [
  ['nothing', {}, []],
  ['a file that no provisioner brings', { 'README.md': 'other\n' }, []],
  ['the script', { 'bootstrap.sh': '#!/bin/sh\ntrue\n' }, ['shell']],
  ['data', { 'data/one': '2' }, ['shell']],
  ['one more file of data', { 'data/two': '' }, ['shell']],
  ['an upload', { 'brought/one': '2' }, ['shell']],
  ['a setting of the provisioner', { 'kitchen.yml': config('arguments: [one]', 'arguments: [two]') }, ['shell']],
  ['a hook before the converge', { 'kitchen.yml': config("remote: 'true'", "remote: 'false'") }, ['shell']],
  ['a hook after it', { 'kitchen.yml': config("local: 'true'", "local: 'false'") }, []],
  ['the playbook', { 'play.yml': '- hosts: all\n' }, ['ansible']],
  ["a role's task", { 'roles/greet/tasks/main.yml': '- debug: {msg: ho}\n' }, ['ansible']],
  ["a role's file", { 'roles/greet/files/greeting': 'ho\n' }, ['ansible']],
  ['a new role', { 'roles/other/tasks/main.yml': '- debug: {msg: ho}\n' }, ['ansible']],
  ['variables of a group', { 'group_vars/all.yml': 'greeting: ho\n' }, ['ansible']],
  ['the manifest', { 'manifests/site.pp': '\n' }, ['puppet']],
  ["a module's class", { 'site-modules/greet/manifests/init.pp': 'class greet { }\n' }, ['puppet']],
  ["a module's file", { 'site-modules/greet/files/greeting': 'ho\n' }, ['puppet']],
  ['data of Hiera', { 'hiera/common.yaml': 'greeting: ho\n' }, ['puppet']],
  ['a recipe', { 'cookbooks/greet/recipes/default.rb': '\n' }, ['cinc']],
  ['a template of a cookbook', { 'cookbooks/greet/templates/greeting.erb': 'ho\n' }, ['cinc']],
  ['a file of a cookbook', { 'cookbooks/greet/files/brought': 'ho\n' }, ['cinc']],
  ['a cookbook that no run list names', { 'cookbooks/other/metadata.rb': "name 'other'\n" }, ['cinc']],
  ['what Chef does not read of a cookbook', { 'cookbooks/greet/spec/default_spec.rb': '\n' }, []],
  ['data for Chef', { 'chef/data/one': '2' }, ['cinc']],
  ['a data bag', { 'chef/data_bags/words/hello.json': '{"id": "hello", "text": "ho"}' }, ['cinc']],
  ['an environment', { 'chef/environments/test.json': '{"name": "test", "default_attributes": {}}' }, ['cinc']],
  ['another node', { 'chef/nodes/other.json': '{"name": "other", "run_list": []}' }, ['cinc']],
  ['a role of Chef', { 'chef/roles/greeter.json': '{"name": "greeter", "run_list": []}' }, ['cinc']],
  ['the secret of data bags', { 'chef/secret': 'other\n' }, ['cinc']],
  ['an attribute', { 'kitchen.yml': config('attributes: {greeting: hi}', 'attributes: {greeting: ho}') }, ['cinc']],
];

function config(from: string, to: string): string {
  return (files['kitchen.yml'] ?? '').replace(from, to);
}

describe('the inputs of a converge', () => {
  let folder: string;
  let digests: readonly Readonly<Record<string, string>>[];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'oreno-kitchen-inputs-'));
    const projects: string[] = [];
    for (const [index, [, change]] of changes.entries()) {
      const project = join(folder, String(index));
      projects.push(project);
      for (const [file, content] of Object.entries({ ...files, ...change })) {
        await mkdir(dirname(join(project, file)), { recursive: true });
        await writeFile(join(project, file), content);
      }
    }
    const modes = join(folder, 'modes');
    await promisify(execFile)('cp', ['-a', join(folder, '0'), modes]);
    await chmod(join(modes, 'bootstrap.sh'), 0o755);
    const env = kitchenEnvironment(await installKitchen());
    const { stdout } = await promisify(execFile)('ruby', [script, ...projects, modes], { env });
    digests = JSON.parse(stdout) as typeof digests;
  });
  after(() => rm(folder, { recursive: true, force: true }));

  /** The suites whose digests are not those of the unchanged project. */
  const changed = (index: number): readonly string[] => {
    const [usual = {}] = digests;
    return Object.keys(usual).filter((suite) => digests[index]?.[suite] !== usual[suite]);
  };

  for (const [index, [words, , suites]] of changes.entries()) {
    it(`${words}: ${suites.length === 0 ? 'the same converge' : `another converge of ${suites.join(', ')}`}`, () => {
      assert.deepEqual(changed(index), suites);
    });
  }

  it('the mode of the script: another converge of shell', () => {
    assert.deepEqual(changed(changes.length), ['shell']);
  });
});
