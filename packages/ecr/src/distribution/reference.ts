/** What stands behind `/manifests/`: a tag, or else a digest. */
import type { Digest } from '../domain/digest.ts';
import { parseDigest } from '../domain/digest.ts';
import { isTag } from '../domain/names.ts';
import { manifestUnknown } from './manifest-unknown.ts';
import { registryError } from './registry-error.ts';

export type Reference =
  | { readonly tag: string; readonly digest?: undefined }
  | { readonly digest: Digest; readonly tag?: undefined };

/** Reads what a manifest is put under; throws TAG_INVALID or DIGEST_INVALID for a text that is neither. */
export const readReference = (text: string): Reference => {
  if (isTag(text)) return { tag: text };
  const digest = parseDigest(text);
  if (digest) return { digest };
  if (text.includes(':'))
    throw registryError('DIGEST_INVALID', 'The digest is malformed or of an unsupported algorithm');
  throw registryError('TAG_INVALID', 'The tag is not valid: up to 128 letters, digits, and . _ - inside');
};

/**
 * Reads what a manifest is asked for by. A text that can be no tag is one that nothing has: MANIFEST_UNKNOWN, as the
 * conformance suite of the OCI distribution specification 1.1 has it. Throws DIGEST_INVALID for a malformed digest.
 */
export const readKnownReference = (text: string): Reference => {
  if (!isTag(text) && !text.includes(':')) throw manifestUnknown(text);
  return readReference(text);
};
