import type { Handler, ecr } from '@oreno/aws-wire';
import type { EcrContext } from '../context.ts';
import { UploadFault } from '../content/upload-fault.ts';
import { invalidParameter } from '../domain/exceptions.ts';
import { asLayerUpload, largestPart } from './layer-upload-faults.ts';
import { repositoryOf } from './repository.ts';

/** Takes the next part of a layer. Whether a part was too small is told by CompleteLayerUpload, as by ECR. */
export const UploadLayerPart: Handler<ecr.Operations, 'UploadLayerPart', EcrContext> = async (input, context) => {
  const repository = await repositoryOf(input, context, 'UploadLayerPart');
  const { uploadId, partFirstByte, partLastByte, layerPartBlob } = input;
  if (layerPartBlob.byteLength > largestPart)
    throw invalidParameter('layerPartBlob', `must have at most ${largestPart} bytes`);
  return asLayerUpload(repository, uploadId, async () => {
    if (partLastByte - partFirstByte + 1 !== layerPartBlob.byteLength) {
      throw new UploadFault('wrongSize', await context.sessions.size(repository, uploadId));
    }
    const size = await context.sessions.appendPart(repository, uploadId, layerPartBlob, partFirstByte);
    const { account, repositoryName } = repository;
    return { registryId: account, repositoryName, uploadId, lastByteReceived: size - 1 };
  });
};
