/** Backups of one thing: made, listed, read as an archive, deleted. */
import type { Readable } from 'node:stream';
import { type Client, part } from './client.ts';
import { collectionAt, type Collection } from './collection.ts';

export interface Archives<Info, New> extends Omit<Collection<Info, New>, 'update'> {
  /** The archive's bytes. */
  open(name: string): Promise<Readable>;
}

export const archivesAt = <Info, New>(client: Client, path: string, needs: string): Archives<Info, New> => ({
  ...collectionAt<Info, New>(client, path, { needs }),
  open: (name) => client.stream({ method: 'GET', path: `${path}/${part(name)}/export`, subject: name, needs }),
});
