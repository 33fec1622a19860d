import type { Handler, ecr } from '@oreno/aws-wire';
import type { EcrContext } from '../context.ts';
import { imageNotFound, scanNotFound } from '../domain/exceptions.ts';
import { resolveImage } from './image-id.ts';
import { repositoryOf } from './repository.ts';

export const DescribeImageScanFindings: Handler<ecr.Operations, 'DescribeImageScanFindings', EcrContext> = async (
  input,
  context,
) => {
  const repository = await repositoryOf(input, context, 'DescribeImageScanFindings');
  const { imageId } = input;
  const resolved = await context.store.read((tx) => resolveImage(tx, repository.repositoryId, imageId));
  if (resolved.kind === 'failure') throw imageNotFound(repository, imageId);
  const { scan, digest } = resolved.image;
  if (!scan) throw scanNotFound(repository, imageId);
  const { status, description } = scan;
  return {
    registryId: repository.account,
    repositoryName: repository.repositoryName,
    imageId: { imageDigest: digest, imageTag: imageId.imageTag },
    imageScanStatus: { status, description },
  };
};
