import { AwsError } from '@oreno/aws-wire';
import type { Handler, ecr } from '@oreno/aws-wire';
import type { EcrContext } from '../context.ts';
import { forgetParts, hasSmallPart, smallestPart } from '../content/small-parts.ts';
import { parseDigest } from '../domain/digest.ts';
import { layers } from '../records.ts';
import { asLayerUpload } from './layer-upload-faults.ts';
import { repositoryOf } from './repository.ts';

export const CompleteLayerUpload: Handler<ecr.Operations, 'CompleteLayerUpload', EcrContext> = async (
  input,
  context,
) => {
  const repository = await repositoryOf(input, context, 'CompleteLayerUpload');
  const { uploadId, layerDigests } = input;
  const { repositoryId, repositoryName, account } = repository;
  // The digests are one content's in several algorithms: the layer gets the first that this registry can compute.
  const [digest, ...others] = layerDigests.map(parseDigest).filter((parsed) => parsed !== undefined);
  if (!digest) throw new AwsError('InvalidLayerException', 'None of the layer digests is a sha256 or sha512 digest');
  return asLayerUpload(repository, uploadId, async () => {
    const size = await context.sessions.size(repository, uploadId);
    if (size === 0) throw new AwsError('EmptyUploadException', `The upload with id '${uploadId}' has no layer parts`);
    if (await hasSmallPart(context.store, uploadId, size)) {
      throw new AwsError(
        'LayerPartTooSmallException',
        `Every part but the last of the upload with id '${uploadId}' must have at least ${smallestPart} bytes: begin a new upload`,
      );
    }
    const existing = await context.store.read((tx) => tx.get(layers, { repositoryId, digest: digest.text }));
    if (existing) {
      await context.sessions.cancel(repository, uploadId);
      await forgetParts(context.store, uploadId);
      throw new AwsError(
        'LayerAlreadyExistsException',
        `The layer with digest '${digest.text}' already exists in the repository with name '${repositoryName}' in the registry with id '${account}'`,
      );
    }
    await context.sessions.finishAs(repository, uploadId, [digest, ...others]);
    await forgetParts(context.store, uploadId);
    return { registryId: account, repositoryName, uploadId, layerDigest: digest.text };
  });
};
