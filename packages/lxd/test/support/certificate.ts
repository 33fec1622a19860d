/** Certificates that nobody vouches for but the test, as clients and small servers have them. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** In PEM. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

/** Makes one for a client, and for a server at loopback. */
export const selfSigned = async (name: string): Promise<KeyPair> => {
  const folder = await mkdtemp(join(tmpdir(), 'oreno-certificate-'));
  const [key, cert] = [join(folder, 'key'), join(folder, 'cert')];
  const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-days', '2'];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:secp384r1', '-nodes'];
  await run('openssl', ['req', '-x509', ...curve, '-keyout', key, '-out', cert, ...subject]);
  const pair = { cert: await readFile(cert, 'utf8'), key: await readFile(key, 'utf8') };
  await rm(folder, { recursive: true });
  return pair;
};
