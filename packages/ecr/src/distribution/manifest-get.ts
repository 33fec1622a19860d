/** `GET` and `HEAD /v2/<name>/manifests/<tag or digest>`: a manifest exactly as it was pushed. */
import { findManifest } from '../content/find-manifest.ts';
import { recordPull } from '../content/pulls.ts';
import { answerBytes, openRepository } from './call.ts';
import type { Call } from './call.ts';
import { readKnownReference } from './reference.ts';
import { manifestUnknown } from './manifest-unknown.ts';

type ManifestPath = { readonly name: string; readonly reference: string };

export const getManifest = async (call: Call, { name, reference }: ManifestPath): Promise<void> => {
  const { request, parts, caller } = call;
  const through = await parts.pullThrough.manifest(caller, name, reference);
  if (through !== undefined) {
    const { bytes, mediaType, digest } = through;
    const about = { 'Content-Type': mediaType, 'Docker-Content-Digest': digest, ETag: `"${digest}"` };
    return answerBytes(call, 200, bytes, about);
  }
  const { repositoryId } = await openRepository(call, name, 'BatchGetImage');
  const wanted = readKnownReference(reference);
  const found = await parts.store.read((tx) => findManifest(tx, repositoryId, wanted));
  if (!found) throw manifestUnknown(reference);
  const { image, text } = found;
  const etag = `"${image.digest}"`;
  const headers = { 'Content-Type': image.mediaType, 'Docker-Content-Digest': image.digest, ETag: etag };
  if (request.headers['if-none-match'] === etag) return answerBytes(call, 304, new Uint8Array(), headers);
  answerBytes(call, 200, Buffer.from(text), headers);
  if (request.method === 'GET') parts.background(recordPull(parts.store, image, caller, parts.now()));
};
