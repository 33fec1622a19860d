/** The images of a repository as lifecycle rules look at them. */
import type { ReadTransaction } from '@oreno/store';
import type { LifecycleImage } from '../domain/lifecycle/decide-lifecycle.ts';
import { images, tagsOf, uses } from '../records.ts';

/** Every image of the repository. */
export const lifecycleImages = async (
  tx: ReadTransaction,
  repositoryId: string,
): Promise<readonly LifecycleImage[]> => {
  const rows = await tx.list(images, { where: { repositoryId } });
  const there = new Set(rows.map(({ record }) => record.digest));
  const found: LifecycleImage[] = [];
  for (const { record } of rows) {
    const { digest, subject } = record;
    const users = await tx.list(uses, { where: { repositoryId, digest } });
    const follows = users.some((use) => use.record.kind === 'child') || (subject !== undefined && there.has(subject));
    found.push({
      digest,
      tags: await tagsOf(tx, repositoryId, digest),
      storageClass: record.isArchived === true ? 'archive' : 'standard',
      pushedAt: record.pushedAt,
      pulledAt: record.lastPulledAt,
      archivedAt: record.archivedAt,
      activatedAt: record.activatedAt,
      follows,
    });
  }
  return found;
};
