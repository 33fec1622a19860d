/** The certificate that a server shows, looked at before anything is sent to it. */
import { connect as connectTls } from 'node:tls';
import { ConnectionError } from './errors.ts';
import { parseToken } from './tokens.ts';

const patience = 10_000;

/** Hexadecimal digits alone. */
const plain = (fingerprint: string): string => fingerprint.replaceAll(':', '').toLowerCase();

const pemOf = (der: Buffer): string =>
  `-----BEGIN CERTIFICATE-----\n${der.toString('base64').replaceAll(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`;

/**
 * The certificate, in PEM, of the server at a URL, which must be the one of the fingerprint (SHA-256, in hexadecimal
 * digits). Throws a ConnectionError where another one is shown, or nobody answers.
 */
export const certificateAt = (url: string, fingerprint: string): Promise<string> =>
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
      resolve(pemOf(raw));
    });
    socket.setTimeout(patience, () => fail(`the server does not answer within ${patience / 1000} s`));
    socket.on('error', (error) => fail(error.message, 'Does the server listen there?', error));
  });

export interface Answering {
  /** `host:port` */
  readonly address: string;
  /** In PEM. */
  readonly certificate: string;
}

/**
 * The first of a token's addresses that shows the certificate which the token names. Throws a ConnectionError that tells
 * of them all where none does, an LxdError for a text that is no token.
 */
export const answeringOf = async (token: string): Promise<Answering> => {
  const { addresses, fingerprint } = parseToken(token);
  const failures: string[] = [];
  for (const address of addresses) {
    try {
      return { address, certificate: await certificateAt(`https://${address}`, fingerprint) };
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error;
      failures.push(error.message);
    }
  }
  throw new ConnectionError(failures.join('; ') || 'the token names no address', { operation: 'trust' });
};
