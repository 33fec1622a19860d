/** Recording that images are pulled. ECR keeps the time of a pull at most about once in 24 hours; so does this. */
import type { Principal } from '@oreno/aws-wire';
import type { Store } from '@oreno/store';
import type { Caller } from '../caller.ts';
import { images } from '../records.ts';
import { pullExclusions } from '../registry-records.ts';
import type { ImageRecord } from '../records.ts';

const recordEvery = 24 * 60 * 60 * 1000;

/** The ARNs that an exclusion can name a caller by: its own, and that of the role behind a session. */
const arnsOf = ({ arn, account }: Principal): readonly string[] => {
  const role = /:assumed-role\/([^/]+)\//.exec(arn)?.[1];
  return role === undefined ? [arn] : [arn, `arn:aws:iam::${account}:role/${role}`];
};

/**
 * Notes a pull at `now` (milliseconds since the epoch) unless one was noted in the last day, or pulls of the caller do
 * not count (Amazon ECR API reference, "RegisterPullTimeUpdateExclusion").
 */
export const recordPull = async (store: Store, image: ImageRecord, caller: Caller, now: number): Promise<void> => {
  if (image.lastPulledAt !== undefined && now - image.lastPulledAt < recordEvery) return;
  const { repositoryId, digest } = image;
  const { account, region, principal } = caller;
  await store.update(async (tx) => {
    for (const principalArn of arnsOf(principal)) {
      if (await tx.get(pullExclusions, { account, region, principalArn })) return;
    }
    const current = (await tx.get(images, { repositoryId, digest }))?.record;
    if (current) await tx.put(images, { ...current, lastPulledAt: now });
  });
};
