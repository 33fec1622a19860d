/** Trust in one certificate: that of the server with this fingerprint, whatever name or authority it has. */
import type { ConnectionOptions } from 'node:tls';
import { connect, type Lxd } from './connect.ts';
import { answeringOf, certificateAt } from './shown-certificate.ts';

/** TLS options that trust this certificate alone, whatever name it was made for. */
const trusting = (certificate: string): ConnectionOptions => ({
  ca: certificate,
  checkServerIdentity: () => undefined,
});

/**
 * TLS options that trust the server at a URL by its fingerprint (SHA-256 of its certificate, in hexadecimal digits),
 * alone: every later connection must show the same certificate. Throws a ConnectionError where another one is shown.
 */
export const pinned = async (url: string, fingerprint: string): Promise<ConnectionOptions> =>
  trusting(await certificateAt(url, fingerprint));

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
  const { address, certificate } = await answeringOf(token);
  const options = { url: `https://${address}`, tls: { ...trusting(certificate), cert, key } };
  const stranger = await connect(options);
  try {
    if (stranger.server.auth !== 'trusted') await stranger.certificates.trustMe(token);
  } finally {
    stranger.close();
  }
  return connect(options);
};
