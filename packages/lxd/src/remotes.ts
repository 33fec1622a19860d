/**
 * Servers by name, as the `lxc` and `incus` programs keep them: `config.yml` beside the client's certificate and the
 * servers' (LXD documentation, "How to add remote servers").
 */
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { ConnectionOptions } from 'node:tls';
import { parse } from 'yaml';
import { LxdError, NotFoundError } from './errors.ts';

/** Where a server is, and the project that it is seen through. */
export interface RemoteOptions {
  /** The server's unix socket; found where LXD and Incus put it when neither this nor `url` is given. */
  readonly socket?: string | undefined;
  /** `https://host:8443` */
  readonly url?: string | undefined;
  /** The client's certificate and key, the server's certificate and the like, for `url`. */
  readonly tls?: ConnectionOptions | undefined;
  readonly project?: string | undefined;
}

interface RemoteConfig {
  readonly 'default-remote'?: string;
  readonly remotes?: Readonly<
    Record<string, { readonly addr?: string; readonly protocol?: string; readonly project?: string }>
  >;
}

/** Where the programs keep their configuration, the first that is there; that of `lxc` when none is. */
export const configFolder = (environment: NodeJS.ProcessEnv = process.env): string => {
  const named = environment['LXD_CONF'] ?? environment['INCUS_CONF'];
  if (named !== undefined && named !== '') return named;
  const base = environment['XDG_CONFIG_HOME'] || join(homedir(), '.config');
  const folders = [join(base, 'lxc'), join(homedir(), 'snap/lxd/common/config'), join(base, 'incus')];
  return folders.find((folder) => existsSync(join(folder, 'config.yml'))) ?? folders[0] ?? '';
};

const readOptional = (file: string): string | undefined => (existsSync(file) ? readFileSync(file, 'utf8') : undefined);

/**
 * How to connect to a remote. `local` is this machine's server also where no configuration is. Throws a NotFoundError
 * for a name that is not there, an LxdError for a remote that only has images.
 */
export const remoteOptions = (name: string, folder: string = configFolder()): RemoteOptions => {
  const file = join(folder, 'config.yml');
  const { remotes = {} } = (parse(readOptional(file) ?? '') ?? {}) as RemoteConfig;
  const remote = remotes[name];
  if (remote === undefined) {
    if (name === 'local') return {};
    throw new NotFoundError(
      `${file} has no remote of this name`,
      { subject: name },
      `Add it: lxc remote add ${name} ADDRESS`,
    );
  }
  const { addr = '', protocol = 'lxd', project } = remote;
  if (protocol === 'simplestreams') throw new LxdError('this remote has images and no instances', { subject: name });
  const scope = project === undefined || project === '' ? {} : { project };
  if (addr.startsWith('unix:')) {
    const socket = addr.slice('unix:'.length).replace(/^\/\/(?=\/|$)/, '');
    return { ...(socket !== '' && { socket }), ...scope };
  }
  const cert = readOptional(join(folder, 'client.crt'));
  const key = readOptional(join(folder, 'client.key'));
  const server = readOptional(join(folder, 'servercerts', `${name}.crt`));
  return {
    url: addr,
    // The server's own certificate is what is trusted, whatever name it was made for.
    tls: {
      ...(cert !== undefined && { cert }),
      ...(key !== undefined && { key }),
      ...(server !== undefined && { ca: server, checkServerIdentity: () => undefined }),
    },
    ...scope,
  };
};
