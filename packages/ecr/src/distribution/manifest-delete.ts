/** `DELETE /v2/<name>/manifests/<tag or digest>`: a tag alone, or an image with all its tags. */
import { deleteImage, deleteTag } from '../content/delete-image.ts';
import { imageDeleted } from '../domain/events.ts';
import { answerEmpty, openRepository } from './call.ts';
import type { Call } from './call.ts';
import { manifestUnknown } from './manifest-unknown.ts';
import { readKnownReference } from './reference.ts';

export const deleteManifest = async (
  call: Call,
  { name, reference: text }: { readonly name: string; readonly reference: string },
): Promise<void> => {
  const repository = await openRepository(call, name, 'BatchDeleteImage');
  const { repositoryId } = repository;
  const { tag, digest } = readKnownReference(text);
  const { store, writeEvents, now } = call.parts;
  const deleted = await store.update(async (tx) => {
    const gone = tag === undefined ? digest.text : await deleteTag(tx, repositoryId, tag);
    const tags = tag === undefined ? await deleteImage(tx, repositoryId, digest.text) : [tag];
    if (gone === undefined || tags === undefined) return false;
    await writeEvents(tx, imageDeleted(repository, gone, tags), now());
    return true;
  });
  if (!deleted) throw manifestUnknown(text);
  answerEmpty(call, 202);
};
