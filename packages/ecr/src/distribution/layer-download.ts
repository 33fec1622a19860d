/**
 * Layers by a URL that needs no credentials: short-lived, sealed, for one layer of one repository. It is what
 * GetDownloadUrlForLayer hands out, where ECR hands out a presigned URL of S3.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { EcrParts } from '../context.ts';
import { layers } from '../records.ts';
import type { LayerRecord } from '../records.ts';
import { sendBlob } from './send-blob.ts';
import { registryError } from './registry-error.ts';
import { answerFailure } from './answer-failure.ts';

const purpose = 'ecr-layer-download';
const prefix = '/ecr/layers/';

/** How long a URL opens its layer, in milliseconds. */
const urlLifetime = 60 * 60 * 1000;

interface Payload {
  readonly repositoryId: string;
  readonly digest: string;
}

/** A URL below `origin` under which anyone can get the layer for an hour. */
export const layerDownloadUrl = (parts: EcrParts, origin: string, { repositoryId, digest }: LayerRecord): string => {
  const payload: Payload = { repositoryId, digest };
  const token = parts.iam.seal(purpose, payload, parts.now() + urlLifetime);
  return `${origin}${prefix}${digest}?token=${encodeURIComponent(token)}`;
};

const isPayload = (value: unknown): value is Payload =>
  typeof value === 'object' && value !== null && 'repositoryId' in value;

const layerOf = async (parts: EcrParts, path: string, query: string): Promise<LayerRecord> => {
  const token = new URLSearchParams(query).get('token') ?? '';
  const payload: unknown = parts.iam.unseal(purpose, token, parts.now());
  if (!isPayload(payload) || payload.digest !== decodeURIComponent(path.slice(prefix.length))) {
    throw registryError('DENIED', 'The URL is not valid, or it has expired');
  }
  const { repositoryId, digest } = payload;
  const layer = await parts.store.read((tx) => tx.get(layers, { repositoryId, digest }));
  if (!layer) throw registryError('BLOB_UNKNOWN', 'The layer does not exist any more', { detail: { digest } });
  return layer.record;
};

/** Answers GET and HEAD of such URLs; false, untouched, for any other path. */
export const createLayerDownload =
  (parts: EcrParts) =>
  async (request: IncomingMessage, response: ServerResponse): Promise<boolean> => {
    const [path = '', query = ''] = (request.url ?? '').split(/\?(.*)/s, 2);
    if (!path.startsWith(prefix)) return false;
    try {
      if (request.method !== 'GET' && request.method !== 'HEAD') {
        throw registryError('UNSUPPORTED', 'The operation is unsupported', { headers: { Allow: 'GET, HEAD' } });
      }
      await sendBlob({ request, response }, parts.blobs, await layerOf(parts, path, query));
    } catch (error) {
      answerFailure(parts, { request, response }, error);
    }
    return true;
  };
