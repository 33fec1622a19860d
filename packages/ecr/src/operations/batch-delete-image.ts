import type { Handler, ecr } from '@oreno/aws-wire';
import type { WriteTransaction } from '@oreno/store';
import { registryOf } from '../access.ts';
import type { EcrContext } from '../context.ts';
import { deleteImageAndReferrers, deleteTag } from '../content/delete-image.ts';
import { tagsOf, uses } from '../records.ts';
import { resolveImage } from './image-id.ts';
import { needRepository } from './repository.ts';

type Deleted =
  | { readonly kind: 'deleted'; readonly imageIds: readonly ecr.ImageIdentifier[] }
  | { readonly kind: 'failure'; readonly failure: ecr.ImageFailure };

const isChild = async (tx: WriteTransaction, repositoryId: string, digest: string): Promise<boolean> =>
  (await tx.list(uses, { where: { repositoryId, digest } })).some(({ record }) => record.kind === 'child');

/** By tag the tag goes, and the image with its last one; by digest, with a tag or without, the image and all its tags. */
const deleteOne = async (
  tx: WriteTransaction,
  repositoryId: string,
  imageId: ecr.ImageIdentifier,
): Promise<Deleted> => {
  const resolved = await resolveImage(tx, repositoryId, imageId);
  if (resolved.kind === 'failure') {
    const { failureCode, failureReason } = resolved;
    return { kind: 'failure', failure: { imageId, failureCode, failureReason } };
  }
  const imageDigest = resolved.image.digest;
  const imageTag = imageId.imageDigest === undefined ? imageId.imageTag : undefined;
  const imageTags = await tagsOf(tx, repositoryId, imageDigest);
  const child = await isChild(tx, repositoryId, imageDigest);
  // A tag can always be taken off the image of an index; the image itself stays as long as the index names it.
  if (imageTag !== undefined && (imageTags.length > 1 || child)) {
    await deleteTag(tx, repositoryId, imageTag);
    return { kind: 'deleted', imageIds: [{ imageDigest, imageTag }] };
  }
  if (child) {
    const failureReason = `Requested image referenced by manifest list: ${imageDigest}`;
    return { kind: 'failure', failure: { imageId, failureCode: 'ImageReferencedByManifestList', failureReason } };
  }
  const removed = (await deleteImageAndReferrers(tx, repositoryId, imageDigest)) ?? [];
  return {
    kind: 'deleted',
    imageIds: removed.length === 0 ? [{ imageDigest }] : removed.map((tag) => ({ imageDigest, imageTag: tag })),
  };
};

export const BatchDeleteImage: Handler<ecr.Operations, 'BatchDeleteImage', EcrContext> = async (input, context) => {
  const scope = registryOf(input, context, 'BatchDeleteImage');
  return context.store.update(async (tx) => {
    const { repositoryId } = await needRepository(tx, scope, input.repositoryName);
    const outcomes: Deleted[] = [];
    for (const imageId of input.imageIds) outcomes.push(await deleteOne(tx, repositoryId, imageId));
    return {
      imageIds: outcomes.flatMap((outcome) => (outcome.kind === 'deleted' ? outcome.imageIds : [])),
      failures: outcomes.flatMap((outcome) => (outcome.kind === 'failure' ? [outcome.failure] : [])),
    };
  });
};
