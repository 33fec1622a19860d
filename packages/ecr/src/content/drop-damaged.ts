/**
 * Gives up a layer whose bytes are damaged or gone: no repository has it any more, so that the next push of an image
 * that uses it brings it again instead of finding it there. The images keep their manifests, and are whole after that.
 */
import type { Blobs } from '@oreno/blobs';
import type { Store } from '@oreno/store';
import { blobNameOf, layers } from '../records.ts';
import { createHashes, updateHashes } from './hashes.ts';
import type { KeyedLock } from './keyed-lock.ts';

interface Parts {
  readonly store: Store;
  readonly blobs: Blobs;
  readonly contentLock: KeyedLock;
}

const isWhole = async (blobs: Blobs, content: string): Promise<boolean> => {
  const reader = await blobs.get(blobNameOf(content));
  if (!reader) return false;
  const hashes = createHashes('sha256');
  await reader.send(async (block) => updateHashes(hashes, block));
  return hashes.sha256.digest('hex') === content;
};

/** Gives up the bytes of that SHA-256, unless a push has brought them meanwhile. */
export const dropDamaged = ({ store, blobs, contentLock }: Parts, content: string): Promise<void> =>
  contentLock(blobNameOf(content), async () => {
    if (await isWhole(blobs, content)) return;
    await store.update(async (tx) => {
      for (const { record } of await tx.list(layers, { index: 'byContent', where: { content } })) {
        await tx.delete(layers, record);
      }
    });
    await blobs.delete(blobNameOf(content));
  });
