/** Image identifiers of the API: a digest, a tag, or both, which must then belong together. */
import type { ecr } from '@oreno/aws-wire';
import type { ReadTransaction } from '@oreno/store';
import { parseDigest } from '../domain/digest.ts';
import type { ImageId } from '../domain/exceptions.ts';
import { isTag } from '../domain/names.ts';
import { findTagged, images } from '../records.ts';
import type { ImageRecord } from '../records.ts';

export type Resolved =
  | { readonly kind: 'image'; readonly image: ImageRecord }
  | { readonly kind: 'failure'; readonly failureCode: ecr.ImageFailureCode; readonly failureReason: string };

const failure = (failureCode: ecr.ImageFailureCode, failureReason: string): Resolved => ({
  kind: 'failure',
  failureCode,
  failureReason,
});

const notFound = failure('ImageNotFound', 'Requested image not found');

/** Finds the image that an identifier names, or says in ECR's words why there is none. */
export const resolveImage = async (
  tx: ReadTransaction,
  repositoryId: string,
  { imageDigest, imageTag }: ImageId,
): Promise<Resolved> => {
  if (imageDigest === undefined && imageTag === undefined) {
    return failure('MissingDigestAndTag', 'Invalid request parameters: both tag and digest cannot be null');
  }
  if (imageDigest !== undefined && !parseDigest(imageDigest)) {
    return failure(
      'InvalidImageDigest',
      "Invalid request parameters: image digest should satisfy the regex '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'",
    );
  }
  if (imageTag !== undefined && !isTag(imageTag)) {
    return failure('InvalidImageTag', 'Invalid request parameters: image tag should satisfy the regex of image tags');
  }
  const tagged = imageTag === undefined ? undefined : await findTagged(tx, repositoryId, imageTag);
  if (imageTag !== undefined && tagged === undefined) return notFound;
  if (tagged !== undefined && imageDigest !== undefined && tagged !== imageDigest) {
    return failure('ImageTagDoesNotMatchDigest', 'The image tag is not on the image with that digest');
  }
  const digest = imageDigest ?? tagged ?? '';
  const image = (await tx.get(images, { repositoryId, digest }))?.record;
  return image ? { kind: 'image', image } : notFound;
};
