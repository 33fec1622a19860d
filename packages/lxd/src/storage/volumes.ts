/**
 * Custom volumes: made, copied, moved, imported, with snapshots and backups (LXD documentation, "How to manage storage
 * volumes", "How to move or copy storage volumes").
 */
import { createReadStream, statSync } from 'node:fs';
import type {
  StorageVolume,
  StorageVolumeBackup,
  StorageVolumeBackupsPost,
  StorageVolumeSnapshot,
  StorageVolumeSnapshotsPost,
  StorageVolumesPost,
  StorageVolumeState,
} from '../api/types.ts';
import { archivesAt, type Archives } from '../archives.ts';
import { type Client, part } from '../client.ts';
import { collectionAt, updateAt, type Collection } from '../collection.ts';
import { headersOf } from '../headers.ts';
import { Operation, type OperationOptions } from '../operation.ts';

export interface VolumeSnapshots extends Collection<StorageVolumeSnapshot, StorageVolumeSnapshotsPost> {
  /** Puts the volume back to what it was. It must not be in use. */
  restore(name: string): Promise<void>;
}

export interface VolumeOrigin extends OperationOptions {
  /** The pool of what is copied; the same one when absent. */
  readonly pool?: string | undefined;
  readonly project?: string | undefined;
  /** Without its snapshots. */
  readonly volumeOnly?: boolean | undefined;
}

export interface Volumes extends Collection<StorageVolume, StorageVolumesPost> {
  /** Volumes of all kinds, those of instances and images too. */
  all(): Promise<readonly StorageVolume[]>;
  /** Bytes used and in all, where the driver knows (extension storage_volume_state). */
  state(volume: string): Promise<StorageVolumeState>;
  snapshots(volume: string): VolumeSnapshots;
  backups(volume: string): Archives<StorageVolumeBackup, StorageVolumeBackupsPost>;
  /** Makes a volume of another one, or of `volume/snapshot`. */
  copy(from: string, name: string, options?: VolumeOrigin): Operation;
  /** Moves a volume to another pool, under the same name unless another is given. */
  move(volume: string, pool: string, options?: OperationOptions & { readonly name?: string }): Operation;
  /** Makes a volume from the file of a backup, or of an ISO image (extension custom_volume_iso). */
  import(file: string, name: string, options?: OperationOptions & { readonly type?: 'backup' | 'iso' }): Operation;
}

export const volumesOf = (client: Client, pool: string): Volumes => {
  const base = `/storage-pools/${part(pool)}/volumes`;
  const path = `${base}/custom`;
  return {
    ...collectionAt<StorageVolume, StorageVolumesPost>(client, path),
    all: () => client.list(base, { query: { recursion: 1 }, subject: pool }),
    state: (volume) => client.read(`${path}/${part(volume)}/state`, { subject: volume, needs: 'storage_volume_state' }),
    snapshots: (volume) => ({
      ...collectionAt<StorageVolumeSnapshot, StorageVolumeSnapshotsPost>(client, `${path}/${part(volume)}/snapshots`),
      restore: (restore) => updateAt(client, { path: `${path}/${part(volume)}`, subject: volume }, () => ({ restore })),
    }),
    backups: (volume) => archivesAt(client, `${path}/${part(volume)}/backups`, 'custom_volume_backup'),
    copy: (from, name, { pool: origin = pool, project, volumeOnly = false, signal } = {}) => {
      const source = { type: 'copy', name: from, pool: origin, volume_only: volumeOnly, ...(project && { project }) };
      const json = { name, type: 'custom', source };
      return new Operation(client, { method: 'POST', path, json, subject: name }, { signal });
    },
    move: (volume, to, { name = volume, signal } = {}) => {
      const json = { name, pool: to };
      return new Operation(
        client,
        { method: 'POST', path: `${path}/${part(volume)}`, json, subject: volume },
        { signal },
      );
    },
    import: (file, name, { type = 'backup', signal } = {}) => {
      const headers = {
        'content-type': 'application/octet-stream',
        'content-length': statSync(file).size,
        ...headersOf({ name, type }),
      };
      const needs = type === 'iso' ? 'custom_volume_iso' : 'custom_volume_backup';
      const call = { method: 'POST', path, headers, body: createReadStream(file), subject: name, needs } as const;
      return new Operation(client, call, { signal });
    },
  };
};
