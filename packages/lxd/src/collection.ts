/** Things of a server that are listed, read, made, changed and deleted alike: profiles, networks, projects … */
import { setTimeout as delay } from 'node:timers/promises';
import { type Call, type Client, part } from './client.ts';
import { ChangedError, ConflictError } from './errors.ts';
import { Operation, type OperationOptions } from './operation.ts';

export interface Collection<Info, New = Partial<Info>> {
  list(options?: { readonly filter?: string }): Promise<readonly Info[]>;
  get(name: string): Promise<Info>;
  /** Throws a ConflictError for a name that is taken. */
  create(made: New, options?: OperationOptions): Operation;
  /** Reads, changes and writes; again, from what is there then, when somebody else wrote in between. */
  update(name: string, change: (before: Info) => Partial<Info>): Promise<void>;
  rename(name: string, to: string): Promise<void>;
  delete(name: string, options?: OperationOptions): Operation;
}

const attempts = 5;

/** Reads, changes and writes what is at a path; a write that was overtaken is done again from what is there then. */
export const updateAt = async (
  client: Client,
  { path, query, subject, needs }: Pick<Call, 'path' | 'query' | 'subject' | 'needs'>,
  change: (before: never) => object,
): Promise<void> => {
  for (let attempt = 1; ; attempt += 1) {
    const { envelope, etag } = await client.call({ method: 'GET', path, query, subject, needs });
    const before = envelope.metadata as object;
    const json = { ...before, ...change(before as never) };
    try {
      // Of warnings and the like servers tell no ETag.
      const headers = etag === undefined ? {} : { 'if-match': etag };
      await new Operation(client, { method: 'PUT', path, query, json, headers, subject });
      return;
    } catch (error) {
      // A change that is under way refuses another one for its moment.
      const isOvertaken = error instanceof ChangedError || error instanceof ConflictError;
      if (!isOvertaken || attempt === attempts) throw error;
      await delay(attempt * 20);
    }
  }
};

export interface CollectionOptions {
  /** Goes with every call. */
  readonly query?: Call['query'];
  /** The API extension that the server must have. */
  readonly needs?: string | undefined;
}

/** The collection at a path below `/1.0`. */
export const collectionAt = <Info, New = Partial<Info>>(
  client: Client,
  path: string,
  { query = {}, needs }: CollectionOptions = {},
): Collection<Info, New> => {
  const at = (name: string) => ({ path: `${path}/${part(name)}`, query, subject: name, needs });
  const nameOf = (made: New): string | undefined => {
    const name = (made as { readonly name?: unknown }).name;
    return typeof name === 'string' ? name : undefined;
  };
  return {
    list: ({ filter } = {}) => client.list<Info>(path, { query: { ...query, recursion: 1, filter }, needs }),
    get: (name) => client.read<Info>(at(name).path, at(name)),
    create: (made, options) =>
      new Operation(client, { method: 'POST', path, query, json: made, subject: nameOf(made), needs }, options),
    update: (name, change) => updateAt(client, at(name), change),
    rename: async (name, to) => void (await new Operation(client, { method: 'POST', ...at(name), json: { name: to } })),
    delete: (name, options) => new Operation(client, { method: 'DELETE', ...at(name) }, options),
  };
};
