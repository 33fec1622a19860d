/** Ends uploads that nobody finished: their bytes and what is known of them. */
import type { Blobs } from '@oreno/blobs';
import type { Store } from '@oreno/store';
import type { UploadSessions } from '../content/upload-sessions.ts';
import { uploads } from '../records.ts';

/** An upload may take this long from its first request, and this long between two, in milliseconds. */
const uploadLifetime = 24 * 60 * 60 * 1000;

const pageSize = 200;

/** Expires what was last touched more than a day before `now`; answers how many uploads ended. */
export const reapUnfinishedUploads = async (
  { store, blobs, sessions }: { readonly store: Store; readonly blobs: Blobs; readonly sessions: UploadSessions },
  now: number,
): Promise<number> => {
  const before = now - uploadLifetime;
  await blobs.expireUploads(before);
  let ended = 0;
  let after: { readonly startedAt: number; readonly uploadId: string } | undefined;
  for (;;) {
    const query = { index: 'byStart', below: before, after, limit: pageSize };
    const page = await store.read((tx) => tx.list(uploads, query));
    for (const { record } of page) {
      // One that is still being written to has kept its bytes: it lives on.
      if (await blobs.openUpload(record.uploadId)) continue;
      await sessions.expire(record.uploadId);
      ended += 1;
    }
    const last = page.at(-1)?.record;
    if (!last || page.length < pageSize) return ended;
    after = last;
  }
};
