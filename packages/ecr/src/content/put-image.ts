/**
 * Storing a manifest: one transaction checks that everything it names is in the repository and makes the image, its
 * text, what it uses, and its tags appear together. A manifest that is there already keeps its push time; one that is
 * archived is brought back.
 */
import type { WriteTransaction } from '@oreno/store';
import type { EcrParts } from '../context.ts';
import { imagePushed } from '../domain/events.ts';
import { askForCopies } from './ask-for-copies.ts';
import { askForScan } from './ask-for-scan.ts';
import { decideImagePut } from '../domain/image-put.ts';
import type { ImageFault } from '../domain/image-put.ts';
import { digestsOf } from '../domain/manifest.ts';
import type { Descriptor, Manifest } from '../domain/manifest.ts';
import { findRepository, findTagged, images, layers, manifests, tags, uses } from '../records.ts';
import { restoreImage } from './storage-class.ts';
import type { Change, Restored } from './storage-class.ts';
import type { ImageRecord, RepositoryRecord, Scope, UseRecord } from '../records.ts';

export interface ImagePut {
  readonly scope: Scope;
  readonly repositoryName: string;
  readonly manifest: Manifest;
  readonly text: string;
  /** Bytes of the text. */
  readonly size: number;
  readonly digest: string;
  readonly tags: readonly string[];
  /** Whether a client pushed it: images that come from another registry are told of as such. */
  readonly isPush: boolean;
}

export type ImagePutResult =
  | {
      readonly kind: 'stored';
      readonly repository: RepositoryRecord;
      readonly image: ImageRecord;
      readonly alreadyThere: boolean;
      /** Copies in other registries were asked for. */
      readonly copies: boolean;
      /** A scan of it was asked for. */
      readonly scan: boolean;
    }
  | { readonly kind: 'noRepository' }
  | ImageFault;

const missingOf = async (
  descriptors: readonly Descriptor[],
  isThere: (digest: string) => Promise<boolean>,
): Promise<readonly string[]> => {
  const missing: string[] = [];
  for (const digest of digestsOf(descriptors)) if (!(await isThere(digest))) missing.push(digest);
  return missing;
};

const sizeOf = async (tx: WriteTransaction, repositoryId: string, manifest: Manifest): Promise<number> => {
  let largest = manifest.contentSize;
  for (const { digest } of manifest.children) {
    largest = Math.max(largest, (await tx.get(images, { repositoryId, digest }))?.record.imageSize ?? 0);
  }
  return largest;
};

const usesOf = (repositoryId: string, imageDigest: string, { blobs, children }: Manifest): readonly UseRecord[] => [
  ...blobs.map(({ digest, mediaType }) => ({ repositoryId, digest, imageDigest, kind: 'blob', mediaType }) as const),
  ...children.map(
    ({ digest, mediaType }) => ({ repositoryId, digest, imageDigest, kind: 'child', mediaType }) as const,
  ),
];

const insertImage = async (
  tx: WriteTransaction,
  put: ImagePut,
  repository: RepositoryRecord,
  now: number,
): Promise<ImageRecord> => {
  const { manifest, digest } = put;
  const { repositoryId } = repository;
  const image: ImageRecord = {
    repositoryId,
    digest,
    mediaType: manifest.mediaType,
    manifestSize: put.size,
    imageSize: await sizeOf(tx, repositoryId, manifest),
    subject: manifest.subject,
    artifactType: manifest.artifactType,
    artifactMediaType: manifest.artifactMediaType,
    annotations: manifest.subject === undefined ? undefined : manifest.annotations,
    pushedAt: now,
  };
  await tx.put(images, image);
  await tx.put(manifests, { repositoryId, digest, text: put.text });
  for (const used of usesOf(repositoryId, digest, manifest)) await tx.put(uses, used);
  return image;
};

/** The images of an index that are archived come back with it: what names them can be pulled whole. */
const restoreChildren = async (tx: WriteTransaction, { children }: Manifest, change: Change): Promise<Restored> => {
  const asked = { copies: false, scan: false };
  for (const { digest } of children) {
    const child = (await tx.get(images, { repositoryId: change.repository.repositoryId, digest }))?.record;
    if (child?.isArchived !== true) continue;
    const { copies, scan } = await restoreImage(tx, child, change);
    asked.copies ||= copies;
    asked.scan ||= scan;
  }
  return asked;
};

/**
 * Stores the manifest under its digest and tags, at `now` (milliseconds since the epoch), or says why not and changes
 * nothing.
 */
export const putImage = (
  { store, writeEvents }: Pick<EcrParts, 'store' | 'writeEvents'>,
  put: ImagePut,
  now: number,
): Promise<ImagePutResult> =>
  store.update(async (tx): Promise<ImagePutResult> => {
    const { manifest, digest } = put;
    const repository = await findRepository(tx, put.scope, put.repositoryName);
    if (!repository) return { kind: 'noRepository' };
    const { repositoryId } = repository;
    const tagged = new Map<string, string>();
    for (const tag of put.tags) {
      const on = await findTagged(tx, repositoryId, tag);
      if (on !== undefined) tagged.set(tag, on);
    }
    const existing = (await tx.get(images, { repositoryId, digest }))?.record;
    const restores = existing?.isArchived === true;
    const fault = decideImagePut(digest, put.tags, {
      repository,
      missingLayers: await missingOf(
        manifest.blobs,
        async (used) => (await tx.get(layers, { repositoryId, digest: used })) !== undefined,
      ),
      missingImages: await missingOf(
        manifest.children,
        async (used) => (await tx.get(images, { repositoryId, digest: used })) !== undefined,
      ),
      tagged,
      restores,
      tagCount:
        put.tags.length === 0 ? 0 : await tx.count(tags, { index: 'byDigest', where: { repositoryId, digest } }),
    });
    if (fault) return fault;
    const change = { repository, writeEvents, now };
    const restored = restores ? await restoreImage(tx, existing, change) : await restoreChildren(tx, manifest, change);
    const image = existing ?? (await insertImage(tx, put, repository, now));
    for (const tag of put.tags) {
      if (tagged.get(tag) !== digest) await tx.put(tags, { repositoryId, tag, digest, taggedAt: now });
    }
    const alreadyThere = existing !== undefined && !restores && put.tags.every((tag) => tagged.get(tag) === digest);
    const copies = !alreadyThere && (await askForCopies(tx, repository, digest, now));
    if (put.isPush && !alreadyThere) await writeEvents(tx, imagePushed(repository, digest, put.tags), now);
    const scan = existing === undefined && (await askForScan(tx, repository, image, now));
    return {
      kind: 'stored',
      repository,
      image,
      alreadyThere,
      copies: copies || restored.copies,
      scan: scan || restored.scan,
    };
  });
