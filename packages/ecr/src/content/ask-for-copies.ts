/** The copies that a registry's rules want of an image are asked for in the transaction that stores it. */
import type { WriteTransaction } from '@oreno/store';
import { destinationsOf } from '../domain/replication.ts';
import { findRegistry, replications } from '../registry-records.ts';
import type { RepositoryRecord } from '../records.ts';

/** Asks for the copies that the registry's rules want of an image; whether there are any. */
export const askForCopies = async (
  tx: WriteTransaction,
  { account, region, repositoryId, repositoryName }: RepositoryRecord,
  digest: string,
  now: number,
): Promise<boolean> => {
  const { replication } = await findRegistry(tx, { account, region });
  const destinations = destinationsOf(repositoryName, replication);
  for (const destination of destinations) {
    await tx.put(replications, {
      repositoryId,
      digest,
      toRegion: destination.region,
      toAccount: destination.account,
      account,
      region,
      repositoryName,
      status: 'IN_PROGRESS',
      askedAt: now,
    });
  }
  return destinations.length > 0;
};
