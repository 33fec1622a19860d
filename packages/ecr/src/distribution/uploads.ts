/** `POST /v2/<name>/blobs/uploads/`: starts an upload, takes a whole blob at once, or mounts one from elsewhere. */
import { authorize } from '../access.ts';
import { isBlobMountingEnabled } from '../account-settings.ts';
import { hasDigest } from '../content/hashes.ts';
import { mountLayer } from '../content/mount-layer.ts';
import { isDigestAlgorithm, parseDigest } from '../domain/digest.ts';
import type { Digest, DigestAlgorithm } from '../domain/digest.ts';
import type { RepositoryRecord } from '../records.ts';
import { announcedLength, hasBody } from './body.ts';
import { answerEmpty, openRepository } from './call.ts';
import type { Call } from './call.ts';
import { passingBodyOf } from './passing-body.ts';
import { receivedRange, registryError } from './registry-error.ts';

/** The digest that a query parameter names; throws DIGEST_INVALID. */
export const readDigest = (query: URLSearchParams): Digest => {
  const digest = parseDigest(query.get('digest') ?? '');
  if (!digest)
    throw registryError('DIGEST_INVALID', 'The digest is missing, malformed, or of an unsupported algorithm');
  return digest;
};

/** 201 with where the blob is. */
export const answerBlobCreated = (call: Call, name: string, digest: string): void =>
  answerEmpty(call, 201, { Location: `/v2/${name}/blobs/${digest}`, 'Docker-Content-Digest': digest });

/** The state of an upload: where to go on, and from which byte. */
export const answerUpload = (call: Call, status: 202 | 204, name: string, uploadId: string, size: number): void =>
  answerEmpty(call, status, {
    Location: `/v2/${name}/blobs/uploads/${uploadId}`,
    Range: receivedRange(size),
    'Docker-Upload-UUID': uploadId,
  });

const readAlgorithm = (query: URLSearchParams): DigestAlgorithm => {
  const algorithm = query.get('digest-algorithm') ?? 'sha256';
  if (!isDigestAlgorithm(algorithm)) throw registryError('DIGEST_INVALID', 'The digest algorithm is not supported');
  return algorithm;
};

const tryMount = async (call: Call, repository: RepositoryRecord): Promise<boolean> => {
  const { parts, caller, query } = call;
  const digest = parseDigest(query.get('mount') ?? '');
  if (!digest || !(await isBlobMountingEnabled(parts.store, caller))) return false;
  const from = query.get('from') ?? undefined;
  return mountLayer(parts, caller, { repository, digest: digest.text, from });
};

export const postUpload = async (call: Call, { name }: { readonly name: string }): Promise<void> => {
  const { request, query, parts } = call;
  const repository = await openRepository(call, name, 'InitiateLayerUpload');
  const mount = query.get('mount');
  if (mount !== null && (await tryMount(call, repository))) return answerBlobCreated(call, name, mount);

  const digest = mount === null && query.has('digest') ? readDigest(query) : undefined;
  // A client may name the digest and send nothing: it goes on with PUT, unless nothing is what the blob consists of.
  if (digest && (hasBody(request) || hasDigest(new Uint8Array(), digest))) {
    await authorize(parts, call.caller, 'ecr:CompleteLayerUpload', name);
    await parts.sessions.whole(repository, digest, {
      source: passingBodyOf(request),
      length: announcedLength(request),
    });
    return answerBlobCreated(call, name, digest.text);
  }
  const algorithm = digest?.algorithm ?? readAlgorithm(query);
  answerUpload(call, 202, name, await parts.sessions.begin(repository, algorithm), 0);
};
