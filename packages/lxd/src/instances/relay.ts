/** The sockets of two servers' halves of a migration, joined by this process: neither has to reach the other. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { WebSocket } from 'ws';
import type { Client } from '../client.ts';
import { ConnectionError } from '../errors.ts';
import type { OperationState } from '../operation.ts';

const socketNames: ReadonlySet<string> = new Set(['control', 'fs', 'criu']);

/** The secrets of a migration's sockets, by their names; LXD 6 tells other texts beside them. */
export const secretsOf = ({ metadata }: OperationState): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(metadata ?? {}).filter(
      (entry): entry is [string, string] => socketNames.has(entry[0]) && typeof entry[1] === 'string',
    ),
  );

/** One side of a migration: its server, and the operation whose sockets these are. */
export interface MigrationEnd {
  readonly client: Client;
  readonly state: OperationState;
}

/** LXD remembers a socket a moment after it has answered its handshake, in milliseconds. */
const settling = 50;

const opening = (socket: WebSocket): Promise<void> =>
  new Promise((resolve, reject) => {
    socket.once('open', () => resolve());
    socket.once('error', (error) =>
      reject(new ConnectionError(error.message, { operation: 'migration', cause: error })),
    );
  });

/**
 * Joins the sockets of the same name of two operations. Gives what closes them; throws a ConnectionError where they share
 * none. One after the other: LXD 5.0.2 ends with a panic when the last two of an operation arrive at once.
 */
export const relay = async (from: MigrationEnd, to: MigrationEnd): Promise<() => void> => {
  const open = ({ client, state }: MigrationEnd, secret: string): WebSocket =>
    client.transport.operationSocket(state.id, secret, client.scope);
  const theirs = secretsOf(to.state);
  const sockets: WebSocket[] = [];
  const close = (): void => sockets.forEach((socket) => socket.close());
  try {
    for (const [name, secret] of Object.entries(secretsOf(from.state))) {
      const other = theirs[name];
      if (other === undefined) continue;
      const pair = [open(from, secret), open(to, other)] as const;
      sockets.push(...pair);
      const opened = Promise.all(pair.map(opening));
      pump(pair[0], pair[1], opened);
      pump(pair[1], pair[0], opened);
      await opened;
      await sleep(settling);
    }
  } catch (error) {
    close();
    throw error;
  }
  if (sockets.length === 0)
    throw new ConnectionError('the servers share no migration socket', { operation: 'migration' });
  return close;
};

/** Frames of one socket to the other as they are, no faster than the other takes them. `opened`: both are. */
const pump = (from: WebSocket, to: WebSocket, opened: Promise<unknown>): void => {
  const whenOpen = (work: () => void): void => void opened.then(work, () => {});
  from.on('error', () => to.close());
  from.on('message', (data: Buffer, isBinary) => {
    from.pause();
    whenOpen(() => to.send(data, { binary: isBinary }, () => from.resume()));
  });
  from.on('close', () => whenOpen(() => to.close()));
};
