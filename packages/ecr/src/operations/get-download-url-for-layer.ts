import { AwsError } from '@oreno/aws-wire';
import type { Handler, ecr } from '@oreno/aws-wire';
import { isLayerArchived } from '../content/storage-class.ts';
import type { EcrContext } from '../context.ts';
import { layerDownloadUrl } from '../distribution/layer-download.ts';
import { layers, uses } from '../records.ts';
import { repositoryOf } from './repository.ts';

export const GetDownloadUrlForLayer: Handler<ecr.Operations, 'GetDownloadUrlForLayer', EcrContext> = async (
  input,
  context,
) => {
  const { repositoryId, repositoryName, account } = await repositoryOf(input, context, 'GetDownloadUrlForLayer');
  const digest = input.layerDigest;
  const { layer, used, isArchived } = await context.store.read(async (tx) => ({
    layer: await tx.get(layers, { repositoryId, digest }),
    used: await tx.list(uses, { where: { repositoryId, digest }, limit: 1 }),
    isArchived: await isLayerArchived(tx, repositoryId, digest),
  }));
  if (!layer) {
    throw new AwsError(
      'LayersNotFoundException',
      `The layer with digest '${digest}' does not exist in the repository with name '${repositoryName}' in the registry with id '${account}'`,
    );
  }
  if (used.length === 0) {
    throw new AwsError(
      'LayerInaccessibleException',
      `The layer with digest '${digest}' is not available because it is not associated with an image`,
    );
  }
  if (isArchived) {
    throw new AwsError(
      'LayerInaccessibleException',
      `The layer with digest '${digest}' is not available because the images that use it are archived`,
    );
  }
  return { downloadUrl: layerDownloadUrl(context, context.origin, layer.record), layerDigest: digest };
};
