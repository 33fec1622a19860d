/**
 * Carries out lifecycle policies. What to do is decided on a snapshot; each image is looked at again in the
 * transaction that removes or archives it, so that one that was tagged, pulled, moved to the other storage class or
 * named by an index meanwhile stays.
 */
import { deleteImageAndReferrers } from '../content/delete-image.ts';
import { lifecycleImages } from '../content/lifecycle-images.ts';
import { archiveImage } from '../content/storage-class.ts';
import type { EcrParts } from '../context.ts';
import { imageDeleted } from '../domain/events.ts';
import { decideLifecycle } from '../domain/lifecycle/decide-lifecycle.ts';
import type { LifecycleStep } from '../domain/lifecycle/decide-lifecycle.ts';
import { readLifecyclePolicy } from '../domain/lifecycle/policy.ts';
import { lifecycles } from '../lifecycle-records.ts';
import { findRepositoryById, images, tagsOf, uses } from '../records.ts';
import type { LifecycleRecord } from '../lifecycle-records.ts';

type LifecycleParts = Pick<EcrParts, 'store' | 'writeEvents'>;

const actIfUnchanged = (
  { store, writeEvents }: LifecycleParts,
  repositoryId: string,
  { image, action }: LifecycleStep,
  now: number,
): Promise<boolean> =>
  store.update(async (tx) => {
    const { digest, tags } = image;
    const repository = await findRepositoryById(tx, repositoryId);
    if (repository === undefined) return false;
    const current = (await tx.get(images, { repositoryId, digest }))?.record;
    const currentTags = await tagsOf(tx, repositoryId, digest);
    const users = await tx.list(uses, { where: { repositoryId, digest } });
    if (current?.pushedAt !== image.pushedAt || currentTags.join(' ') !== tags.join(' ')) return false;
    if ((current.isArchived === true ? 'archive' : 'standard') !== image.storageClass) return false;
    if (action === 'transition' && current.lastPulledAt !== image.pulledAt) return false;
    if (users.some(({ record }) => record.kind === 'child')) return false;
    if (action === 'transition') {
      await archiveImage(tx, current, { repository, writeEvents, now });
      return true;
    }
    const gone = await deleteImageAndReferrers(tx, repositoryId, digest);
    const events = gone.flatMap((deleted) => imageDeleted(repository, deleted.digest, deleted.tags));
    await writeEvents(tx, events, now);
    return true;
  });

const applyPolicy = async (
  parts: LifecycleParts,
  { repositoryId, text }: LifecycleRecord,
  now: number,
): Promise<number> => {
  const { store } = parts;
  const reading = readLifecyclePolicy(text);
  if (reading.kind === 'invalid') throw new Error(`a stored lifecycle policy is invalid: ${reading.reason}`);
  const snapshot = await store.read((tx) => lifecycleImages(tx, repositoryId));
  let done = 0;
  for (const step of decideLifecycle(reading.policy.rules, snapshot, now)) {
    if (await actIfUnchanged(parts, repositoryId, step, now)) done += 1;
  }
  await store.update(async (tx) => {
    const current = (await tx.get(lifecycles, { repositoryId }))?.record;
    if (current) await tx.put(lifecycles, { ...current, lastEvaluatedAt: now });
  });
  return done;
};

/** Applies every policy at `now` (milliseconds since the epoch); answers how many images went, or went into the archive. */
export const applyLifecycles = async (parts: LifecycleParts, now: number): Promise<number> => {
  const policies = await parts.store.read((tx) => tx.list(lifecycles));
  let removed = 0;
  for (const { record } of policies) removed += await applyPolicy(parts, record, now);
  return removed;
};
