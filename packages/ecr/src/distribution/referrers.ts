/** `GET /v2/<name>/referrers/<digest>`: the manifests whose subject that is, as an OCI index, by pages. */
import { parseDigest } from '../domain/digest.ts';
import { ociIndex } from '../domain/media-types.ts';
import { listReferrers } from '../content/list-referrers.ts';
import { answerJson, openRepository } from './call.ts';
import type { Call } from './call.ts';
import { linkTo, readPage } from './paging.ts';
import { registryError } from './registry-error.ts';
import type { ImageRecord } from '../records.ts';

const descriptorOf = ({ mediaType, manifestSize, digest, artifactType, annotations }: ImageRecord) => ({
  mediaType,
  digest,
  size: manifestSize,
  artifactType,
  annotations,
});

export const getReferrers = async (
  call: Call,
  { name, digest }: { readonly name: string; readonly digest: string },
): Promise<void> => {
  const { query, parts } = call;
  const { repositoryId } = await openRepository(call, name, 'BatchGetImage');
  if (!parseDigest(digest))
    throw registryError('DIGEST_INVALID', 'The digest is malformed or of an unsupported algorithm');
  const artifactType = query.get('artifactType') ?? undefined;
  const { limit, last } = readPage(query);
  const { page, next } = await parts.store.read((tx) =>
    listReferrers(tx, {
      repositoryId,
      subject: digest,
      isShown: ({ isArchived }) => isArchived !== true,
      artifactTypes: artifactType === undefined ? [] : [artifactType],
      limit,
      last,
    }),
  );
  answerJson(
    call,
    200,
    { schemaVersion: 2, mediaType: ociIndex, manifests: page.map(descriptorOf) },
    {
      'Content-Type': ociIndex,
      ...(artifactType === undefined ? {} : { 'OCI-Filters-Applied': 'artifactType' }),
      ...linkTo(`/v2/${name}/referrers/${digest}`, query, next),
    },
  );
};
