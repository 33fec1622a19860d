import type { Handler, ecr } from '@oreno/aws-wire';
import type { EcrContext } from '../context.ts';
import { imageNotFound } from '../domain/exceptions.ts';
import { replications } from '../registry-records.ts';
import { resolveImage } from './image-id.ts';
import { repositoryOf } from './repository.ts';

export const DescribeImageReplicationStatus: Handler<
  ecr.Operations,
  'DescribeImageReplicationStatus',
  EcrContext
> = async (input, context) => {
  const repository = await repositoryOf(input, context, 'DescribeImageReplicationStatus');
  const { imageId } = input;
  const { repositoryId, repositoryName } = repository;
  return context.store.read(async (tx) => {
    const resolved = await resolveImage(tx, repositoryId, imageId);
    if (resolved.kind === 'failure') throw imageNotFound(repository, imageId);
    const { digest } = resolved.image;
    const rows = await tx.list(replications, { where: { repositoryId, digest } });
    return {
      repositoryName,
      imageId: { imageDigest: digest, imageTag: imageId.imageTag },
      replicationStatuses: rows.map(({ record: { toRegion, toAccount, status, failureCode } }) => ({
        region: toRegion,
        registryId: toAccount,
        status,
        failureCode,
      })),
    };
  });
};
