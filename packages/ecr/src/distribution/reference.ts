/** What stands behind `/manifests/`: a tag, or else a digest. */
import type { Digest } from '../domain/digest.ts';
import { parseDigest } from '../domain/digest.ts';
import { isTag } from '../domain/names.ts';
import { registryError } from './registry-error.ts';

export type Reference =
  | { readonly tag: string; readonly digest?: undefined }
  | { readonly digest: Digest; readonly tag?: undefined };

/** Reads a reference; throws TAG_INVALID or DIGEST_INVALID for a text that is neither. */
export const readReference = (text: string): Reference => {
  if (isTag(text)) return { tag: text };
  const digest = parseDigest(text);
  if (digest) return { digest };
  if (text.includes(':'))
    throw registryError('DIGEST_INVALID', 'The digest is malformed or of an unsupported algorithm');
  throw registryError('TAG_INVALID', 'The tag is not valid: up to 128 letters, digits, and . _ - inside');
};
