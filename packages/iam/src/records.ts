/** What iam stores: for now only the key that seals tokens, shared by all servers of an installation. */
import { randomBytes } from 'node:crypto';
import { defineTable } from '@oreno/store';
import type { Store } from '@oreno/store';

interface ServerKeyRecord {
  readonly name: string;
  /** Base64. */
  readonly key: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
}

const serverKeys = defineTable<ServerKeyRecord>()('iam_server_keys', ['name']);

/** The sealing key of 32 bytes; made by the first server that asks. */
export const obtainSealingKey = async (store: Store, now: () => number): Promise<Buffer> => {
  const record = await store.update(async (transaction) => {
    const fresh: ServerKeyRecord = { name: 'sealing', key: randomBytes(32).toString('base64'), createdAt: now() };
    const found = await transaction.get(serverKeys, { name: fresh.name });
    if (found !== undefined) return found.record;
    await transaction.insert(serverKeys, fresh);
    return fresh;
  });
  return Buffer.from(record.key, 'base64');
};
