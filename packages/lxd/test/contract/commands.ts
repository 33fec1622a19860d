/** Commands in instances. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { ContractWorld } from './world.ts';

export const commands = (world: () => ContractWorld): void => {
  it('runs commands with streams, input, exit code and signals', async () => {
    const { web } = world();
    const script = 'echo "out $WORD"; echo err >&2; cat; exit 3';
    const options = { input: 'in\n', environment: { WORD: 'w' }, anyExitCode: true };
    assert.deepEqual(await web.run(['sh', '-c', script], options), {
      exitCode: 3,
      stdout: 'out w\nin\n',
      stderr: 'err\n',
    });
    await assert.rejects(web.run(['sh', '-c', 'echo why >&2; exit 4']), { code: 4, message: /exit code 4: why/ });
    assert.equal((await web.run(['nonesuch'], { anyExitCode: true })).exitCode, 127);
    const large = Buffer.alloc(1_000_000, 'abcdefghij');
    assert.equal((await web.run(['cat'], { input: large })).stdout, large.toString());
    const quick = await Promise.all(Array.from({ length: 20 }, (_, n) => web.run(['echo', String(n)])));
    assert.deepEqual(
      quick.map(({ stdout }) => stdout),
      Array.from({ length: 20 }, (_, n) => `${n}\n`),
    );
    const session = await web.exec(['sh', '-c', "trap 'exit 5' TERM; echo ready; while :; do sleep 0.05; done"]);
    await new Promise((resolve) => session.stdout.once('data', resolve));
    session.kill(15);
    assert.equal(await session.exitCode, 5);
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 100);
    await assert.rejects(web.run(['sleep', '60'], { signal: controller.signal }), { name: 'AbortError' });
  });

  it('keeps the output of commands that nobody is connected to', async () => {
    const { web } = world();
    const result = await web.record(['sh', '-c', 'echo out; echo err >&2; exit 2']);
    assert.deepEqual(result, { exitCode: 2, stdout: 'out\n', stderr: 'err\n' });
    assert.deepEqual(
      (await web.logs.list()).filter((name) => name.startsWith('exec_')),
      [],
    );
  });
};
