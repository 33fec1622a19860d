/** Which LXD server is meant, and through which project; the same words for every command and for Test Kitchen. */
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { connect, type ConnectOptions, type Lxd } from '@oreno/lxd';
import type { Command } from 'commander';

export interface Target {
  /** A remote of the `lxc` program, `unix:///path`, or `https://host:8443`; this machine's server when absent. */
  readonly remote?: string | undefined;
  readonly project?: string | undefined;
  /** Files of the client's certificate and key for an address; those of the `lxc` program when absent. */
  readonly clientCertificate?: string | undefined;
  readonly clientKey?: string | undefined;
  /** File of the certificate that the server must have; a certificate of a public authority when absent. */
  readonly serverCertificate?: string | undefined;
}

/** Connects; the errors of the library name the place and the remedy. */
export const openTarget = (target: Target): Promise<Lxd> => connect(connectOptions(target));

/** How the library is to connect. */
export const connectOptions = (target: Target): ConnectOptions => {
  const { remote = '', project } = target;
  const scope = project === undefined ? {} : { project };
  if (remote === '') return scope;
  if (remote.startsWith('unix:')) return { socket: remote.replace(/^unix:(\/\/(?=\/))?/, ''), ...scope };
  if (remote.startsWith('https:')) return { url: remote, tls: certificates(target), ...scope };
  return { remote, ...scope };
};

const certificates = (target: Target) => {
  const folder = process.env['LXD_CONF'] ?? join(homedir(), '.config', 'lxc');
  const read = (given: string | undefined, usual: string): string | undefined => {
    const file = given ?? join(folder, usual);
    return given !== undefined || existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  };
  const cert = read(target.clientCertificate, 'client.crt');
  const key = read(target.clientKey, 'client.key');
  const ca = target.serverCertificate === undefined ? undefined : readFileSync(target.serverCertificate, 'utf8');
  return {
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    // The very certificate is what is trusted, whatever name it was made for.
    ...(ca !== undefined && { ca, checkServerIdentity: () => undefined }),
  };
};

/** Adds the options that say where. */
export const onTarget = (command: Command): Command =>
  command
    .option('--remote <name>', 'a remote of the lxc program, unix:///path or https://host:8443 (default: this machine)')
    .option('--project <name>', 'the LXD project (default: that of the remote, else default)');
