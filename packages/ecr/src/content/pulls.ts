/** Recording that images are pulled. ECR keeps the time of a pull at most about once in 24 hours; so does this. */
import type { Store } from '@oreno/store';
import { images } from '../records.ts';
import type { ImageRecord } from '../records.ts';

const recordEvery = 24 * 60 * 60 * 1000;

/** Notes a pull at `now` (milliseconds since the epoch) unless one was noted in the last day. */
export const recordPull = async (store: Store, image: ImageRecord, now: number): Promise<void> => {
  if (image.lastPulledAt !== undefined && now - image.lastPulledAt < recordEvery) return;
  const { repositoryId, digest } = image;
  await store.update(async (tx) => {
    const current = (await tx.get(images, { repositoryId, digest }))?.record;
    if (current) await tx.put(images, { ...current, lastPulledAt: now });
  });
};
