/** Trust in one certificate: that of the server with this fingerprint, whatever name or authority it has. */
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import { connect, type Lxd } from './connect.ts';
import { ConnectionError, LxdError } from './errors.ts';
import { parseToken } from './tokens.ts';

const patience = 10_000;

/** Hexadecimal digits alone. */
const plain = (fingerprint: string): string => fingerprint.replaceAll(':', '').toLowerCase();

const pemOf = (der: Buffer): string =>
  `-----BEGIN CERTIFICATE-----\n${der.toString('base64').replaceAll(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`;

/**
 * TLS options that trust the server at a URL by its fingerprint (SHA-256 of its certificate, in hexadecimal digits),
 * alone: every later connection must show the same certificate. Throws a ConnectionError where another one is shown.
 */
export const pinned = (url: string, fingerprint: string): Promise<ConnectionOptions> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const host = hostname.replaceAll(/^\[|\]$/g, '');
    const fail = (text: string, hint = '', cause?: unknown): void => {
      socket.destroy();
      reject(new ConnectionError(text, { operation: url, cause }, hint));
    };
    // Nobody is trusted yet: the certificate is looked at, and nothing is sent.
    const socket = connectTls({ host, port: Number(port || 443), rejectUnauthorized: false }, () => {
      const { raw, fingerprint256 } = socket.getPeerCertificate();
      if (plain(fingerprint256) !== plain(fingerprint)) {
        fail(`the server's certificate is not the pinned one, but ${plain(fingerprint256)}`, 'Is it another server?');
        return;
      }
      socket.destroy();
      resolve({ ca: pemOf(raw), checkServerIdentity: () => undefined });
    });
    socket.setTimeout(patience, () => fail(`the server does not answer within ${patience / 1000} s`));
    socket.on('error', (error) => fail(error.message, 'Does the server listen there?', error));
  });

export interface TrustOptions {
  /** Made on the server: `lxc config trust add --name NAME`, or {@link Certificates.token}. */
  readonly token: string;
  /** The client's certificate and key, in PEM. */
  readonly cert: string;
  readonly key: string;
}

/**
 * Has this client's certificate trusted by a token, and connects: to the first of the token's addresses that answers
 * with the certificate that the token names. Throws a ConnectionError that tells them all where none does.
 */
export const connectByToken = async ({ token, cert, key }: TrustOptions): Promise<Lxd> => {
  const { addresses, fingerprint } = parseToken(token);
  const failures: string[] = [];
  for (const address of addresses) {
    const url = `https://${address}`;
    const tls = await pinned(url, fingerprint).catch((error: unknown) => {
      if (!(error instanceof LxdError)) throw error;
      failures.push(error.message);
    });
    if (tls === undefined) continue;
    const options = { url, tls: { ...tls, cert, key } };
    const stranger = await connect(options);
    try {
      if (stranger.server.auth !== 'trusted') await stranger.certificates.trustMe(token);
    } finally {
      stranger.close();
    }
    return connect(options);
  }
  throw new ConnectionError(failures.join('; ') || 'the token names no address', { operation: 'trust' });
};
