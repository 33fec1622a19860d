/**
 * Carries out lifecycle policies. What to expire is decided on a snapshot; each image is looked at again in the
 * transaction that removes it, so that one that was tagged or named by an index meanwhile stays.
 */
import type { Store } from '@oreno/store';
import { deleteImageAndReferrers } from '../content/delete-image.ts';
import { lifecycleImages } from '../content/lifecycle-images.ts';
import { decideExpiry } from '../domain/lifecycle/decide-expiry.ts';
import type { LifecycleImage } from '../domain/lifecycle/decide-expiry.ts';
import { readLifecyclePolicy } from '../domain/lifecycle/policy.ts';
import { images, lifecycles, tagsOf, uses } from '../records.ts';
import type { LifecycleRecord } from '../records.ts';

const removeIfUnchanged = (store: Store, repositoryId: string, image: LifecycleImage): Promise<boolean> =>
  store.update(async (tx) => {
    const { digest, pushedAt, tags } = image;
    const current = (await tx.get(images, { repositoryId, digest }))?.record;
    const currentTags = await tagsOf(tx, repositoryId, digest);
    const users = await tx.list(uses, { where: { repositoryId, digest } });
    if (current?.pushedAt !== pushedAt || currentTags.join(' ') !== tags.join(' ')) return false;
    if (users.some(({ record }) => record.kind === 'child')) return false;
    await deleteImageAndReferrers(tx, repositoryId, digest);
    return true;
  });

const applyPolicy = async (store: Store, { repositoryId, text }: LifecycleRecord, now: number): Promise<number> => {
  const reading = readLifecyclePolicy(text);
  if (reading.kind === 'invalid') throw new Error(`a stored lifecycle policy is invalid: ${reading.reason}`);
  const snapshot = await store.read((tx) => lifecycleImages(tx, repositoryId));
  let removed = 0;
  for (const { image } of decideExpiry(reading.policy.rules, snapshot, now)) {
    if (await removeIfUnchanged(store, repositoryId, image)) removed += 1;
  }
  await store.update(async (tx) => {
    const current = (await tx.get(lifecycles, { repositoryId }))?.record;
    if (current) await tx.put(lifecycles, { ...current, lastEvaluatedAt: now });
  });
  return removed;
};

/** Applies every policy at `now` (milliseconds since the epoch); answers how many images went. */
export const reapExpiredImages = async (store: Store, now: number): Promise<number> => {
  const policies = await store.read((tx) => tx.list(lifecycles));
  let removed = 0;
  for (const { record } of policies) removed += await applyPolicy(store, record, now);
  return removed;
};
