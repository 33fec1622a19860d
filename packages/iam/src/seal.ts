/**
 * Sealed tokens: a payload that only servers of this installation can read or make (AES-256-GCM under the sealing
 * key), bound to a purpose and an end. They need no table: whoever has the key opens them. A token for one
 * purpose is worth nothing for another.
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

export interface Sealer {
  /** A token of URL-safe text that {@link Sealer.unseal} opens until `expiresAt`, milliseconds since the epoch. */
  readonly seal: (purpose: string, payload: object, expiresAt: number) => string;
  /** The payload; undefined when the token was not made here for this purpose, or is past its end. */
  readonly unseal: (purpose: string, token: string, now: number) => unknown;
  /** A secret that belongs to a text: the same on every server, of no use to learn the key. */
  readonly secretOf: (purpose: string, text: string) => Buffer;
}

const algorithm = 'aes-256-gcm';
const version = 1;
const nonceLength = 12;
const tagLength = 16;
/** Longer texts are not tokens of ours. */
const longest = 16_384;

/** A key of its own for each use of the one that is stored. */
const subkey = (key: Uint8Array, use: string): Buffer => Buffer.from(hkdfSync('sha256', key, '', use, 32));

export const createSealer = (stored: Uint8Array): Sealer => {
  const [key, secretKey] = [subkey(stored, 'seal'), subkey(stored, 'secret')];
  return {
    seal: (purpose, payload, expiresAt) => {
      const nonce = randomBytes(nonceLength);
      const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: tagLength });
      cipher.setAAD(Buffer.from(`${version}:${purpose}`));
      const text = JSON.stringify({ expiresAt, payload });
      const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([Buffer.from([version]), nonce, sealed, cipher.getAuthTag()]).toString('base64url');
    },
    unseal: (purpose, token, now) => {
      if (token.length > longest) return undefined;
      const bytes = Buffer.from(token, 'base64url');
      if (bytes.length < 1 + nonceLength + tagLength || bytes[0] !== version) return undefined;
      const decipher = createDecipheriv(algorithm, key, bytes.subarray(1, 1 + nonceLength), {
        authTagLength: tagLength,
      });
      decipher.setAAD(Buffer.from(`${version}:${purpose}`));
      decipher.setAuthTag(bytes.subarray(-tagLength));
      try {
        const text =
          decipher.update(bytes.subarray(1 + nonceLength, -tagLength), undefined, 'utf8') + decipher.final('utf8');
        const { expiresAt, payload } = JSON.parse(text) as { readonly expiresAt: number; readonly payload: unknown };
        return expiresAt > now ? payload : undefined;
      } catch {
        return undefined;
      }
    },
    secretOf: (purpose, text) => createHmac('sha256', secretKey).update(`${purpose}\n${text}`).digest(),
  };
};
