/** Instances: containers and virtual machines (LXD documentation, "Instances"). */
import { createReadStream, statSync } from 'node:fs';
import type { Instance as InstanceOfServer, InstanceState, InstanceStateNetworkAddress } from './api/types.ts';
import { type Call, type Client, part } from './client.ts';
import { updateAt } from './collection.ts';
import { type Config, configTexts, type Devices, deviceTexts } from './config-values.ts';
import { exec, run, type ExecOptions, type ExecSession, type RunOptions, type RunResult } from './exec.ts';
import { filesOf, type Files } from './files.ts';
import { headersOf } from './headers.ts';
import type { ImageOrigin } from './images.ts';
import { consoleOf, type Console } from './instances/console.ts';
import { logsOf, type Logs } from './instances/logs.ts';
import { metadataOf, type Metadata } from './instances/metadata.ts';
import { migrate, type MigrateOptions } from './instances/migrate.ts';
import { record, type RecordOptions } from './instances/record.ts';
import { treesOf, type Trees } from './instances/tree.ts';
import { Operation, type OperationOptions, type OperationState } from './operation.ts';
import { backupsOf, snapshotsOf, type Backups, type Snapshots } from './snapshots.ts';
import { waiting, type Waiting } from './wait-for.ts';

/** An instance as the server tells of it; `state` with recursion 2. */
export type InstanceInfo = Omit<InstanceOfServer, 'type'> & {
  readonly type: InstanceKind;
  readonly state?: InstanceState | null;
};
export type InstanceKind = 'container' | 'virtual-machine';
export type { InstanceState } from './api/types.ts';
export type InstanceAddress = InstanceStateNetworkAddress;

/** What an instance is made from. */
export type InstanceSource =
  | { readonly image: string }
  | { readonly fingerprint: string }
  /** Of an instance, or of `instance/snapshot`. */
  | { readonly copy: string; readonly instanceOnly?: boolean }
  /** An image of another server; the server keeps a copy. */
  | ({ readonly alias: string } & Pick<ImageOrigin, 'certificate' | 'protocol' | 'server'>)
  | { readonly empty: true };

export interface NewInstance {
  /** Chosen by the server when absent. */
  readonly name?: string | undefined;
  readonly source: InstanceSource;
  readonly type?: InstanceKind | undefined;
  readonly architecture?: string | undefined;
  readonly profiles?: readonly string[] | undefined;
  readonly config?: Config | undefined;
  readonly devices?: Devices | undefined;
  /** Deleted when it stops. */
  readonly ephemeral?: boolean | undefined;
  readonly description?: string | undefined;
}

export interface StateOptions extends OperationOptions {
  /** Ends it without asking it to. */
  readonly force?: boolean | undefined;
  /** Seconds it has to obey; 30 when absent. */
  readonly timeout?: number | undefined;
}

/** One instance; nothing is asked of the server until a member is called. */
export interface Instance {
  readonly name: string;
  get(): Promise<InstanceInfo>;
  state(): Promise<InstanceState>;
  start(options?: StateOptions): Operation;
  stop(options?: StateOptions): Operation;
  restart(options?: StateOptions): Operation;
  freeze(options?: StateOptions): Operation;
  unfreeze(options?: StateOptions): Operation;
  rename(name: string, options?: OperationOptions): Operation;
  delete(options?: OperationOptions): Operation;
  /** Reads, changes and writes; again, from what is there then, when somebody else wrote in between. */
  update(change: (before: InstanceInfo) => Partial<NewInstance>): Promise<void>;
  exec(command: readonly string[], options?: ExecOptions): Promise<ExecSession>;
  run(command: readonly string[], options?: RunOptions): Promise<RunResult>;
  readonly files: Files & Trees;
  readonly snapshots: Snapshots;
  readonly backups: Backups;
  /** Runs a command whose output the server keeps until it has ended: a connection that is cut meanwhile loses nothing. */
  record(command: readonly string[], options?: RecordOptions): Promise<RunResult>;
  readonly console: Console;
  readonly logs: Logs;
  /** What its image says of it, and its templates. */
  readonly metadata: Metadata;
  /** Copies it to another server. */
  migrate(to: { readonly client: Client }, options?: MigrateOptions): Promise<OperationState>;
  /** Moves it: to another member of the cluster, or another pool or project of the server. */
  move(to: InstanceMove, options?: OperationOptions): Operation;
  /** Puts it back to an image, or to nothing; it must be stopped (extension instances_rebuild). */
  rebuild(source: Extract<InstanceSource, { image: string } | { fingerprint: string } | { empty: true }>): Operation;
  readonly waitFor: Waiting;
}

export interface InstanceMove {
  /** A new name. */
  readonly name?: string | undefined;
  readonly pool?: string | undefined;
  readonly project?: string | undefined;
  /** A member of the cluster. */
  readonly member?: string | undefined;
}

export interface ListOptions {
  readonly withState?: boolean | undefined;
  /** In the server's language: `status eq Running and config.user.team eq blue`. */
  readonly filter?: string | undefined;
  readonly allProjects?: boolean | undefined;
}

export interface Instances {
  list(options?: ListOptions): Promise<readonly InstanceInfo[]>;
  /**
   * Starts, stops, restarts, freezes or unfreezes all of the project at once: those that are not as wanted yet. (LXD 5.0
   * takes frozen ones for running: its `unfreeze` fails on those that are stopped.)
   */
  changeAll(action: 'start' | 'stop' | 'restart' | 'freeze' | 'unfreeze', options?: StateOptions): Operation;
  create(instance: NewInstance, options?: OperationOptions): Operation;
  /** Makes an instance from the file of a backup; under its own name when none is given. */
  importBackup(
    file: string,
    options?: OperationOptions & { readonly name?: string; readonly pool?: string },
  ): Operation;
}

