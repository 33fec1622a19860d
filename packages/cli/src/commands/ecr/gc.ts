/** `oreno ecr gc`: removes what no image uses for a day, while pushes go on; the server does so every hour by itself. */
import type { Collected } from '@oreno/server';
import { askRegistry, sizeOf } from './upkeep.ts';

export interface GcOptions {
  readonly dryRun: boolean;
  readonly dataDir?: string;
}

export const gc = async ({ dryRun, dataDir }: GcOptions): Promise<void> => {
  const collected = (await askRegistry(dataDir, 'POST', `/collect?dryRun=${dryRun}`)) as Collected;
  const { layers, blobs, bytes } = collected;
  const [left, freed] = dryRun ? ['would leave', 'would be freed'] : ['left', 'freed'];
  process.stdout.write(`${layers} unused layers ${left} their repositories.\n`);
  process.stdout.write(`${blobs} blobs that no repository names any more: ${sizeOf(bytes)} ${freed}.\n`);
  process.stdout.write('What was pushed or asked for in the last 24 hours stays.\n');
};
