/** The way of InSpec into an instance, with the real Train: what it asks for is run as the verifier's sudo says. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { installKitchen, kitchenEnvironment } from '../../../../test/support/kitchen.ts';

const script = join(import.meta.dirname, '../../../../kitchen-lxd/test/support/train.rb');

const train = async (...words: readonly string[]): Promise<unknown> => {
  const env = kitchenEnvironment(await installKitchen());
  const { stdout } = await promisify(execFile)('ruby', [script, ...words], { env });
  return JSON.parse(stdout);
};

describe('the Train transport of the gem', () => {
  it('keeps streams apart, tells the exit code and reads files', async () => {
    assert.deepEqual(await train('echo out; echo err >&2; exit 3'), {
      uri: 'lxd://here',
      unix: true,
      stdout: 'out\n',
      stderr: 'err\n',
      code: 3,
      reads: true,
    });
  });

  it("puts the verifier's sudo before commands", async () => {
    const { stdout } = (await train('printenv ASKED', 'env ASKED=yes')) as { stdout: string };
    assert.equal(stdout, 'yes\n');
  });
});
