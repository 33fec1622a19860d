/** Who is trusted by a server (LXD documentation, "Remote API authentication"). */
import type { Certificate, CertificatePut } from './api/types.ts';
import type { Client } from './client.ts';
import { collectionAt, type Collection } from './collection.ts';
import { ForbiddenError, LxdError } from './errors.ts';
import type { OperationState } from './operation.ts';
import { readToken, tokenText, type TokenMetadata } from './tokens.ts';

export interface NewCertificate {
  readonly name: string;
  /** Base 64 of the certificate in DER; the caller's own when absent. */
  readonly certificate?: string | undefined;
  /** What it may do: all (`client`, the usual), or read the measurements alone (`metrics`). */
  readonly type?: 'client' | 'metrics' | undefined;
  readonly restricted?: boolean | undefined;
  readonly projects?: readonly string[] | undefined;
}

export interface Certificates extends Omit<Collection<Certificate>, 'create' | 'rename' | 'update'> {
  update(fingerprint: string, change: (before: Certificate) => CertificatePut): Promise<void>;
  add(certificate: NewCertificate): Promise<void>;
  /** A token with which a client that is not trusted yet adds its own certificate, once. */
  token(name: string, options?: Pick<NewCertificate, 'projects' | 'restricted'>): Promise<string>;
  /**
   * The caller, not trusted yet, has itself trusted by a token (or, up to LXD 5, a trust password). Throws a
   * ForbiddenError for a secret that the server does not take.
   */
  trustMe(secret: string, name?: string): Promise<void>;
}

export const certificatesOf = (client: Client): Certificates => {
  const { list, get, update, delete: remove } = collectionAt<Certificate>(client, '/certificates');
  const post = (json: object, needs?: string) =>
    client.call({ method: 'POST', path: '/certificates', json, subject: 'certificate', needs });
  return {
    list,
    get,
    update,
    delete: remove,
    add: async (certificate) => void (await post({ type: 'client', ...certificate })),
    token: async (name, options = {}) => {
      const { envelope } = await post({ type: 'client', name, token: true, ...options }, 'certificate_token');
      const { metadata } = envelope.metadata as OperationState;
      return tokenText(metadata as unknown as TokenMetadata);
    },
    trustMe: async (secret, name) => {
      const token = readToken(secret);
      if (token?.type !== undefined) {
        const json = { trust_token: secret };
        await client.call({ method: 'POST', path: '/auth/identities/tls', json, subject: token.client_name });
        return;
      }
      // LXD 5.0 takes both in one member, later servers and Incus tokens in another; LXD 6 refuses to see the first.
      const takesTokens =
        client.server?.api_extensions.includes('explicit_trust_token') === true && token !== undefined;
      const own = takesTokens ? { trust_token: secret } : { password: secret, trust_token: secret };
      try {
        await post({ type: 'client', ...own, ...(name !== undefined && { name }) });
      } catch (error) {
        if (!(error instanceof LxdError) || error.code !== 501) throw error;
        const details = { operation: error.operation, subject: error.subject, code: error.code, cause: error };
        const hint = 'Make one on the server: lxc config trust add --name NAME';
        throw new ForbiddenError('this server takes no password, and this is no trust token', details, hint);
      }
    },
  };
};
