/** Finding a manifest by tag or digest, with its text. */
import type { ReadTransaction } from '@oreno/store';
import { findTagged, images, manifests } from '../records.ts';
import type { ImageRecord } from '../records.ts';

export interface FoundManifest {
  readonly image: ImageRecord;
  /** The manifest as it was pushed. */
  readonly text: string;
}

/** A tag or a digest. */
export interface ImageReference {
  readonly tag?: string | undefined;
  readonly digest?: { readonly text: string } | undefined;
}

/** The image that a tag is on or that has the digest, archived or not; undefined when there is none. */
export const findImage = async (
  tx: ReadTransaction,
  repositoryId: string,
  { tag, digest: named }: ImageReference,
): Promise<ImageRecord | undefined> => {
  const digest = named?.text ?? (tag === undefined ? undefined : await findTagged(tx, repositoryId, tag));
  return digest === undefined ? undefined : (await tx.get(images, { repositoryId, digest }))?.record;
};

/** The same with its manifest; undefined when there is none that can be pulled. */
export const findManifest = async (
  tx: ReadTransaction,
  repositoryId: string,
  reference: ImageReference,
): Promise<FoundManifest | undefined> => {
  const image = await findImage(tx, repositoryId, reference);
  const manifest = image && (await tx.get(manifests, { repositoryId, digest: image.digest }));
  return image && image.isArchived !== true && manifest ? { image, text: manifest.record.text } : undefined;
};
