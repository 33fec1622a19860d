/** Storage pools (LXD documentation, "Storage pools"). */
import type { ResourcesStoragePool, StoragePool, StoragePoolsPost } from '../api/types.ts';
import { type Client, part } from '../client.ts';
import { collectionAt, type Collection } from '../collection.ts';
import { bucketsOf, type Buckets } from './buckets.ts';
import { volumesOf, type Volumes } from './volumes.ts';

export interface StoragePools extends Omit<Collection<StoragePool, StoragePoolsPost>, 'rename'> {
  /** Bytes and files, used and in all. */
  resources(pool: string): Promise<ResourcesStoragePool>;
  /** Volumes that are made by hand. */
  volumes(pool: string): Volumes;
  /** Object storage, where the server has it (extension storage_buckets). */
  buckets(pool: string): Buckets;
}

export const storagePoolsOf = (client: Client): StoragePools => ({
  ...collectionAt<StoragePool, StoragePoolsPost>(client, '/storage-pools'),
  resources: (pool) => client.read(`/storage-pools/${part(pool)}/resources`, { subject: pool }),
  volumes: (pool) => volumesOf(client, pool),
  buckets: (pool) => bucketsOf(client, pool),
});
