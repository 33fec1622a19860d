/** `/v2/<name>/blobs/<digest>`: pulling a layer or config, asking for it, and hiding it. */
import { isLayerArchived } from '../content/storage-class.ts';
import { touchLayer } from '../content/touch-layer.ts';
import { deleteLayer } from '../content/delete-image.ts';
import { parseDigest } from '../domain/digest.ts';
import type { LayerRecord, RepositoryRecord } from '../records.ts';
import { blobNameOf, layers } from '../records.ts';
import { answerEmpty, openRepository } from './call.ts';
import type { Action, Call } from './call.ts';
import { sendBlob } from './send-blob.ts';
import { registryError } from './registry-error.ts';

type BlobPath = { readonly name: string; readonly digest: string };

const unknown = (digest: string) =>
  registryError('BLOB_UNKNOWN', 'The layer does not exist in the repository', { detail: { digest } });

const openBlob = async (
  call: Call,
  { name, digest }: BlobPath,
  action: Action,
): Promise<{ readonly repository: RepositoryRecord; readonly layer: LayerRecord }> => {
  const repository = await openRepository(call, name, action);
  if (!parseDigest(digest)) throw registryError('DIGEST_INVALID', 'The digest is not valid');
  const { repositoryId } = repository;
  const find = () => call.parts.store.read((tx) => tx.get(layers, { repositoryId, digest }));
  let row = await find();
  if (!row && action === 'GetDownloadUrlForLayer') {
    // Of an image that is pulled through its layers may be on their way.
    await call.parts.pullThrough.blob(call.caller, name, digest);
    row = await find();
  }
  if (!row) throw unknown(digest);
  return { repository, layer: row.record };
};

export const headBlob = async (call: Call, path: BlobPath): Promise<void> => {
  const { layer } = await openBlob(call, path, 'BatchCheckLayerAvailability');
  // Whoever asks would not send the layer: where its file was lost, a push is what brings it back.
  if (!(await call.parts.blobs.stat(blobNameOf(layer.content)))) throw unknown(path.digest);
  await touchLayer(call.parts.store, layer, call.parts.now());
  await sendBlob(call, call.parts.blobs, layer);
};

export const getBlob = async (call: Call, path: BlobPath): Promise<void> => {
  const { repository, layer } = await openBlob(call, path, 'GetDownloadUrlForLayer');
  // Who asks with HEAD pushes: it need not send the layer again, and its push brings the image back.
  if (await call.parts.store.read((tx) => isLayerArchived(tx, repository.repositoryId, path.digest))) {
    throw unknown(path.digest);
  }
  await sendBlob(call, call.parts.blobs, layer);
};

export const deleteBlob = async (call: Call, path: BlobPath): Promise<void> => {
  const { repository } = await openBlob(call, path, 'BatchDeleteImage');
  const deleted = await call.parts.store.update((tx) => deleteLayer(tx, repository.repositoryId, path.digest));
  if (!deleted) throw unknown(path.digest);
  answerEmpty(call, 202);
};
