/** Upload faults in the words of the layer upload operations. */
import { AwsError } from '@oreno/aws-wire';
import { UploadFault } from '../content/upload-fault.ts';
import { repositoryNotFound, uploadNotFound } from '../domain/exceptions.ts';
import type { RepositoryRecord } from '../records.ts';

/** The size that InitiateLayerUpload proposes for parts, in bytes. */
export const partSize = 10_485_760;

/** The largest part that the service model allows, in bytes. */
export const largestPart = 20_971_520;

/** Runs the work; an {@link UploadFault} becomes the exception that ECR documents for it. */
export const asLayerUpload = async <T>(
  repository: RepositoryRecord,
  uploadId: string,
  work: () => Promise<T>,
): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof UploadFault)) throw error;
    const { account, repositoryName } = repository;
    if (error.kind === 'unknown') throw uploadNotFound(repository, uploadId);
    if (error.kind === 'repositoryGone') throw repositoryNotFound(repository);
    if (error.kind === 'wrongDigest') {
      throw new AwsError('InvalidLayerException', 'The content of the upload does not have the layer digest');
    }
    const reason =
      error.kind === 'wrongSize'
        ? 'have the bytes from partFirstByte to partLastByte: it has another size'
        : 'follow on the bytes received so far';
    throw new AwsError('InvalidLayerPartException', `The layer part does not ${reason}`, {
      registryId: account,
      repositoryName,
      uploadId,
      lastValidByteReceived: Math.max(0, error.size - 1),
    });
  }
};
