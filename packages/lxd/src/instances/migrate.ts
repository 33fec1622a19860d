/**
 * Instances from one server to another (LXD documentation, "How to move existing LXD instances between servers").
 * `pull`: the target fetches; it must reach the source over HTTPS. `push`: the source sends; it must reach the target.
 * `relay`: both talk to this process alone, which passes everything on, so that neither has to reach the other.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { WebSocket } from 'ws';
import type { Instance as InstanceInfo } from '../api/types.ts';
import { type Call, type Client, part } from '../client.ts';
import { ConnectionError, LxdError } from '../errors.ts';
import { Operation, type OperationOptions, type OperationState } from '../operation.ts';

export type MigrationMode = 'pull' | 'push' | 'relay';

export interface MigrateOptions extends OperationOptions {
  /** Name on the target; the same when absent. */
  readonly name?: string | undefined;
  /** `pull` when absent. */
  readonly mode?: MigrationMode | undefined;
  /** With its running state; needs CRIU, or a virtual machine. */
  readonly live?: boolean | undefined;
  /** Without its snapshots. */
  readonly instanceOnly?: boolean | undefined;
  /** Profiles on the target; those of the source when absent. */
  readonly profiles?: readonly string[] | undefined;
  /** The pool on the target, for the root disk. */
  readonly pool?: string | undefined;
}

/** Where the other server reaches this one. Throws an LxdError that says how to have it listen. */
const urlOf = ({ server, transport }: Client): string => {
  if ('url' in transport.address) return transport.address.url;
  const [address] = server?.environment.addresses ?? [];
  if (address !== undefined) return `https://${address}`;
  throw new LxdError(
    'this server does not listen on the network',
    { subject: transport.address.socket },
    "Set its core.https_address, or use mode 'relay'.",
  );
};

const certificateOf = ({ server }: Client): string => server?.environment.certificate ?? '';

const operationUrl = (url: string, { scope }: Client, { id }: OperationState): string =>
  `${url}/1.0/operations/${id}${scope['project'] ? `?project=${scope['project']}` : ''}`;

const secretsOf = ({ metadata }: OperationState): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(metadata ?? {}).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );

/** Copies an instance to another server, where it is made stopped. Resolves at the end with the target's operation. */
export const migrate = async (
  from: Client,
  instance: string,
  to: Client,
  options: MigrateOptions = {},
): Promise<OperationState> => {
  const { name = instance, mode = 'pull', live = false, instanceOnly = false, profiles, pool, signal } = options;
  signal?.throwIfAborted();
  const path = `/instances/${part(instance)}`;
  const info = await from.read<InstanceInfo>(path, { subject: instance });
  const own = Object.entries(info.config).filter(([key]) => !key.startsWith('volatile.'));
  const root = Object.entries(info.expanded_devices ?? {}).find(
    ([, { path: at, type }]) => type === 'disk' && at === '/',
  );
  const devices =
    pool === undefined
      ? info.devices
      : { ...info.devices, [root?.[0] ?? 'root']: { ...root?.[1], type: 'disk', path: '/', pool } };
  const made = {
    name,
    type: info.type,
    architecture: info.architecture,
    config: Object.fromEntries(own),
    devices,
    profiles: profiles ?? info.profiles,
    ephemeral: info.ephemeral,
    description: info.description,
  };
  const flags = { live, instance_only: instanceOnly };
  const operationAt = (client: Client, call: Omit<Call, 'method' | 'subject'>): Operation =>
    new Operation(client, { method: 'POST', subject: instance, ...call }, { signal });
  const leave = (target?: object): Operation =>
    operationAt(from, { path, json: { name: instance, migration: true, ...flags, ...(target && { target }) } });
  const arrive = (source: object): Operation =>
    operationAt(to, {
      path: '/instances',
      json: {
        ...made,
        source: { type: 'migration', 'base-image': info.config['volatile.base_image'] ?? '', ...flags, ...source },
      },
    });

  const begun: Operation[] = [];
  /** Resolves when it has begun; what has begun is given up when anything fails. */
  const begin = async (operation: Operation): Promise<OperationState> => {
    begun.push(operation);
    return operation.started;
  };
  let close = (): void => {};
  try {
    if (mode === 'pull') {
      const url = urlOf(from);
      const left = await begin(leave());
      const operation = operationUrl(url, from, left);
      await begin(arrive({ mode, operation, certificate: certificateOf(from), secrets: secretsOf(left) }));
    } else {
      const url = mode === 'push' ? urlOf(to) : '';
      const arrived = await begin(arrive({ mode: 'push' }));
      const target = {
        operation: operationUrl(url, to, arrived),
        certificate: certificateOf(to),
        secrets: secretsOf(arrived),
      };
      const left = await begin(leave(mode === 'push' ? target : undefined));
      if (mode === 'relay') close = await relay({ client: from, state: left }, { client: to, state: arrived });
    }
    const states = await Promise.all(begun);
    return states[mode === 'pull' ? 1 : 0] as OperationState;
  } catch (error) {
    await Promise.allSettled(begun.map((operation) => operation.cancel()));
    throw error;
  } finally {
    close();
  }
};

interface End {
  readonly client: Client;
  readonly state: OperationState;
}

/** LXD remembers a socket a moment after it has answered its handshake, in milliseconds. */
const settling = 50;

const opened = (socket: WebSocket): Promise<void> =>
  new Promise((resolve, reject) => {
    socket.once('open', () => resolve());
    socket.once('error', reject);
  });

/**
 * Joins the sockets of the same name of two operations. Gives what closes them. One after the other: LXD 5.0.2 ends with
 * a panic when the last two of an operation arrive at once.
 */
const relay = async (from: End, to: End): Promise<() => void> => {
  const open = ({ client, state }: End, secret: string): WebSocket =>
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
      pump(pair[0], pair[1]);
      pump(pair[1], pair[0]);
      await Promise.all(pair.map(opened));
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

/** Frames of one socket to the other as they are, no faster than the other takes them. */
const pump = (from: WebSocket, to: WebSocket): void => {
  const opened = new Promise<void>((resolve) => to.once('open', resolve));
  from.on('error', () => to.close());
  from.on('message', (data: Buffer, isBinary) => {
    from.pause();
    void opened.then(() => to.send(data, { binary: isBinary }, () => from.resume()));
  });
  from.on('close', () => void opened.then(() => to.close()));
};
