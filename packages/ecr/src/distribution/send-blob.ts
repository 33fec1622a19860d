/** Sends a blob, or the range of it that was asked for, no faster than the client takes it. */
import type { ServerResponse } from 'node:http';
import type { BlobReader, Blobs } from '@oreno/blobs';
import { readRange } from '../domain/byte-range.ts';
import type { LayerRecord } from '../records.ts';
import { blobNameOf } from '../records.ts';
import { answerEmpty } from './call.ts';
import type { Exchange } from './call.ts';
import { registryError } from './registry-error.ts';
import { longestSilence } from './body.ts';

const listed = (header: string | undefined, etag: string): boolean =>
  header !== undefined &&
  header.split(',').some((part) => part.trim().replace(/^W\//, '') === etag || part.trim() === '*');

/** The client went away in the middle: nobody is there to be told. */
class ClientGone extends Error {}

/** Writes a blob to the response; resolves early when the client goes away, which frees the source. */
const pump = async (send: BlobReader['send'], response: ServerResponse): Promise<void> => {
  let giveUp = (_: ClientGone): void => undefined;
  const onClose = (): void => giveUp(new ClientGone());
  response.once('close', onClose);
  // A reader that stopped reading would hold the file open for ever.
  response.setTimeout(longestSilence, () => response.destroy());
  const write = (block: Uint8Array): Promise<void> =>
    new Promise((resolve, reject) => {
      if (response.destroyed) return reject(new ClientGone());
      giveUp = reject;
      response.write(block, () => resolve());
    });
  try {
    await send(write);
    response.end();
  } catch (error) {
    if (!(error instanceof ClientGone)) throw error;
  } finally {
    response.off('close', onClose);
    response.setTimeout(0);
  }
};

/** Answers GET or HEAD of a layer: 200, 206, 304 or 416, with its digest as the ETag. */
export const sendBlob = async (exchange: Exchange, blobs: Blobs, layer: LayerRecord): Promise<void> => {
  const { request, response } = exchange;
  const { digest, size } = layer;
  const etag = `"${digest}"`;
  const headers = {
    'Accept-Ranges': 'bytes',
    'Docker-Content-Digest': digest,
    ETag: etag,
    'Cache-Control': 'max-age=31536000',
  };
  if (listed(request.headers['if-none-match'], etag)) return answerEmpty(exchange, 304, headers);
  const type = { 'Content-Type': 'application/octet-stream' };
  if (request.method === 'HEAD') return answerEmpty(exchange, 200, { ...headers, ...type, 'Content-Length': size });

  const condition = request.headers['if-range'];
  const ranged = condition === undefined || condition === etag;
  const range = readRange(ranged ? request.headers.range : undefined, size);
  if (range === 'unsatisfiable') {
    throw registryError('SIZE_INVALID', 'The range is outside of the layer', {
      status: 416,
      headers: { 'Content-Range': `bytes */${size}` },
    });
  }
  const reader = await blobs.get(blobNameOf(layer.content), range === 'whole' ? undefined : range);
  if (!reader)
    throw registryError('BLOB_UNKNOWN', 'The layer does not exist in the repository', { detail: { digest } });
  const common = { 'Docker-Distribution-Api-Version': 'registry/2.0', ...headers, ...type };
  if (range === 'whole') response.writeHead(200, { ...common, 'Content-Length': size });
  else {
    const { start, end } = range;
    response.writeHead(206, {
      ...common,
      'Content-Length': end - start + 1,
      'Content-Range': `bytes ${start}-${end}/${size}`,
    });
  }
  await pump(reader.send, response);
};
