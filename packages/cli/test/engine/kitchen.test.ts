/** The gem kitchen-lxd with the real Test Kitchen and Ansible on the real LXD. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { importKitchenImage, kitchenImage } from '../../../../test/support/kitchen-image.ts';
import { installKitchen, kitchenProject, type KitchenProject } from '../../../../test/support/kitchen.ts';
import { startLxd, type TestLxd } from '../../../../test/support/lxd.ts';

const config = (busybox: string): string => `
driver: {name: lxd}
transport: {name: lxd}
platforms:
  - name: debian
    driver: {image: ${kitchenImage}, limits: {memory: 512MiB}}
  - name: busybox
    driver: {container_image: ${busybox}, limits_cpu: 1}
suites:
  - name: shell
    provisioner: {name: shell, script: bootstrap.sh}
    verifier: {name: shell, remote_exec: true, command: grep -q hello /etc/greeting}
  - name: ansible
    excludes: [busybox]
    provisioner:
      name: ansible_playbook
      playbook: play.yml
      roles_path: roles
      hosts: all
      require_ansible_repo: false
      require_chef_for_busser: false
    verifier: {name: shell, remote_exec: true, command: grep -q ansible /etc/greeting}
  - name: broken
    excludes: [debian]
    provisioner: {name: shell, command: 'echo before the fall; exit 4'}
  - name: slow
    excludes: [debian]
    driver: {username: nobody}
    provisioner: {name: shell, command: sleep 600, sudo: false}
  - name: kept
    excludes: [debian]
    driver: {snapshot: true}
    provisioner: {name: shell, script: bootstrap.sh}
    verifier: {name: shell, remote_exec: true, command: grep -q hello /etc/greeting}
`;

const files = {
  'bootstrap.sh': '#!/bin/sh\necho hello > /etc/greeting\necho converged as $(id -un)\n',
  'play.yml': '- hosts: all\n  roles: [greet]\n',
  'roles/greet/tasks/main.yml': '- name: greet\n  copy: {content: by ansible, dest: /etc/greeting}\n',
};

describe('Test Kitchen', () => {
  let world: TestLxd;
  let project: KitchenProject;
  const made = async (): Promise<readonly string[]> =>
    (await world.lxd.instances.list()).map(({ name }) => name).filter((name) => name.startsWith('kitchen-'));
  const must = async (...words: readonly string[]): Promise<string> => {
    const { code, output } = await project.kitchen(...words);
    assert.equal(code, 0, output);
    return output;
  };

  before(async () => {
    world = await startLxd();
    const [gems] = await Promise.all([installKitchen(), importKitchenImage(world)]);
    project = await kitchenProject(world, gems, { 'kitchen.yml': config(world.image), ...files });
  });
  after(async () => {
    // When the preparations failed there is none.
    await (project as KitchenProject | undefined)?.remove();
    await world.stop();
  });

  it('creates, converges, verifies and destroys with shell and Ansible, two platforms at once', async () => {
    const output = await must('test', '(shell|ansible)', '--concurrency', '2');
    assert.match(output, /converged as root/);
    assert.match(output, /localhost +: ok=2 +changed=1/);
    assert.equal(output.match(/Finished testing/g)?.length, 3);
    assert.deepEqual(await made(), []);
  });

  it('creates once, shows its state, runs commands, and diagnoses', async () => {
    await must('create', 'shell-busybox');
    const [name] = await made();
    await must('create', 'shell-busybox');
    assert.deepEqual(await made(), [name]);
    const [row] = JSON.parse(await must('list', 'shell-busybox', '--live', '--json')) as { status: object }[];
    const { live, state, resource_id } = (row?.status ?? {}) as Record<string, unknown>;
    assert.deepEqual({ live, state, resource_id }, { live: true, state: 'running', resource_id: name });
    assert.match(await must('exec', 'shell-busybox', '--command', 'echo in $(hostname); echo err >&2'), /err/);
    assert.match(await must('diagnose', 'shell-busybox'), new RegExp(`container_name: ${name}`));
    assert.match(await must('doctor', 'shell-busybox'), /storage pool default/);
    assert.match(await must('package', 'shell-busybox'), /Made the image kitchen-shell-busybox/);
    assert.ok(await world.lxd.images.byAlias('kitchen-shell-busybox'));
    await must('destroy', 'shell-busybox');
    assert.deepEqual(await made(), []);
  });

  it('goes on with an instance that was stopped meanwhile, and tells of one that is gone', async () => {
    await must('converge', 'shell-busybox');
    const [name = ''] = await made();
    await world.lxd.instance(name).stop({ force: true });
    assert.match(
      await must('converge', 'shell-busybox'),
      /Started kitchen-\S+, which was stopped[^]*converged as root/,
    );
    await world.lxd.instance(name).stop({ force: true });
    await world.lxd.instance(name).delete();
    const { output } = await project.kitchen('exec', 'shell-busybox', '--command', 'true');
    assert.match(output, /There is no instance \S+ at \S+ any more\. kitchen destroy forgets it/);
    await must('destroy', 'shell-busybox');
  });

  it('only stops what is never to be destroyed, until it is', async () => {
    await project.write('.kitchen.local.yml', 'driver: {never_destroy: true}\n');
    await must('create', '(shell|broken)-busybox');
    const names = await made();
    await must('destroy', '(shell|broken)-busybox');
    const kept = await world.lxd.instances.list();
    assert.deepEqual(
      kept.filter(({ status }) => status === 'Stopped').map(({ name }) => name),
      names,
    );
    assert.match(await must('create', 'shell-busybox'), /Started kitchen-shell-busybox-\S+, which was stopped/);
    await project.write('.kitchen.local.yml', '');
    await must('destroy', '(shell|broken)-busybox');
    assert.deepEqual(await made(), []);
  });

  it('tells a converge that fails, with its output and exit code, and leaves the instance to look at', async () => {
    const { code, output } = await project.kitchen('converge', 'broken');
    assert.notEqual(code, 0);
    assert.match(output, /before the fall/);
    const log = await readFile(join(project.folder, '.kitchen/logs/broken-busybox.log'), 'utf8');
    assert.match(log, /SSH exited \(4\) for command/);
    assert.equal((await made()).length, 1);
    await must('destroy', 'broken');
    assert.deepEqual(await made(), []);
  });

  it('finds and removes what a killed run left, also without its state file', async () => {
    const child = project.start('converge', 'slow-busybox');
    const ended = once(child, 'exit');
    const runs = async (): Promise<boolean> => {
      const [name] = await made();
      if (name === undefined) return false;
      const { stdout } = await world.lxd
        .instance(name)
        .run(['ps'], { anyExitCode: true })
        .catch(() => ({ stdout: '' }));
      return stdout.includes('sleep 600');
    };
    for (let tries = 0; !(await runs()); tries++) {
      assert.ok(tries < 200, 'the converge did not begin');
      await sleep(100);
    }
    child.kill('SIGKILL');
    await ended;
    // The command ends with the run that asked for it.
    for (let tries = 0; await runs(); tries++) {
      assert.ok(tries < 100, 'the command outlived its run');
      await sleep(100);
    }
    const [left = ''] = await made();
    await rm(join(project.folder, '.kitchen/slow-busybox.yml'));
    assert.match(await must('create', 'slow-busybox'), new RegExp(`Removed ${left}, which a run that was killed`));
    assert.deepEqual(await made(), [left]);
    await rm(join(project.folder, '.kitchen/slow-busybox.yml'));
    assert.match(
      await must('create', 'shell-busybox'),
      /Removed kitchen-slow-busybox-\w+, which a run that was killed/,
    );
    assert.equal((await made()).length, 1);
    await must('destroy');
    assert.deepEqual(await made(), []);
  });

  it('restores a converged instance while its inputs are the same', async () => {
    assert.match(await must('test', 'kept'), /Kept this converge/);
    const again = await must('test', 'kept');
    assert.match(again, /Restored from the snapshot/);
    assert.doesNotMatch(again, /converged as/);
    await project.write('bootstrap.sh', `${files['bootstrap.sh']}echo changed\n`);
    assert.match(await must('test', 'kept'), /changed[^]*Kept this converge/);
    assert.deepEqual(
      (await made()).map((name) => name.slice(0, 13)),
      ['kitchen-stage'],
    );
  });

  it('names what is wrong: no image, a name in use, a configuration that cannot be', async () => {
    const wrong = async (driver: string): Promise<string> => {
      await project.write(
        'kitchen.yml',
        config(world.image).replace('driver: {name: lxd}', `driver: {name: lxd, ${driver}}`),
      );
      const { code, output } = await project.kitchen('create', 'shell-busybox');
      assert.notEqual(code, 0, output);
      return output;
    };
    // The kept converge of before.
    const kept = await made();
    await project.write('.kitchen.local.yml', '');
    assert.match(await wrong('limits: {cpus: 1}'), /limits has no key cpus/);
    assert.match(await wrong('remote: nowhere'), /no remote of this name/);
    assert.match(await wrong('architecture: vax'), /The image \S+ is for \w+, not vax\. Leave architecture out/);
    assert.match(await wrong('username: joe'), /The user joe cannot be made in \S+: .*The image needs useradd/);
    assert.deepEqual(await made(), kept);
    await project.write('id.pub', 'ssh-ed25519 AAAA joe\n');
    await project.write('.kitchen.local.yml', 'transport: {name: ssh}\n');
    assert.match(
      await wrong('timeout: 1, public_key_path: id.pub'),
      /kitchen-shell-busybox-\w+ has no address within 1 s [^]*The transport ssh needs one/,
    );
    assert.deepEqual(await made(), kept);
    await project.write('.kitchen.local.yml', '');
    await world.lxd.instances.create({ name: 'taken', source: { image: world.image } });
    assert.match(
      await wrong('instance_name: taken'),
      /There is an instance taken already, and Test Kitchen did not make it/,
    );
    await project.kitchen('destroy', 'shell-busybox');
    assert.equal((await world.lxd.instance('taken').get()).status, 'Stopped');
    await world.lxd.instance('taken').delete();
  });
});
