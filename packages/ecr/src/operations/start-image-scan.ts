import { AwsError } from '@oreno/aws-wire';
import type { Handler, ecr } from '@oreno/aws-wire';
import { registryOf } from '../access.ts';
import type { EcrContext } from '../context.ts';
import { describeImageId, imageNotFound } from '../domain/exceptions.ts';
import { isScannable, isScannedEnough } from '../domain/scanning/scan.ts';
import { manifestKinds } from '../domain/media-types.ts';
import { scans } from '../scan-records.ts';
import { resolveImage } from './image-id.ts';
import { needRepository } from './repository.ts';

/** Asks for a scan; a loop carries it out. Where there is no scanner it fails, with that reason. */
export const StartImageScan: Handler<ecr.Operations, 'StartImageScan', EcrContext> = async (input, context) => {
  const scope = registryOf(input, context, 'StartImageScan');
  const { repositoryName, imageId } = input;
  const now = context.now();
  const imageDigest = await context.store.update(async (tx) => {
    const repository = await needRepository(tx, scope, repositoryName);
    const { repositoryId } = repository;
    const resolved = await resolveImage(tx, repositoryId, imageId);
    if (resolved.kind === 'failure') throw imageNotFound(repository, imageId);
    const { digest, mediaType, artifactMediaType, isArchived } = resolved.image;
    if (isArchived === true) {
      throw new AwsError(
        'ImageArchivedException',
        `The image with ${describeImageId(imageId)} is archived: restore it`,
      );
    }
    if (!isScannable({ kind: manifestKinds.get(mediaType), artifactMediaType })) {
      throw new AwsError(
        'UnsupportedImageTypeException',
        `The image with ${describeImageId(imageId)} is of a type that cannot be scanned`,
      );
    }
    const earlier = (await tx.get(scans, { repositoryId, digest }))?.record;
    if (isScannedEnough(earlier, now)) {
      throw new AwsError('LimitExceededException', 'The scan quota per image has been exceeded. Wait and try again.');
    }
    await tx.put(scans, { repositoryId, digest, status: 'IN_PROGRESS', askedAt: now });
    return digest;
  });
  context.wakeScans();
  return {
    registryId: scope.account,
    repositoryName,
    imageId: { imageDigest, imageTag: imageId.imageTag },
    imageScanStatus: { status: 'IN_PROGRESS' },
  };
};
