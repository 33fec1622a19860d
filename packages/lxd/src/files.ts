/** Files of an instance, also of a stopped one (LXD documentation, "How to access files in an instance"). */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { posix } from 'node:path';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { type Client, part } from './client.ts';
import { LxdError, NotFoundError } from './errors.ts';
import { headersOf } from './headers.ts';
import { openSftp } from './sftp.ts';

export interface FileAttributes {
  /** Permission bits, for example 0o644. */
  readonly mode?: number | undefined;
  readonly uid?: number | undefined;
  readonly gid?: number | undefined;
}

export interface FileInfo {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly type: 'file' | 'directory' | 'symlink';
}

export interface WriteOptions extends FileAttributes {
  readonly append?: boolean | undefined;
  /**
   * Written aside and moved to its place, over a file or link that is there, when it is all there. What is cut on its
   * way then leaves the place as it was. Takes SFTP, which LXD 5.0 and Incus have; written straight where it is not.
   */
  readonly whole?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Files {
  /** The file's bytes as a stream. */
  open(path: string, options?: { readonly signal?: AbortSignal | undefined }): Promise<Readable>;
  read(path: string): Promise<Buffer>;
  /** Makes or replaces a file. Its folder must be there. */
  write(path: string, content: string | Uint8Array | Readable, options?: WriteOptions): Promise<void>;
  makeDirectory(path: string, attributes?: FileAttributes): Promise<void>;
  makeSymlink(path: string, target: string): Promise<void>;
  /** The names in a folder. */
  list(path: string): Promise<readonly string[]>;
  info(path: string): Promise<FileInfo>;
  /** A folder must be empty. */
  remove(path: string): Promise<void>;
}

/** The server reads a mode without a leading zero as a decimal number. */
const modeText = (mode: number): string => `0${mode.toString(8)}`;

const attributesOf = ({ mode, uid, gid }: FileAttributes) => ({
  mode: mode === undefined ? undefined : modeText(mode),
  uid: uid?.toString(),
  gid: gid?.toString(),
});

/** Incus answers the same headers under its own name. */
const headerOf = ({ headers }: IncomingMessage, name: string): string => {
  const value = headers[`x-lxd-${name}`] ?? headers[`x-incus-${name}`] ?? '';
  return typeof value === 'string' ? value : (value[0] ?? '');
};

const infoOf = (response: IncomingMessage): FileInfo => ({
  type: (headerOf(response, 'type') || 'file') as FileInfo['type'],
  mode: Number.parseInt(headerOf(response, 'mode'), 8) || 0,
  uid: Number(headerOf(response, 'uid')),
  gid: Number(headerOf(response, 'gid')),
});

export const filesOf = (client: Client, instance: string): Files => {
  const call = (path: string, meant = path) => ({
    path: `/instances/${part(instance)}/files`,
    query: { path },
    subject: `${instance}:${meant}`,
  });
  const post = async (
    path: string,
    told: Readonly<Record<string, string | undefined>>,
    body: string | Uint8Array | Readable = '',
    { signal, meant }: { readonly signal?: AbortSignal | undefined; readonly meant?: string } = {},
  ): Promise<void> => {
    const response = await client.bytes({
      method: 'POST',
      ...call(path, meant),
      headers: { 'content-type': 'application/octet-stream', ...headersOf(told) },
      body,
      signal,
    });
    response.resume();
  };
  const remove = async (path: string): Promise<void> => void (await client.call({ method: 'DELETE', ...call(path) }));
  /** Has `make` make a file aside, and moves it; has it made in its place where the server cannot move files. */
  const aside = async (path: string, make: (where: string) => Promise<void>): Promise<void> => {
    const sftp = await openSftp(client, instance);
    if (sftp === undefined) return make(path);
    const beside = posix.join(posix.dirname(path), `.oreno-push-${randomBytes(6).toString('hex')}`);
    try {
      await make(beside);
      await sftp.rename(beside, path);
    } catch (error) {
      await remove(beside).catch(() => {});
      throw error;
    } finally {
      sftp.close();
    }
  };
  const open: Files['open'] = (path, { signal } = {}) => client.stream({ method: 'GET', ...call(path), signal });
  return {
    open,
    read: async (path) => buffer(await open(path)),
    write: (path, content, { append = false, whole = false, signal, ...attributes } = {}) => {
      const told = { type: 'file', write: append ? 'append' : 'overwrite', ...attributesOf(attributes) };
      const make = (where: string): Promise<void> => post(where, told, content, { signal, meant: path });
      return whole && !append ? aside(path, make) : make(path);
    },
    makeDirectory: (path, attributes = {}) => post(path, { type: 'directory', ...attributesOf(attributes) }),
    makeSymlink: (path, target) => post(path, { type: 'symlink' }, target),
    list: async (path) => {
      const response = await client.bytes({ method: 'GET', ...call(path) });
      const bytes = await buffer(response);
      // Of a file the answer is its content, which is nobody's error message.
      if (headerOf(response, 'type') !== 'directory')
        throw new LxdError('this is no folder', { subject: call(path).subject });
      return (JSON.parse(bytes.toString()) as { readonly metadata: readonly string[] }).metadata;
    },
    info: async (path) => {
      const response = await client.bytes({ method: 'HEAD', ...call(path) }).catch((error: unknown) => {
        if (!(error instanceof NotFoundError)) throw error;
        // An answer without a body does not say which.
        const { operation, subject, code } = error;
        throw new NotFoundError('there is no such file, or no such instance', { operation, subject, code });
      });
      response.resume();
      return infoOf(response);
    },
    remove,
  };
};
