import type { Handler, ecr } from '@oreno/aws-wire';
import type { EcrContext } from '../context.ts';
import { recordPull } from '../content/pulls.ts';
import type { ImageRecord } from '../records.ts';
import { manifests } from '../records.ts';
import { resolveImage } from './image-id.ts';
import { repositoryOf } from './repository.ts';

/** Manifests exactly as they were pushed; whatever `acceptedMediaTypes` says, none is converted. */
export const BatchGetImage: Handler<ecr.Operations, 'BatchGetImage', EcrContext> = async (input, context) => {
  const { repositoryId, repositoryName, account } = await repositoryOf(input, context, 'BatchGetImage');
  const pulled: ImageRecord[] = [];
  const answer = await context.store.read(async (tx) => {
    const found: ecr.Image[] = [];
    const failures: ecr.ImageFailure[] = [];
    for (const imageId of input.imageIds) {
      const resolved = await resolveImage(tx, repositoryId, imageId);
      if (resolved.kind === 'failure') {
        const { failureCode, failureReason } = resolved;
        failures.push({ imageId, failureCode, failureReason });
        continue;
      }
      if (resolved.image.isArchived === true) {
        failures.push({ imageId, failureCode: 'ImageNotFound', failureReason: 'Requested image is archived' });
        continue;
      }
      const { digest, mediaType } = resolved.image;
      pulled.push(resolved.image);
      found.push({
        registryId: account,
        repositoryName,
        imageId: { imageDigest: digest, imageTag: imageId.imageTag },
        imageManifest: (await tx.get(manifests, { repositoryId, digest }))?.record.text,
        imageManifestMediaType: mediaType,
      });
    }
    return { images: found, failures };
  });
  for (const image of pulled) context.background(recordPull(context.store, image, context, context.now()));
  return answer;
};
