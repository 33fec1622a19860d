/** Log files of an instance, those of recorded commands among them. */
import { text } from 'node:stream/consumers';
import { type Client, part } from '../client.ts';

export interface Logs {
  /** Their names. */
  list(): Promise<readonly string[]>;
  read(name: string): Promise<string>;
  delete(name: string): Promise<void>;
}

const lastPart = (path: string): string => path.split('/').at(-1) ?? '';

export const logsOf = (client: Client, instance: string): Logs => {
  const path = `/instances/${part(instance)}/logs`;
  const at = (name: string) => ({ path: `${path}/${part(name)}`, subject: `${instance}:${name}` });
  return {
    list: async () => (await client.list<string>(path, { subject: instance })).map(lastPart),
    read: async (name) => text(await client.stream({ method: 'GET', ...at(name) })),
    delete: async (name) => void (await client.call({ method: 'DELETE', ...at(name) })),
  };
};
