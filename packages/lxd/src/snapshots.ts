/** Snapshots and backups of instances (LXD documentation, "How to back up instances"). */
import type { Readable } from 'node:stream';
import type { InstanceBackup, InstanceSnapshot } from './api/types.ts';
import { type Client, part } from './client.ts';
import { collectionAt, updateAt } from './collection.ts';
import { Operation, type OperationOptions } from './operation.ts';

export type Snapshot = InstanceSnapshot;

export interface Snapshots {
  list(): Promise<readonly Snapshot[]>;
  get(name: string): Promise<Snapshot>;
  create(
    name: string,
    options?: OperationOptions & { readonly expiresAt?: Date; readonly stateful?: boolean },
  ): Operation;
  /** Puts the instance back to what it was; a running one is stopped and started by the server. */
  restore(name: string, options?: OperationOptions): Operation;
  rename(name: string, to: string): Promise<void>;
  /** When the server deletes it by itself; undefined for never. */
  setExpiry(name: string, at: Date | undefined): Promise<void>;
  delete(name: string, options?: OperationOptions): Operation;
}

const never = '0001-01-01T00:00:00Z';

/** Some servers name a snapshot, or a backup, `instance/snapshot`. */
const shortName = <T extends { readonly name: string }>(info: T): T => ({
  ...info,
  name: info.name.split('/').at(-1) ?? '',
});

export const snapshotsOf = (client: Client, instance: string): Snapshots => {
  const path = `/instances/${part(instance)}`;
  const all = collectionAt<Snapshot>(client, `${path}/snapshots`);
  return {
    list: async () => (await all.list()).map(shortName),
    get: async (name) => shortName(await all.get(name)),
    create: (name, { expiresAt, stateful = false, signal } = {}) => {
      const json = { name, stateful, ...(expiresAt && { expires_at: expiresAt.toISOString() }) };
      return new Operation(client, { method: 'POST', path: `${path}/snapshots`, json, subject: instance }, { signal });
    },
    restore: (name, options) =>
      new Operation(client, { method: 'PUT', path, json: { restore: name }, subject: instance }, options),
    rename: (name, to) => all.rename(name, to),
    setExpiry: (name, at) =>
      updateAt(client, { path: `${path}/snapshots/${part(name)}`, subject: name }, () => ({
        expires_at: at?.toISOString() ?? never,
      })),
    delete: (name, options) => all.delete(name, options),
  };
};

export type Backup = InstanceBackup;

export interface BackupOptions extends OperationOptions {
  /** Without its snapshots. */
  readonly instanceOnly?: boolean | undefined;
  /** In the storage driver's own format: smaller, and only for pools of that driver. */
  readonly optimized?: boolean | undefined;
  /** `gzip`, `zstd`, `none` … */
  readonly compression?: string | undefined;
  readonly expiresAt?: Date | undefined;
}

export interface Backups {
  list(): Promise<readonly Backup[]>;
  get(name: string): Promise<Backup>;
  create(name: string, options?: BackupOptions): Operation;
  /** The archive's bytes. */
  open(name: string): Promise<Readable>;
  rename(name: string, to: string): Promise<void>;
  delete(name: string, options?: OperationOptions): Operation;
}

export const backupsOf = (client: Client, instance: string): Backups => {
  const path = `/instances/${part(instance)}/backups`;
  const all = collectionAt<Backup>(client, path);
  return {
    list: async () => (await all.list()).map(shortName),
    get: async (name) => shortName(await all.get(name)),
    create: (name, { instanceOnly = false, optimized = false, compression, expiresAt, signal } = {}) => {
      const json = {
        name,
        instance_only: instanceOnly,
        optimized_storage: optimized,
        ...(compression && { compression_algorithm: compression }),
        ...(expiresAt && { expires_at: expiresAt.toISOString() }),
      };
      return new Operation(client, { method: 'POST', path, json, subject: instance }, { signal });
    },
    open: (name) => client.stream({ method: 'GET', path: `${path}/${part(name)}/export`, subject: name }),
    rename: (name, to) => all.rename(name, to),
    delete: (name, options) => all.delete(name, options),
  };
};
