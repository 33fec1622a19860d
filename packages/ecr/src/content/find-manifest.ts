/** Finding a manifest by tag or digest, with its text. */
import type { ReadTransaction } from '@oreno/store';
import { findTagged, images, manifests } from '../records.ts';
import type { ImageRecord } from '../records.ts';

export interface FoundManifest {
  readonly image: ImageRecord;
  /** The manifest as it was pushed. */
  readonly text: string;
}

/** The manifest that a tag is on or that has the digest; undefined when there is none that can be pulled. */
export const findManifest = async (
  tx: ReadTransaction,
  repositoryId: string,
  reference: { readonly tag?: string | undefined; readonly digest?: { readonly text: string } | undefined },
): Promise<FoundManifest | undefined> => {
  const digest =
    reference.digest?.text ??
    (reference.tag === undefined ? undefined : await findTagged(tx, repositoryId, reference.tag));
  if (digest === undefined) return undefined;
  const image = await tx.get(images, { repositoryId, digest });
  const manifest = await tx.get(manifests, { repositoryId, digest });
  return image && image.record.isArchived !== true && manifest
    ? { image: image.record, text: manifest.record.text }
    : undefined;
};
