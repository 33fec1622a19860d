/** `DELETE /v2/<name>/manifests/<tag or digest>`: a tag alone, or an image with all its tags. */
import { deleteImage, deleteTag } from '../content/delete-image.ts';
import { answerEmpty, openRepository } from './call.ts';
import type { Call } from './call.ts';
import { manifestUnknown } from './manifest-unknown.ts';
import { readKnownReference } from './reference.ts';

export const deleteManifest = async (
  call: Call,
  { name, reference: text }: { readonly name: string; readonly reference: string },
): Promise<void> => {
  const { repositoryId } = await openRepository(call, name, 'BatchDeleteImage');
  const { tag, digest } = readKnownReference(text);
  const deleted = await call.parts.store.update(async (tx) =>
    tag === undefined ? deleteImage(tx, repositoryId, digest.text) : deleteTag(tx, repositoryId, tag),
  );
  if (deleted === undefined) throw manifestUnknown(text);
  answerEmpty(call, 202);
};
