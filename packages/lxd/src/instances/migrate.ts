/**
 * Instances from one server to another (LXD documentation, "How to move existing LXD instances between servers").
 * `pull`: the target fetches; it must reach the source over HTTPS. `push`: the source sends; it must reach the target.
 * `relay`: both talk to this process alone, which passes everything on, so that neither has to reach the other.
 */
import type { Instance as InstanceInfo } from '../api/types.ts';
import { type Call, type Client, part } from '../client.ts';
import { LxdError } from '../errors.ts';
import { Operation, type OperationOptions, type OperationState } from '../operation.ts';
import { relay, secretsOf } from './relay.ts';

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

/** The instance that is made on the target, without where it comes from. */
const madeFrom = (info: InstanceInfo, { name = info.name, profiles = info.profiles, pool }: MigrateOptions): object => {
  const own = Object.entries(info.config).filter(([key]) => !key.startsWith('volatile.'));
  const [root = 'root', disk] =
    Object.entries(info.expanded_devices ?? {}).find(([, { path, type }]) => type === 'disk' && path === '/') ?? [];
  const onPool = pool === undefined ? {} : { [root]: { ...disk, type: 'disk', path: '/', pool } };
  const { type, architecture, ephemeral, description } = info;
  const config = Object.fromEntries(own);
  return {
    name,
    type,
    architecture,
    config,
    devices: { ...info.devices, ...onPool },
    profiles,
    ephemeral,
    description,
  };
};

/** Copies an instance to another server, where it is made stopped. Resolves at the end with the target's operation. */
export const migrate = async (
  from: Client,
  instance: string,
  to: Client,
  options: MigrateOptions = {},
): Promise<OperationState> => {
  const { mode = 'pull', live = false, instanceOnly = false, pool, signal } = options;
  signal?.throwIfAborted();
  const path = `/instances/${part(instance)}`;
  const info = await from.read<InstanceInfo>(path, { subject: instance });
  // LXD takes another pool without a word where it lacks the one that is asked for.
  if (pool !== undefined) await to.read(`/storage-pools/${part(pool)}`, { subject: pool });
  const flags = { live, instance_only: instanceOnly };
  const operationAt = (client: Client, call: Omit<Call, 'method' | 'subject'>): Operation =>
    new Operation(client, { method: 'POST', subject: instance, ...call }, { signal });
  const leave = (target?: object): Operation =>
    operationAt(from, { path, json: { name: instance, migration: true, ...flags, ...(target && { target }) } });
  const arrive = (source: object): Operation =>
    operationAt(to, {
      path: '/instances',
      json: {
        ...madeFrom(info, options),
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
