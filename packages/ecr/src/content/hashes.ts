/**
 * The hashes of a stream while it passes: SHA-256 always, since it names the blob, and SHA-512 where the client
 * announced it. They know how many bytes they have seen, so that a hash that missed some is never trusted.
 */
import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import type { Digest, DigestAlgorithm } from '../domain/digest.ts';

export interface Hashes {
  readonly sha256: Hash;
  readonly sha512: Hash | undefined;
  /** Bytes hashed. */
  size: number;
}

export const createHashes = (algorithm: DigestAlgorithm): Hashes => ({
  sha256: createHash('sha256'),
  sha512: algorithm === 'sha512' ? createHash('sha512') : undefined,
  size: 0,
});

/** The same state again: what the copy sees does not change the original. */
export const copyHashes = ({ sha256, sha512, size }: Hashes): Hashes => ({
  sha256: sha256.copy(),
  sha512: sha512?.copy(),
  size,
});

/** Hashes the next bytes of a stream. */
export const updateHashes = (hashes: Hashes, chunk: Uint8Array): void => {
  hashes.sha256.update(chunk);
  hashes.sha512?.update(chunk);
  hashes.size += chunk.byteLength;
};

/** Hashes a whole stream. */
export const hashAll = async (algorithm: DigestAlgorithm, source: AsyncIterable<Uint8Array>): Promise<Hashes> => {
  const hashes = createHashes(algorithm);
  for await (const chunk of source) updateHashes(hashes, chunk);
  return hashes;
};

/** The digest of bytes in memory. */
export const digestOf = (algorithm: DigestAlgorithm, bytes: Uint8Array): string =>
  `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;

/** Whether bytes in memory have that digest. */
export const hasDigest = (bytes: Uint8Array, digest: Digest): boolean =>
  digestOf(digest.algorithm, bytes) === digest.text;
