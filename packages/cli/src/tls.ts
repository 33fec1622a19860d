/**
 * TLS for the server: a certificate of one's own, or one of a private CA that oreno makes and keeps in the data folder,
 * owner-only, by the openssl program. The CA stays for ten years; the server's certificate is made anew at a start when
 * it ends within 30 days or its names have changed, which nobody has to be told of.
 */
import { execFileSync } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { isIP } from 'node:net';
import { join, resolve } from 'node:path';
import type { DataDir } from './data-dir.ts';
import { CommandFailure } from './failure.ts';
import { readPem } from './trust-ca.ts';

export interface TlsOptions {
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsSelfSigned?: boolean;
}

/** What a server serves with, in PEM, and the file of the CA that clients have to be told of, if any. */
export interface ServerTls {
  readonly cert: string;
  readonly key: string;
  readonly caFile?: string | undefined;
}

const day = 24 * 3_600_000;

const checkPair = (cert: string, key: string): void => {
  try {
    const certificate = new X509Certificate(cert);
    if (certificate.validToDate.getTime() < Date.now()) {
      throw new CommandFailure(`--tls-cert: the certificate ended on ${certificate.validTo}; get a new one.`, 2);
    }
    if (certificate.checkPrivateKey(createPrivateKey(key))) return;
  } catch (error) {
    if (error instanceof CommandFailure) throw error;
    throw new CommandFailure(`--tls-cert and --tls-key must be PEM files: ${(error as Error).message}`, 2);
  }
  throw new CommandFailure('--tls-key is not the key of --tls-cert.', 2);
};

const openssl = (folder: string, ...args: string[]): void => {
  try {
    execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  } catch (error) {
    const { code, stderr } = error as NodeJS.ErrnoException & { readonly stderr?: Buffer };
    throw new CommandFailure(
      code === 'ENOENT'
        ? '--tls-self-signed needs the openssl program (Debian: apt-get install openssl), or give --tls-cert and --tls-key.'
        : `openssl failed: ${stderr?.toString().trim() ?? String(error)}`,
    );
  }
};

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

const ensureCa = (folder: string): void => {
  if (existsSync(join(folder, 'ca.crt'))) return;
  const files = ['-keyout', 'ca.key', '-out', 'ca.crt', '-days', '3650'];
  const subject = ['-subj', `/CN=oreno CA of ${hostname().slice(0, 40)}`];
  const uses = ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign,cRLSign'];
  openssl(folder, 'req', '-x509', ...newKey, ...files, ...subject, ...uses.flatMap((use) => ['-addext', use]));
  chmodSync(join(folder, 'ca.key'), 0o600);
};

const isCurrent = (folder: string, names: string): boolean => {
  const [cert, list] = [join(folder, 'server.crt'), join(folder, 'server.names')];
  if (!existsSync(cert) || !existsSync(list) || readFileSync(list, 'utf8') !== names) return false;
  return new X509Certificate(readFileSync(cert)).validToDate.getTime() > Date.now() + 30 * day;
};

/** A certificate of the data folder's own CA for these names and addresses. */
const selfSigned = (dataDir: DataDir, hosts: readonly string[]): ServerTls => {
  const folder = join(dataDir.root, 'tls');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  ensureCa(folder);
  const names = [...new Set(hosts)].map((host) => `${isIP(host) === 0 ? 'DNS' : 'IP'}:${host}`).join(',');
  if (!isCurrent(folder, names)) {
    openssl(folder, 'req', '-new', ...newKey, '-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=oreno');
    chmodSync(join(folder, 'server.key'), 0o600);
    writeFileSync(
      join(folder, 'server.ext'),
      `basicConstraints=CA:FALSE\nkeyUsage=digitalSignature\nextendedKeyUsage=serverAuth\nsubjectAltName=${names}\n`,
    );
    const by = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '397', '-extfile', 'server.ext'];
    openssl(folder, 'x509', '-req', '-in', 'server.csr', '-out', 'server.crt', ...by);
    writeFileSync(join(folder, 'server.names'), names);
  }
  const text = (file: string): string => readFileSync(join(folder, file), 'utf8');
  return { cert: text('server.crt') + text('ca.crt'), key: text('server.key'), caFile: join(folder, 'ca.crt') };
};

const endsInOwnRoot = (chain: string): boolean => {
  const last = chain.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g)?.at(-1);
  const certificate = last === undefined ? undefined : new X509Certificate(last);
  return certificate?.checkIssued(certificate) === true;
};

/** The TLS that the options ask for; undefined for plain HTTP. Throws a usage failure that tells what to do. */
export const openTls = (options: TlsOptions, dataDir: DataDir, hosts: readonly string[]): ServerTls | undefined => {
  const { tlsCert, tlsKey, tlsSelfSigned } = options;
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    throw new CommandFailure('--tls-cert and --tls-key go together.', 2);
  }
  if (tlsCert === undefined || tlsKey === undefined) {
    return tlsSelfSigned === true ? selfSigned(dataDir, hosts) : undefined;
  }
  if (tlsSelfSigned === true) throw new CommandFailure('give --tls-self-signed, or a certificate of your own.', 2);
  const [cert, key] = [readPem('--tls-cert', tlsCert), readPem('--tls-key', tlsKey)];
  checkPair(cert, key);
  // A chain that ends in a root of its own is no public authority's: this machine's commands have to be told of it.
  return endsInOwnRoot(cert) ? { cert, key, caFile: resolve(tlsCert) } : { cert, key };
};

/** The hosts that a server's own certificate is for. */
export const hostsOf = (listenHost: string, registryHost: string | undefined, region: string): readonly string[] => [
  'localhost',
  '127.0.0.1',
  '::1',
  hostname(),
  ...(listenHost === '0.0.0.0' || listenHost === '::' ? [] : [listenHost]),
  ...(registryHost === undefined ? [] : [registryHost.replace(/:\d+$/, '').replace(/^\[|\]$/g, '')]),
  `*.dkr.ecr.${region}.amazonaws.com`,
  `api.ecr.${region}.amazonaws.com`,
];
