/**
 * Content digests: `algorithm:encoded`. Only digests that this registry can compute are digests here; a text that
 * merely looks like one is not. The grammar is the OCI image specification's, section "Digests".
 */

export type DigestAlgorithm = 'sha256' | 'sha512';

export interface Digest {
  readonly algorithm: DigestAlgorithm;
  /** Lower-case hexadecimal digits. */
  readonly encoded: string;
  /** The whole digest, as it is written in URLs and manifests. */
  readonly text: string;
}

const hexDigits: { readonly [Algorithm in DigestAlgorithm]: number } = { sha256: 64, sha512: 128 };

/** The digest algorithms that can be announced for an upload. */
export const isDigestAlgorithm = (text: string): text is DigestAlgorithm => Object.hasOwn(hexDigits, text);

/** Reads a digest; undefined when it is malformed or of an algorithm that is not supported. */
export const parseDigest = (text: string): Digest | undefined => {
  const colon = text.indexOf(':');
  const algorithm = text.slice(0, Math.max(colon, 0));
  if (!isDigestAlgorithm(algorithm)) return undefined;
  const encoded = text.slice(colon + 1);
  return encoded.length === hexDigits[algorithm] && /^[0-9a-f]+$/.test(encoded)
    ? { algorithm, encoded, text }
    : undefined;
};

/** The grammar of a digest of any algorithm, as descriptors inside manifests may carry it. */
export const isDigestShaped = (text: string): boolean =>
  text.length <= 512 && /^[a-z0-9]+(?:[+._-][a-z0-9]+)*:[A-Za-z0-9=_-]+$/.test(text);
