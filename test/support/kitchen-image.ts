/** The image of the Test Kitchen tests: Debian with what the provisioners and verifiers work with, so that none fetches it. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { TestLxd } from './lxd.ts';

const script = join(import.meta.dirname, '../../kitchen-lxd/test/image');

/** Alias of the image that {@link importKitchenImage} imports. */
export const kitchenImage = 'oreno-test-kitchen';

/** Imports the image where it is not there; the first one who needs it builds it, which takes about a minute. */
export const importKitchenImage = async ({ lxd }: TestLxd): Promise<void> => {
  if ((await lxd.images.byAlias(kitchenImage)) !== undefined) return;
  const folder = (await promisify(execFile)(script, { maxBuffer: 1 << 24 })).stdout.trim();
  const files = { metadata: join(folder, 'metadata.tar'), rootfs: join(folder, 'rootfs.tar') };
  await lxd.images.import(files, { alias: kitchenImage });
};
