import type { Handler, ecr } from '@oreno/aws-wire';
import type { EcrContext } from '../context.ts';
import { imageNotFound } from '../domain/exceptions.ts';
import { resolveImage } from './image-id.ts';
import { repositoryOf } from './repository.ts';

/** The image, and no signature of AWS Signer: none is ever made here. */
export const DescribeImageSigningStatus: Handler<ecr.Operations, 'DescribeImageSigningStatus', EcrContext> = async (
  input,
  context,
) => {
  const repository = await repositoryOf(input, context, 'DescribeImageSigningStatus');
  const { imageId } = input;
  const resolved = await context.store.read((tx) => resolveImage(tx, repository.repositoryId, imageId));
  if (resolved.kind === 'failure') throw imageNotFound(repository, imageId);
  return {
    registryId: repository.account,
    repositoryName: repository.repositoryName,
    imageId: { imageDigest: resolved.image.digest, imageTag: imageId.imageTag },
    signingStatuses: [],
  };
};
