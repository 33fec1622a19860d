import { AwsError } from '@oreno/aws-wire';
import type { Handler, ecr } from '@oreno/aws-wire';
import { registryOf } from '../access.ts';
import { archiveImage, isNamedByActiveIndex, restoreImage } from '../content/storage-class.ts';
import type { EcrContext } from '../context.ts';
import { imageNotFound } from '../domain/exceptions.ts';
import { resolveImage } from './image-id.ts';
import { needRepository } from './repository.ts';

/** Archives an image or brings it back; both are done when it answers. A restored image is scanned and replicated as a pushed one. */
export const UpdateImageStorageClass: Handler<ecr.Operations, 'UpdateImageStorageClass', EcrContext> = async (
  input,
  context,
) => {
  const scope = registryOf(input, context, 'UpdateImageStorageClass');
  const { repositoryName, imageId, targetStorageClass } = input;
  const toArchive = targetStorageClass === 'ARCHIVE';
  const now = context.now();
  const { imageDigest, copies, scan } = await context.store.update(async (tx) => {
    const repository = await needRepository(tx, scope, repositoryName);
    const resolved = await resolveImage(tx, repository.repositoryId, imageId);
    if (resolved.kind === 'failure') throw imageNotFound(repository, imageId);
    const { image } = resolved;
    const moved = { imageDigest: image.digest, copies: false, scan: false };
    if ((image.isArchived === true) === toArchive) return moved;
    const change = { repository, writeEvents: context.writeEvents, now };
    if (!toArchive) return { ...moved, ...(await restoreImage(tx, image, change)) };
    if (await isNamedByActiveIndex(tx, repository.repositoryId, image.digest)) {
      throw new AwsError(
        'ImageStorageClassUpdateNotSupportedException',
        `The image with digest '${image.digest}' is referenced by a manifest list that is not archived: archive the manifest list`,
      );
    }
    await archiveImage(tx, image, change);
    return moved;
  });
  if (copies) context.wakeReplication();
  if (scan) context.wakeScans();
  return {
    registryId: scope.account,
    repositoryName,
    imageId: { imageDigest, imageTag: imageId.imageTag },
    imageStatus: toArchive ? 'ARCHIVED' : 'ACTIVE',
  };
};
