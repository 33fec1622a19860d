/** What the image says of an instance, and the templates of files that the server writes into it (LXD documentation, "Image format"). */
import { text } from 'node:stream/consumers';
import type { ImageMetadata } from '../api/types.ts';
import { type Client, part } from '../client.ts';
import { updateAt } from '../collection.ts';

export interface Templates {
  list(): Promise<readonly string[]>;
  read(name: string): Promise<string>;
  write(name: string, content: string): Promise<void>;
  delete(name: string): Promise<void>;
}

export interface Metadata {
  get(): Promise<ImageMetadata>;
  /** Reads, changes and writes; again, from what is there then, when somebody else wrote in between. */
  update(change: (before: ImageMetadata) => Partial<ImageMetadata>): Promise<void>;
  readonly templates: Templates;
}

export const metadataOf = (client: Client, instance: string): Metadata => {
  const path = `/instances/${part(instance)}/metadata`;
  const at = (name: string) => ({ path: `${path}/templates`, query: { path: name }, subject: `${instance}:${name}` });
  return {
    get: () => client.read(path, { subject: instance }),
    update: (change) => updateAt(client, { path, subject: instance }, change),
    templates: {
      list: () => client.list(`${path}/templates`, { subject: instance }),
      read: async (name) => text(await client.stream({ method: 'GET', ...at(name) })),
      write: async (name, content) => {
        const headers = { 'content-type': 'application/octet-stream' };
        (await client.bytes({ method: 'POST', ...at(name), headers, body: content })).resume();
      },
      delete: async (name) => void (await client.call({ method: 'DELETE', ...at(name) })),
    },
  };
};
