/** Which LXD server is meant, and through which project; the same words for every command and for Test Kitchen. */
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { connect, ForbiddenError, type ConnectOptions, type Lxd } from '@oreno/lxd';
import type { Command } from 'commander';
import { CommandFailure } from '../failure.ts';

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

/** Connects; the errors of the library name the place and the remedy. Throws a ForbiddenError where it is not trusted. */
export const openTarget = async (target: Target): Promise<Lxd> => {
  const lxd = await connect(connectOptions(target));
  // Strangers are shown public images and nothing else, which reads as if there were none.
  if (lxd.server.auth === 'trusted') return lxd;
  lxd.close();
  throw new ForbiddenError('the server does not trust this client', { operation: lxd.address });
};

/** How the library is to connect. Throws a usage failure for an address that is none. */
export const connectOptions = (target: Target): ConnectOptions => {
  const { remote = '', project } = target;
  const scope = project === undefined ? {} : { project };
  if (remote === '') return scope;
  if (remote.startsWith('unix:')) return { socket: remote.replace(/^unix:(\/\/(?=\/))?/, ''), ...scope };
  if (remote.startsWith('https:') && URL.canParse(remote)) {
    return { url: remote, tls: certificates(target), ...scope };
  }
  // A name as the lxc program takes it has none of these.
  if (/[:/]/.test(remote)) {
    throw new CommandFailure(
      `${remote} is no LXD server: write the name of a remote of lxc, unix:///path or https://host:8443.`,
      2,
    );
  }
  return { remote, ...scope };
};

const certificates = (target: Target) => {
  const folder = process.env['LXD_CONF'] ?? join(homedir(), '.config', 'lxc');
  const read = (given: string | undefined, usual: string): string | undefined => {
    const file = given ?? join(folder, usual);
    return given !== undefined || existsSync(file) ? readPem(file) : undefined;
  };
  const cert = read(target.clientCertificate, 'client.crt');
  const key = read(target.clientKey, 'client.key');
  const ca = target.serverCertificate === undefined ? undefined : readPem(target.serverCertificate);
  return {
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    // The very certificate is what is trusted, whatever name it was made for.
    ...(ca !== undefined && { ca, checkServerIdentity: () => undefined }),
  };
};

const readPem = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new CommandFailure(`cannot read ${file}: ${(error as Error).message}`, 2);
  }
};

/** Adds the options that say where. */
export const onTarget = (command: Command): Command =>
  command
    .option('--remote <name>', 'a remote of the lxc program, unix:///path or https://host:8443 (default: this machine)')
    .option('--project <name>', 'the LXD project (default: that of the remote, else default)')
    .option('--server-certificate <file>', 'of an https address: the certificate that the server must have (PEM)')
    .option('--client-certificate <file>', "of an https address: this client's certificate (default: that of lxc)")
    .option('--client-key <file>', 'of an https address: the key of --client-certificate (default: that of lxc)');
