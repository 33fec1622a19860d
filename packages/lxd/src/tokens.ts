/** Tokens with which a client has itself trusted, as the programs exchange them: base 64 of JSON. */
import { LxdError } from './errors.ts';

export interface TrustToken {
  readonly client_name: string;
  /** SHA-256 of the server's certificate in DER, in hexadecimal digits. */
  readonly fingerprint: string;
  /** `host:port`, of the server. */
  readonly addresses: readonly string[];
  readonly secret: string;
  /** ISO 8601; year 1 for never. */
  readonly expires_at: string;
  /** What the client becomes, in a token of LXD's identities (`lxc auth identity create tls/NAME`). */
  readonly type?: string;
}

/** What the server tells of a token that it made. */
export interface TokenMetadata {
  readonly addresses: readonly string[];
  readonly fingerprint: string;
  readonly secret: string;
  readonly request: { readonly name: string };
  readonly expiresAt?: string;
}

export const tokenText = ({ addresses, fingerprint, secret, request, expiresAt }: TokenMetadata): string => {
  const expires_at = expiresAt ?? '0001-01-01T00:00:00Z';
  const token: TrustToken = { client_name: request.name, fingerprint, addresses, secret, expires_at };
  return Buffer.from(JSON.stringify(token)).toString('base64');
};

/** The token in a text; undefined for a text that is none. */
export const readToken = (text: string): TrustToken | undefined => {
  try {
    const token = JSON.parse(Buffer.from(text.trim(), 'base64').toString()) as Partial<TrustToken>;
    const { client_name = '', fingerprint, addresses, secret, expires_at = '', type = '' } = token;
    if (fingerprint === undefined || addresses === undefined || secret === undefined) return undefined;
    return { client_name, fingerprint, addresses, secret, expires_at, ...(type !== '' && { type }) };
  } catch {
    return undefined;
  }
};

/** Reads a token. Throws an LxdError for a text that is none. */
export const parseToken = (text: string): TrustToken => {
  const token = readToken(text);
  if (token !== undefined) return token;
  throw new LxdError('this is no trust token', {}, 'Make one on the server: lxc config trust add --name NAME');
};
