/** Removes the rows of deleted repositories, a page a transaction, and the note that there were any at last. */
import type { Store, WriteTransaction } from '@oreno/store';
import type { UploadSessions } from '../content/upload-sessions.ts';
import { lifecycles, previews } from '../lifecycle-records.ts';
import { images, layers, manifests, remains, tags, uses } from '../records.ts';
import { replications, upstreamTags } from '../registry-records.ts';
import { scanFindings, scans } from '../scan-records.ts';

const pageSize = 500;

type Page = { readonly where: { readonly repositoryId: string }; readonly limit: number };

/** For each table, how to remove a page of it; how many rows went. */
const removers: readonly ((tx: WriteTransaction, page: Page) => Promise<number>)[] = [
  async (tx, page) => {
    const rows = await tx.list(tags, page);
    for (const { record } of rows) await tx.delete(tags, record);
    return rows.length;
  },
  async (tx, page) => {
    const rows = await tx.list(uses, page);
    for (const { record } of rows) await tx.delete(uses, record);
    return rows.length;
  },
  async (tx, page) => {
    const rows = await tx.list(images, page);
    for (const { record } of rows) {
      await tx.delete(manifests, record);
      await tx.delete(images, record);
    }
    return rows.length;
  },
  async (tx, page) => {
    const rows = await tx.list(scans, page);
    for (const { record } of rows) await tx.delete(scans, record);
    return rows.length;
  },
  async (tx, page) => {
    const rows = await tx.list(scanFindings, page);
    for (const { record } of rows) await tx.delete(scanFindings, record);
    return rows.length;
  },
  async (tx, page) => {
    const rows = await tx.list(replications, page);
    for (const { record } of rows) await tx.delete(replications, record);
    return rows.length;
  },
  async (tx, page) => {
    const rows = await tx.list(upstreamTags, page);
    for (const { record } of rows) await tx.delete(upstreamTags, record);
    return rows.length;
  },
  async (tx, page) => {
    const rows = await tx.list(layers, page);
    for (const { record } of rows) await tx.delete(layers, record);
    return rows.length;
  },
];

/** Reaps every deleted repository; answers how many. */
export const reapDeletedRepositories = async (store: Store, sessions: UploadSessions): Promise<number> => {
  const dead = await store.read((tx) => tx.list(remains));
  for (const { record } of dead) {
    const { repositoryId } = record;
    await sessions.expireOf(repositoryId);
    for (const remove of removers) {
      const page: Page = { where: { repositoryId }, limit: pageSize };
      while ((await store.update((tx) => remove(tx, page))) === pageSize);
    }
    await store.update(async (tx) => {
      await tx.delete(lifecycles, { repositoryId });
      await tx.delete(previews, { repositoryId });
      await tx.delete(remains, { repositoryId });
    });
  }
  return dead.length;
};
