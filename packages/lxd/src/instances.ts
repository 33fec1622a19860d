/** Instances: containers and virtual machines (LXD documentation, "Instances"). */
import { createReadStream, statSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { type Call, type Client, part } from './client.ts';
import { updateAt } from './collection.ts';
import { type Config, configTexts, type Devices, deviceTexts } from './config-values.ts';
import { exec, run, type ExecOptions, type ExecSession, type RunOptions, type RunResult } from './exec.ts';
import { filesOf, type Files } from './files.ts';
import { Operation, type OperationOptions } from './operation.ts';
import { backupsOf, snapshotsOf, type Backups, type Snapshots } from './snapshots.ts';
import { waiting, type Waiting } from './wait-for.ts';

export interface InstanceInfo {
  readonly name: string;
  readonly type: 'container' | 'virtual-machine';
  readonly status: string;
  readonly status_code: number;
  readonly architecture: string;
  readonly ephemeral: boolean;
  readonly stateful: boolean;
  readonly description: string;
  readonly created_at: string;
  readonly last_used_at: string;
  readonly location: string;
  readonly project?: string;
  readonly profiles: readonly string[];
  readonly config: Readonly<Record<string, string>>;
  readonly devices: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly expanded_config?: Readonly<Record<string, string>>;
  readonly expanded_devices?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** With recursion 2. */
  readonly state?: InstanceState | null;
}

export interface InstanceAddress {
  readonly family: 'inet' | 'inet6';
  readonly address: string;
  readonly netmask: string;
  readonly scope: 'local' | 'link' | 'global';
}

export interface InstanceState {
  readonly status: string;
  readonly status_code: number;
  readonly pid: number;
  readonly processes: number;
  readonly cpu: { readonly usage: number };
  readonly memory: { readonly usage: number; readonly usage_peak: number; readonly total?: number };
  readonly network: Readonly<
    Record<string, { readonly addresses: readonly InstanceAddress[]; readonly hwaddr: string; readonly state: string }>
  > | null;
}

/** What an instance is made from. */
export type InstanceSource =
  | { readonly image: string }
  | { readonly fingerprint: string }
  /** Of an instance, or of `instance/snapshot`. */
  | { readonly copy: string; readonly instanceOnly?: boolean }
  | { readonly empty: true };

export interface NewInstance {
  /** Chosen by the server when absent. */
  readonly name?: string | undefined;
  readonly source: InstanceSource;
  readonly type?: InstanceInfo['type'] | undefined;
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
  readonly files: Files;
  readonly snapshots: Snapshots;
  readonly backups: Backups;
  /** What its console showed last. */
  consoleLog(): Promise<string>;
  /** Names of its log files. */
  logs(): Promise<readonly string[]>;
  readLog(name: string): Promise<string>;
  /** What its image says of it: `metadata.yaml` as JSON. */
  metadata(): Promise<Readonly<Record<string, unknown>>>;
  readonly waitFor: Waiting;
}

export interface Instances {
  list(options?: { readonly withState?: boolean }): Promise<readonly InstanceInfo[]>;
  create(instance: NewInstance, options?: OperationOptions): Operation;
  /** Makes an instance from the file of a backup; under its own name when none is given. */
  importBackup(
    file: string,
    options?: OperationOptions & { readonly name?: string; readonly pool?: string },
  ): Operation;
}

const sourceOf = (source: InstanceSource): object => {
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
  list: ({ withState = false } = {}) => client.read('/instances', { query: { recursion: withState ? 2 : 1 } }),
  create: (instance, options) => {
    const { name = '', type = 'container', architecture, source } = instance;
    const made = { name, type, source: sourceOf(source), ...(architecture && { architecture }) };
    const callWith = (json: object): Call => ({ method: 'POST', path: '/instances', json, subject: name });
    if (!('copy' in source)) return new Operation(client, callWith({ ...made, ...bodyOf(instance) }), options);
    // A copy inherits nothing by itself: what is not given is its original's.
    const original = async (): Promise<Call> => {
      const { profiles, config, devices, ephemeral } = await client.read<InstanceInfo>(pathOfOriginal(source.copy), {
        subject: source.copy,
      });
      const own = Object.entries(config).filter(([key]) => !key.startsWith('volatile.'));
      const inherited = bodyOf({ profiles, config: Object.fromEntries(own), devices, ephemeral });
      return callWith({ ...inherited, ...made, ...bodyOf(instance) });
    };
    return new Operation(client, original, options);
  },
  importBackup: (file, { name, pool, signal } = {}) => {
    const headers = {
      'content-type': 'application/octet-stream',
      'content-length': statSync(file).size,
      ...(name !== undefined && { 'X-LXD-name': name }),
      ...(pool !== undefined && { 'X-LXD-pool': pool }),
    };
    const body = createReadStream(file);
    return new Operation(
      client,
      { method: 'POST', path: '/instances', headers, body, subject: name ?? file },
      { signal },
    );
  },
});

const lastPart = (path: string): string => path.split('/').at(-1) ?? '';

export const instanceOf = (client: Client, name: string): Instance => {
  const path = `/instances/${part(name)}`;
  const text = async (at: string): Promise<string> =>
    (await buffer(await client.bytes({ method: 'GET', path: at, subject: name }))).toString();
  const changeState = (action: string, { force = false, timeout = 30, signal }: StateOptions = {}): Operation =>
    new Operation(
      client,
      { method: 'PUT', path: `${path}/state`, json: { action, force, timeout, stateful: false }, subject: name },
      { signal },
    );
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
    files: filesOf(client, name),
    snapshots: snapshotsOf(client, name),
    backups: backupsOf(client, name),
    consoleLog: () => text(`${path}/console`),
    logs: async () => (await client.read<readonly string[]>(`${path}/logs`, { subject: name })).map(lastPart),
    readLog: (log) => text(`${path}/logs/${part(log)}`),
    metadata: () => client.read(`${path}/metadata`, { subject: name }),
    get waitFor() {
      return waiting(instance);
    },
  };
  return instance;
};
