/** Buckets of a pool, the keys to them, and their backups (LXD documentation, "How to manage storage buckets and keys"). */
import type {
  StorageBucket,
  StorageBucketBackup,
  StorageBucketBackupsPost,
  StorageBucketKey,
  StorageBucketKeysPost,
  StorageBucketsPost,
} from '../api/types.ts';
import { archivesAt, type Archives } from '../archives.ts';
import { type Client, part } from '../client.ts';
import { collectionAt, type Collection } from '../collection.ts';

export interface Buckets extends Omit<Collection<StorageBucket, StorageBucketsPost>, 'rename'> {
  /** A key's `access-key` and `secret-key` are made by the server where none are given. */
  keys(bucket: string): Omit<Collection<StorageBucketKey, StorageBucketKeysPost>, 'rename'>;
  backups(bucket: string): Archives<StorageBucketBackup, StorageBucketBackupsPost>;
}

export const bucketsOf = (client: Client, pool: string): Buckets => {
  const path = `/storage-pools/${part(pool)}/buckets`;
  const needs = 'storage_buckets';
  return {
    ...collectionAt<StorageBucket, StorageBucketsPost>(client, path, { needs }),
    keys: (bucket) => collectionAt(client, `${path}/${part(bucket)}/keys`, { needs }),
    backups: (bucket) => archivesAt(client, `${path}/${part(bucket)}/backups`, 'storage_bucket_backup'),
  };
};
