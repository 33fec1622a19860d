import type { Handler, ecr } from '@oreno/aws-wire';
import type { WriteTransaction } from '@oreno/store';
import { registryOf } from '../access.ts';
import type { EcrContext } from '../context.ts';
import { deleteImageAndReferrers, deleteTag } from '../content/delete-image.ts';
import type { DeletedImage } from '../content/delete-image.ts';
import { imageDeleted } from '../domain/events.ts';
import { tagsOf, uses } from '../records.ts';
import { resolveImage } from './image-id.ts';
import { needRepository } from './repository.ts';

type Deleted =
  | {
      readonly kind: 'deleted';
      readonly imageIds: readonly ecr.ImageIdentifier[];
      readonly gone: readonly DeletedImage[];
    }
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
    return {
      kind: 'deleted',
      imageIds: [{ imageDigest, imageTag }],
      gone: [{ digest: imageDigest, tags: [imageTag] }],
    };
  }
  if (child) {
    const failureReason = `Requested image referenced by manifest list: ${imageDigest}`;
    return { kind: 'failure', failure: { imageId, failureCode: 'ImageReferencedByManifestList', failureReason } };
  }
  const gone = await deleteImageAndReferrers(tx, repositoryId, imageDigest);
  const removed = gone[0]?.tags ?? [];
  return {
    kind: 'deleted',
    gone,
    imageIds: removed.length === 0 ? [{ imageDigest }] : removed.map((tag) => ({ imageDigest, imageTag: tag })),
  };
};

export const BatchDeleteImage: Handler<ecr.Operations, 'BatchDeleteImage', EcrContext> = async (input, context) => {
  const scope = registryOf(input, context, 'BatchDeleteImage');
  return context.store.update(async (tx) => {
    const repository = await needRepository(tx, scope, input.repositoryName);
    const outcomes: Deleted[] = [];
    for (const imageId of input.imageIds) outcomes.push(await deleteOne(tx, repository.repositoryId, imageId));
    const gone = outcomes.flatMap((outcome) => (outcome.kind === 'deleted' ? outcome.gone : []));
    const events = gone.flatMap(({ digest, tags }) => imageDeleted(repository, digest, tags));
    await context.writeEvents(tx, events, context.now());
    return {
      imageIds: outcomes.flatMap((outcome) => (outcome.kind === 'deleted' ? outcome.imageIds : [])),
      failures: outcomes.flatMap((outcome) => (outcome.kind === 'failure' ? [outcome.failure] : [])),
    };
  });
};