const sourceOf = (source: InstanceSource): object => {
  if ('server' in source) return { type: 'image', mode: 'pull', ...source };
  if ('image' in source) return { type: 'image', alias: source.image };
  if ('fingerprint' in source) return { type: 'image', fingerprint: source.fingerprint };
  if ('copy' in source) return { type: 'copy', source: source.copy, instance_only: source.instanceOnly ?? false };
  return { type: 'none' };
};

/** The members that are written, as the server wants them. */
const bodyOf = ({ config, devices, profiles, ephemeral, description }: Partial<NewInstance>): object => ({
  ...(config && { config: configTexts(config) }),
  ...(devices && { devices: deviceTexts(devices) }),
  ...(profiles && { profiles }),
  ...(ephemeral !== undefined && { ephemeral }),
  ...(description !== undefined && { description }),
});

/** An instance, or `instance/snapshot`. */
const pathOfOriginal = (name: string): string => `/instances/${name.split('/').map(part).join('/snapshots/')}`;

export const instancesOf = (client: Client): Instances => ({
  list: ({ withState = false, filter, allProjects = false } = {}) => {
    const query = { recursion: withState ? 2 : 1, filter, ...(allProjects && { 'all-projects': true }) };
    return client.list('/instances', { query });
  },
  changeAll: (action, { force = false, timeout = 30, signal } = {}) => {
    const json = { state: { action, force, timeout, stateful: false } };
    return new Operation(client, { method: 'PUT', path: '/instances', json, subject: 'all instances' }, { signal });
  },
  create: (instance, options) => {
    const { name = '', type = 'container', architecture, source } = instance;
    const made = { name, type, source: sourceOf(source), ...(architecture && { architecture }) };
    const callWith = (json: object): Call => ({ method: 'POST', path: '/instances', json, subject: name });
    if (!('copy' in source)) return new Operation(client, callWith({ ...made, ...bodyOf(instance) }), options);
    // What is not given is its original's: no server lets a copy inherit profiles, and LXD from 6.8 on nothing.
    const original = async (): Promise<Call> => {
      const { profiles, config, devices, ephemeral } = await client.read<InstanceInfo>(pathOfOriginal(source.copy), {
        subject: source.copy,
      });
      const own = Object.entries(config).filter(
        ([key]) => !key.startsWith('volatile.') || key === 'volatile.base_image',
      );
      const inherited = bodyOf({ profiles, ephemeral });
      const merged = bodyOf({
        config: { ...Object.fromEntries(own), ...instance.config },
        devices: { ...devices, ...instance.devices },
      });
      return callWith({ ...inherited, ...made, ...bodyOf(instance), ...merged });
    };
    return new Operation(client, original, options);
  },
  importBackup: (file, { name, pool, signal } = {}) => {
    const headers = {
      'content-type': 'application/octet-stream',
      'content-length': statSync(file).size,
      ...headersOf({ name, pool }),
    };
    const body = createReadStream(file);
    return new Operation(
      client,
      { method: 'POST', path: '/instances', headers, body, subject: name ?? file },
      { signal },
    );
  },
});

export const instanceOf = (client: Client, name: string): Instance => {
  const path = `/instances/${part(name)}`;
  const changeState = (action: string, { force = false, timeout = 30, signal }: StateOptions = {}): Operation =>
    new Operation(
      client,
      { method: 'PUT', path: `${path}/state`, json: { action, force, timeout, stateful: false }, subject: name },
      { signal },
    );
  const files = filesOf(client, name);
  const instance: Instance = {
    name,
    get: () => client.read(path, { subject: name }),
    state: () => client.read(`${path}/state`, { subject: name }),
    start: (options) => changeState('start', options),
    stop: (options) => changeState('stop', options),
    restart: (options) => changeState('restart', options),
    freeze: (options) => changeState('freeze', options),
    unfreeze: (options) => changeState('unfreeze', options),
    rename: (to, options) =>
      new Operation(client, { method: 'POST', path, json: { name: to, migration: false }, subject: name }, options),
    delete: (options) => new Operation(client, { method: 'DELETE', path, subject: name }, options),
    update: (change) => updateAt(client, { path, subject: name }, (before: InstanceInfo) => bodyOf(change(before))),
    exec: (command, options) => exec(client, name, command, options),
    run: (command, options) => run(client, name, command, options),
    files: { ...files, ...treesOf(client, name, files) },
    snapshots: snapshotsOf(client, name),
    backups: backupsOf(client, name),
    record: (command, options) => record(client, name, command, options),
    console: consoleOf(client, name),
    logs: logsOf(client, name),
    metadata: metadataOf(client, name),
    migrate: (to, options) => migrate(client, name, to.client, options),
    move: ({ name: to = name, pool, project, member }, options) => {
      const json = { name: to, migration: true, ...(pool && { pool }), ...(project && { project }) };
      const query = member === undefined ? {} : { target: member };
      return new Operation(client, { method: 'POST', path, json, query, subject: name }, options);
    },
    rebuild: (source) => {
      const call = { method: 'POST', path: `${path}/rebuild`, json: { source: sourceOf(source) } } as const;
      return new Operation(client, { ...call, subject: name, needs: 'instances_rebuild' });
    },
    get waitFor() {
      return waiting(instance);
    },
  };
  return instance;
};
