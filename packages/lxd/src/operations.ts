/** Operations of a server, whoever began them. */
import { type Client, part } from './client.ts';
import type { OperationState } from './operation.ts';

export interface Operations {
  list(): Promise<readonly OperationState[]>;
  get(id: string): Promise<OperationState>;
  cancel(id: string): Promise<void>;
}

/** Newer servers group operations by status. */
const flatten = (answer: readonly OperationState[] | Readonly<Record<string, readonly OperationState[]>>) =>
  Array.isArray(answer) ? (answer as readonly OperationState[]) : Object.values(answer ?? {}).flat();

export const operationsOf = (client: Client): Operations => ({
  list: async () => flatten(await client.read('/operations', { query: { recursion: 1 } })),
  get: (id) => client.read(`/operations/${part(id)}`, { subject: id }),
  cancel: async (id) => void (await client.call({ method: 'DELETE', path: `/operations/${part(id)}`, subject: id })),
});
