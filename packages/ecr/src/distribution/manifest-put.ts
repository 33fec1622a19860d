/** `PUT /v2/<name>/manifests/<tag or digest>`: a manifest whose parts are all there becomes an image. */
import { digestOf, hasDigest } from '../content/hashes.ts';
import { putImage } from '../content/put-image.ts';
import type { ImagePutResult } from '../content/put-image.ts';
import { repositoryNotFoundMessage } from '../domain/exceptions.ts';
import { immutableTagMessage, missingMessage, mostTagsOfImage } from '../domain/image-put.ts';
import { largestManifest, readManifest } from '../domain/manifest.ts';
import { isTag } from '../domain/names.ts';
import { readWhole } from './body.ts';
import { answerEmpty, openRepository } from './call.ts';
import type { Call } from './call.ts';
import { readReference } from './reference.ts';
import type { Reference } from './reference.ts';
import { RegistryError, registryError } from './registry-error.ts';

type Named = { readonly account: string; readonly repositoryName: string };

/** More tags in one request than this is 414 (the main branch of the specification asks for ten). */
const mostTagsOfRequest = 100;

/** One error for each missing part: Docker's clients show them all. */
const missing = (what: 'Layers' | 'Images', digests: readonly string[], named: Named): RegistryError => {
  const message = missingMessage(what, digests, named);
  const [first, ...rest] = digests.map(
    (digest) => ({ code: 'MANIFEST_BLOB_UNKNOWN', message, detail: { digest } }) as const,
  );
  return first ? new RegistryError([first, ...rest]) : registryError('MANIFEST_BLOB_UNKNOWN', message);
};

type Refusal = Exclude<ImagePutResult, { readonly kind: 'stored' }>;

const refusals: {
  readonly [Kind in Refusal['kind']]: (
    result: Extract<Refusal, { readonly kind: Kind }>,
    named: Named,
  ) => RegistryError;
} = {
  noRepository: (_, named) => registryError('NAME_UNKNOWN', repositoryNotFoundMessage(named)),
  missingLayers: ({ digests }, named) => missing('Layers', digests, named),
  missingImages: ({ digests }, named) => missing('Images', digests, named),
  immutableTag: ({ tag }, { repositoryName }) => registryError('TAG_INVALID', immutableTagMessage(tag, repositoryName)),
  tooManyTags: () => registryError('TAG_INVALID', `An image has at most ${mostTagsOfImage} tags`),
};

const refuse = (result: Refusal, named: Named): RegistryError => {
  const word = refusals[result.kind] as (result: Refusal, named: Named) => RegistryError;
  return word(result, named);
};

/** The tags that the request puts on the manifest: the path's, or the query's beside a digest. */
const wantedTags = (reference: Reference, query: URLSearchParams): readonly string[] => {
  if (reference.tag !== undefined) return [reference.tag];
  const wanted = [...new Set(query.getAll('tag'))];
  if (wanted.length > mostTagsOfRequest) {
    throw registryError('TAG_INVALID', `At most ${mostTagsOfRequest} tags in one request`, { status: 414 });
  }
  const wrong = wanted.find((tag) => !isTag(tag));
  if (wrong !== undefined) throw registryError('TAG_INVALID', 'A tag is not valid');
  return wanted;
};

export const putManifest = async (
  call: Call,
  { name, reference: text }: { readonly name: string; readonly reference: string },
): Promise<void> => {
  const { request, query, parts, caller } = call;
  await openRepository(call, name, 'PutImage');
  const named = { account: caller.account, repositoryName: name };
  const reference = readReference(text);
  const tags = wantedTags(reference, query);
  const bytes = await readWhole(request, largestManifest);
  const reading = readManifest(bytes, request.headers['content-type']);
  if (reading.kind === 'invalid') throw registryError('MANIFEST_INVALID', reading.reason);
  if (reference.digest && !hasDigest(bytes, reference.digest)) {
    throw registryError(
      'MANIFEST_INVALID',
      `The image with digest '${text}' in repository '${name}' and registry ID '${caller.account}' does not match the image digest that Amazon ECR has calculated.`,
    );
  }
  const digest = reference.digest?.text ?? digestOf('sha256', bytes);
  const { manifest } = reading;
  const put = {
    scope: caller,
    repositoryName: name,
    manifest,
    text: reading.text,
    size: bytes.byteLength,
    digest,
    tags,
    isPush: true,
  };
  const result = await putImage(parts, put, parts.now());
  if (result.kind !== 'stored') throw refuse(result, named);
  if (result.copies) parts.wakeReplication();
  if (result.scan) parts.wakeScans();
  answerEmpty(call, 201, {
    Location: `/v2/${name}/manifests/${digest}`,
    'Docker-Content-Digest': digest,
    ...(manifest.subject === undefined ? {} : { 'OCI-Subject': manifest.subject }),
    ...(reference.digest && tags.length > 0 ? { 'OCI-Tag': tags } : {}),
  });
};
