import type { Handler, ecr } from '@oreno/aws-wire';
import { registryOf } from '../access.ts';
import type { EcrContext } from '../context.ts';
import { imageNotFound } from '../domain/exceptions.ts';
import { scanFailure } from '../domain/scanning.ts';
import { images } from '../records.ts';
import { resolveImage } from './image-id.ts';
import { needRepository } from './repository.ts';

/** There is no scanner: the scan is on record as failed, with the reason. */
export const StartImageScan: Handler<ecr.Operations, 'StartImageScan', EcrContext> = async (input, context) => {
  const scope = registryOf(input, context, 'StartImageScan');
  const { repositoryName, imageId } = input;
  const scan = scanFailure(context.now());
  const imageDigest = await context.store.update(async (tx) => {
    const repository = await needRepository(tx, scope, repositoryName);
    const resolved = await resolveImage(tx, repository.repositoryId, imageId);
    if (resolved.kind === 'failure') throw imageNotFound(repository, imageId);
    await tx.put(images, { ...resolved.image, scan });
    return resolved.image.digest;
  });
  const { status, description } = scan;
  return {
    registryId: scope.account,
    repositoryName,
    imageId: { imageDigest, imageTag: imageId.imageTag },
    imageScanStatus: { status, description },
  };
};
