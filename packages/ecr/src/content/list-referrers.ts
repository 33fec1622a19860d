/** The images that refer to a subject, in the order of their digests. */
import type { ReadTransaction } from '@oreno/store';
import { images } from '../records.ts';
import type { ImageRecord } from '../records.ts';

export interface ReferrersQuery {
  readonly repositoryId: string;
  readonly subject: string;
  readonly isShown: (image: ImageRecord) => boolean;
  /** Only these; all when empty. */
  readonly artifactTypes: readonly string[];
  readonly limit: number;
  /** The digest of the last one of the page before. */
  readonly last: string | undefined;
}

/** A page's annotations may be large: it ends early beyond this many characters of them. */
const heaviestPage = 2 * 1024 * 1024;

/** A page of referrers, and the digest to go on from when there are more. */
export const listReferrers = async (
  tx: ReadTransaction,
  { repositoryId, subject, isShown, artifactTypes, limit, last }: ReferrersQuery,
): Promise<{ readonly page: readonly ImageRecord[]; readonly next: string | undefined }> => {
  const page: ImageRecord[] = [];
  if (limit === 0) return { page, next: undefined };
  let weight = 0;
  let after = last === undefined ? undefined : { repositoryId, subject, digest: last };
  for (;;) {
    const rows = await tx.list(images, { index: 'bySubject', where: { repositoryId, subject }, after, limit: 100 });
    for (const { record } of rows) {
      const { digest } = record;
      after = { repositoryId, subject, digest };
      if (!isShown(record)) continue;
      if (artifactTypes.length > 0 && !artifactTypes.includes(record.artifactType ?? '')) continue;
      if (page.length === limit || weight > heaviestPage) return { page, next: page.at(-1)?.digest };
      page.push(record);
      weight += 300 + JSON.stringify(record.annotations ?? {}).length;
    }
    if (rows.length < 100) return { page, next: undefined };
  }
};
