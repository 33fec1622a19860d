/** The README's quick start does what it says, on the real LXD. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { startLxd, type TestLxd } from '../../../../test/support/lxd.ts';

const run = promisify(execFile);

describe('the quick start of the LXD client', () => {
  let world: TestLxd;
  before(async () => {
    world = await startLxd();
  });
  after(() => world.stop());

  it('creates, uploads, runs, describes, stops and deletes', async () => {
    const cwd = join(import.meta.dirname, '../..');
    const readme = await readFile(join(cwd, 'README.md'), 'utf8');
    const [, script = ''] = /```ts\n([\s\S]*?)```/.exec(readme) ?? [];
    const code = script.replace("image: 'debian'", `image: '${world.image}'`);
    const { stdout } = await run(process.execPath, ['--input-type=module-typescript', '--eval', code], {
      cwd,
      env: { ...process.env, LXD_DIR: world.folder, NODE_OPTIONS: '--disable-warning=ExperimentalWarning' },
    });
    assert.equal(stdout, 'hello from web\n\nRunning 1\n');
    assert.deepEqual(await world.lxd.instances.list(), []);
  });
});
