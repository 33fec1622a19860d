/** The warm pool of the driver, with the real Test Kitchen on the real LXD. */
import assert from 'node:assert/strict';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { installKitchen, kitchenProject, type KitchenProject } from '../../../../test/support/kitchen.ts';
import { startLxd, type TestLxd } from '../../../../test/support/lxd.ts';

const config = (image: string, pool: number): string => `
driver: {name: lxd, image: ${image}, pool: ${pool}}
transport: {name: lxd}
provisioner: {name: shell, command: echo hello > /etc/greeting}
verifier: {name: shell, remote_exec: true, command: grep -q hello /etc/greeting}
platforms: [{name: busybox}]
suites: [{name: one}, {name: two}]
`;

const prefix = 'user.kitchen.';

describe('a warm pool of Test Kitchen', () => {
  let world: TestLxd;
  let project: KitchenProject;

  /** What is on the server: name, status, and what it says of itself. */
  const made = async () =>
    (await world.lxd.instances.list()).map(({ name, status, config: keys }) => ({
      name,
      status,
      kind: keys[`${prefix}kind`],
      run: Number(keys[`${prefix}run`]),
      isReady: keys[`${prefix}ready`] === 'true',
    }));
  const waiting = async (): Promise<readonly string[]> =>
    (await made()).filter(({ status, isReady }) => status === 'Frozen' && isReady).map(({ name }) => name);
  /** Until there is something. */
  const until = async <T>(what: string, look: () => Promise<T | undefined>): Promise<T> => {
    for (let tries = 0; ; tries++) {
      const found = await look();
      if (found !== undefined) return found;
      assert.ok(tries < 300, `${what} did not come; there is ${JSON.stringify(await made())}`);
      await sleep(100);
    }
  };
  const untilWaiting = (count: number) =>
    until(`a pool of ${count}`, async () => {
      const names = await waiting();
      return names.length === count ? names : undefined;
    });
  const must = async (...words: readonly string[]): Promise<string> => {
    const { code, output } = await project.kitchen(...words);
    assert.equal(code, 0, output);
    return output;
  };
  const nameOf = async (instance: string): Promise<string | undefined> =>
    /^container_name: (\S+)/m.exec(await readFile(join(project.folder, `.kitchen/${instance}.yml`), 'utf8'))?.[1];

  before(async () => {
    world = await startLxd({ driver: 'btrfs' });
    project = await kitchenProject(world, await installKitchen(), { 'kitchen.yml': config(world.image, 2) });
  });
  after(async () => {
    // When the preparations failed there is none.
    await (project as KitchenProject | undefined)?.remove();
    await world.stop();
  });

  it('fills up behind the first create, and gives each that comes an instance of its own', async () => {
    await must('create', 'one');
    const ahead = await untilWaiting(2);
    await must('destroy', 'one');
    assert.deepEqual(await waiting(), ahead);
    const output = await must('create', '--concurrency', '2');
    const taken = [await nameOf('one-busybox'), await nameOf('two-busybox')];
    assert.deepEqual(new Set(taken), new Set(ahead), output);
    for (const name of taken) assert.match(output, new RegExp(`Took ${name} from the pool`));
    await must('verify', '--concurrency', '2');
    await untilWaiting(2);
    await must('destroy');
    assert.equal((await made()).length, 2);
  });

  it('has no use for those of another configuration, and drops what waited too long', async () => {
    const ahead = await waiting();
    await project.write('kitchen.yml', config(world.image, 2).replace('pool: 2', 'pool: 1, limits: {cpu: 1}'));
    assert.doesNotMatch(await must('create', 'one'), /from the pool/);
    await until('the other member', async () => ((await waiting()).length === 3 ? true : undefined));
    await project.write('kitchen.yml', config(world.image, 2).replace('pool: 2', 'pool: 2, pool_max_age: 0'));
    assert.match(await must('destroy', 'one'), new RegExp(`Removed[^]*${ahead[0]}`));
    assert.deepEqual(await made(), []);
  });

  it('removes what a killed filler left half-made, and fills up again', async () => {
    await project.write('kitchen.yml', config(world.image, 1));
    await must('create', 'one');
    const half = await until('a member', async () =>
      (await made()).find(({ kind, isReady }) => kind === 'pool' && !isReady),
    );
    process.kill(half.run, 'SIGKILL');
    await until('its end', async () =>
      (await made()).some(({ kind, isReady }) => kind === 'pool' && isReady) ? undefined : true,
    );
    await rm(join(project.folder, '.kitchen/one-busybox.yml'));
    assert.match(await must('create', 'two'), new RegExp(`Removed ${half.name}, which a run that was killed`));
    await untilWaiting(1);
    await project.write('kitchen.yml', config(world.image, 0));
    await must('destroy');
    assert.deepEqual(await made(), []);
  });
});
