/** `oreno ecr verify`: hashes every layer and manifest again and tells what is damaged; exit code 1 when anything is. */
import type { Verified } from '@oreno/server';
import { CommandFailure } from '../../failure.ts';
import { askRegistry, sizeOf } from './upkeep.ts';

export interface VerifyOptions {
  readonly dropDamaged: boolean;
  readonly dataDir?: string;
}

const parts = ['manifests', ...Array.from({ length: 256 }, (_, n) => n.toString(16).padStart(2, '0'))];

export const verify = async ({ dropDamaged, dataDir }: VerifyOptions): Promise<void> => {
  const sum = { checked: 0, bytes: 0, damaged: 0 };
  for (const [index, part] of parts.entries()) {
    const method = dropDamaged ? 'POST' : 'GET';
    const { checked, bytes, damages } = (await askRegistry(dataDir, method, `/verify?part=${part}`)) as Verified;
    sum.checked += checked;
    sum.bytes += bytes;
    sum.damaged += damages.length;
    for (const { kind, problem, digest, repositories } of damages) {
      const where = repositories.length === 0 ? 'no repository' : repositories.join(', ');
      process.stdout.write(`${kind} ${digest} ${problem === 'missing' ? 'is missing' : 'is damaged'}, in ${where}\n`);
    }
    if (process.stderr.isTTY) {
      process.stderr.write(`\r${Math.floor(((index + 1) / parts.length) * 100)} % ${sizeOf(sum.bytes)} `);
    }
  }
  if (process.stderr.isTTY) process.stderr.write('\r');
  process.stdout.write(`${sum.checked} layers and manifests hashed again, ${sizeOf(sum.bytes)}: `);
  process.stdout.write(sum.damaged === 0 ? 'all are what their digests say.\n' : `${sum.damaged} damaged.\n`);
  if (sum.damaged === 0) return;
  throw new CommandFailure(
    dropDamaged
      ? 'the damaged layers were given up: push the images that use them again.'
      : 'restore the data folder, or verify with --drop-damaged and push the images that use them again.',
  );
};
