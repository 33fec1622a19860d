import { AwsError } from '@oreno/aws-wire';
import type { Handler, ecr } from '@oreno/aws-wire';
import { registryOf } from '../access.ts';
import type { EcrContext } from '../context.ts';
import { digestOf, hasDigest } from '../content/hashes.ts';
import { putImage } from '../content/put-image.ts';
import type { ImagePutResult } from '../content/put-image.ts';
import { parseDigest } from '../domain/digest.ts';
import { invalidParameter, repositoryNotFound } from '../domain/exceptions.ts';
import type { Named } from '../domain/exceptions.ts';
import { immutableTagMessage, missingMessage, mostTagsOfImage } from '../domain/image-put.ts';
import { largestManifest, readManifest } from '../domain/manifest.ts';
import type { ManifestReading } from '../domain/manifest.ts';
import { isTag } from '../domain/names.ts';

type Refusal = Exclude<ImagePutResult, { readonly kind: 'stored' }>;

const refusals: {
  readonly [Kind in Refusal['kind']]: (result: Extract<Refusal, { readonly kind: Kind }>, named: Named) => AwsError;
} = {
  noRepository: (_, named) => repositoryNotFound(named),
  missingLayers: ({ digests }, named) =>
    new AwsError('LayersNotFoundException', missingMessage('Layers', digests, named)),
  missingImages: ({ digests }, named) =>
    new AwsError('ReferencedImagesNotFoundException', missingMessage('Images', digests, named)),
  immutableTag: ({ tag }, { repositoryName }) =>
    new AwsError('ImageTagAlreadyExistsException', immutableTagMessage(tag, repositoryName)),
  tooManyTags: () => new AwsError('LimitExceededException', `An image has at most ${mostTagsOfImage} tags`),
};

const refuse = (result: Refusal, named: Named): AwsError => {
  const word = refusals[result.kind] as (result: Refusal, named: Named) => AwsError;
  return word(result, named);
};

const alreadyExists = (digest: string, tag: string | undefined, { repositoryName, account }: Named): AwsError => {
  const under = tag === undefined ? '' : ` and tag '${tag}'`;
  return new AwsError(
    'ImageAlreadyExistsException',
    `Image with digest '${digest}'${under} already exists in the repository with name '${repositoryName}' in registry with id '${account}'`,
  );
};

const digestFor = (bytes: Uint8Array, asked: string | undefined): string => {
  if (asked === undefined) return digestOf('sha256', bytes);
  const digest = parseDigest(asked);
  if (!digest) throw invalidParameter('imageDigest', 'must be a sha256 or sha512 digest');
  if (!hasDigest(bytes, digest)) {
    throw new AwsError('ImageDigestDoesNotMatchException', `The image manifest does not have the digest '${asked}'`);
  }
  return asked;
};

const unreadable = ({ reason, lacks }: Extract<ManifestReading, { readonly kind: 'invalid' }>): AwsError =>
  lacks === 'mediaType'
    ? new AwsError('InvalidParameterException', 'image manifest mediatype not provided in manifest or parameter')
    : invalidParameter('imageManifest', reason);

export const PutImage: Handler<ecr.Operations, 'PutImage', EcrContext> = async (input, context) => {
  const scope = registryOf(input, context, 'PutImage');
  const { repositoryName, imageTag, imageManifest } = input;
  const named = { account: scope.account, repositoryName };
  if (imageTag !== undefined && !isTag(imageTag))
    throw invalidParameter('imageTag', 'must satisfy the regex of image tags');
  const bytes = Buffer.from(imageManifest);
  if (bytes.byteLength > largestManifest)
    throw invalidParameter('imageManifest', `must have at most ${largestManifest} bytes`);
  const reading = readManifest(bytes, input.imageManifestMediaType);
  if (reading.kind === 'invalid') throw unreadable(reading);
  const digest = digestFor(bytes, input.imageDigest);
  const { manifest, text } = reading;
  const tags = imageTag === undefined ? [] : [imageTag];
  const put = { scope, repositoryName, manifest, text, size: bytes.byteLength, digest, tags, isPush: true };
  const result = await putImage(context, put, context.now());
  if (result.kind === 'immutableTag' && result.on === digest) throw alreadyExists(digest, imageTag, named);
  if (result.kind !== 'stored') throw refuse(result, named);
  if (result.alreadyThere) throw alreadyExists(digest, imageTag, named);
  if (result.copies) context.wakeReplication();
  if (result.scan) context.wakeScans();
  return {
    image: {
      registryId: scope.account,
      repositoryName,
      imageId: { imageDigest: digest, imageTag },
      imageManifest,
      imageManifestMediaType: manifest.mediaType,
    },
  };
};
