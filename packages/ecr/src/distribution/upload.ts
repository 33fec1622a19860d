/** `/v2/<name>/blobs/uploads/<id>`: an upload's chunks, its end, its state, and its cancelling. */
import type { Chunk } from '../content/upload-sessions.ts';
import { readChunkRange } from '../domain/byte-range.ts';
import { announcedLength, hasBody } from './body.ts';
import { answerEmpty, openRepository } from './call.ts';
import type { Call } from './call.ts';
import { passingBodyOf } from './passing-body.ts';
import { registryError } from './registry-error.ts';
import { answerBlobCreated, answerUpload, readDigest } from './uploads.ts';

type UploadPath = { readonly name: string; readonly uploadId: string };

/** The chunk that the request carries, where it belongs and how long it says it is. */
const readChunk = ({ request }: Call): Chunk => {
  const header = request.headers['content-range'];
  const length = announcedLength(request);
  const source = passingBodyOf(request);
  if (header === undefined) return { source, length };
  const range = readChunkRange(header);
  if (!range) throw registryError('BLOB_UPLOAD_INVALID', 'The Content-Range must be <first>-<last>', { status: 416 });
  const ranged = range.end - range.start + 1;
  if (length !== undefined && length !== ranged) {
    throw registryError('SIZE_INVALID', 'The Content-Length is not that of the Content-Range');
  }
  return { source, start: range.start, length: ranged };
};

export const patchUpload = async (call: Call, { name, uploadId }: UploadPath): Promise<void> => {
  const repository = await openRepository(call, name, 'UploadLayerPart');
  const size = await call.parts.sessions.append(repository, uploadId, readChunk(call));
  answerUpload(call, 202, name, uploadId, size);
};

export const putUpload = async (call: Call, { name, uploadId }: UploadPath): Promise<void> => {
  const repository = await openRepository(call, name, 'CompleteLayerUpload');
  const digest = readDigest(call.query);
  const chunk = hasBody(call.request) ? readChunk(call) : undefined;
  await call.parts.sessions.finish(repository, uploadId, digest, chunk);
  answerBlobCreated(call, name, digest.text);
};

export const getUpload = async (call: Call, { name, uploadId }: UploadPath): Promise<void> => {
  const repository = await openRepository(call, name, 'UploadLayerPart');
  answerUpload(call, 204, name, uploadId, await call.parts.sessions.size(repository, uploadId));
};

export const deleteUpload = async (call: Call, { name, uploadId }: UploadPath): Promise<void> => {
  const repository = await openRepository(call, name, 'UploadLayerPart');
  await call.parts.sessions.cancel(repository, uploadId);
  answerEmpty(call, 204);
};
