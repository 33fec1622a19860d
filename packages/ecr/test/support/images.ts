/** Small images for tests, and pushing them by the shortest way. */
import { createHash } from 'node:crypto';
import type { TestRegistry } from './registry.ts';

export const ociManifest = 'application/vnd.oci.image.manifest.v1+json';
export const ociIndex = 'application/vnd.oci.image.index.v1+json';

export const digestOf = (bytes: Uint8Array | string, algorithm = 'sha256'): string =>
  `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;

export interface TestDescriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

export const descriptorOf = (bytes: Uint8Array | string, mediaType: string, algorithm = 'sha256'): TestDescriptor => ({
  mediaType,
  digest: digestOf(bytes, algorithm),
  size: Buffer.byteLength(bytes),
});

/** Pushes a blob in one request; answers its digest. */
export const pushBlob = async (
  registry: TestRegistry,
  name: string,
  bytes: Uint8Array | string,
  algorithm = 'sha256',
): Promise<string> => {
  const digest = digestOf(bytes, algorithm);
  const response = await registry.request('POST', `/v2/${name}/blobs/uploads/?digest=${digest}`, {
    body: Buffer.from(bytes),
    headers: { 'content-type': 'application/octet-stream' },
  });
  if (response.status !== 201) throw new Error(`push of a blob: ${response.status} ${await response.text()}`);
  return digest;
};

export interface TestImage {
  readonly text: string;
  readonly digest: string;
  readonly config: string;
  readonly layer: string;
}

/** A manifest of a config and a layer with that content, and whatever else is given. */
export const imageOf = (content: string, more: Record<string, unknown> = {}): TestImage => {
  const config = JSON.stringify({ architecture: 'amd64', os: 'linux', content });
  const layer = `layer of ${content}`;
  const text = JSON.stringify({
    schemaVersion: 2,
    mediaType: ociManifest,
    config: descriptorOf(config, 'application/vnd.oci.image.config.v1+json'),
    layers: [descriptorOf(layer, 'application/vnd.oci.image.layer.v1.tar+gzip')],
    ...more,
  });
  return { text, digest: digestOf(text), config, layer };
};

export const putManifest = (
  registry: TestRegistry,
  name: string,
  reference: string,
  text: string | Uint8Array,
  mediaType = ociManifest,
): Promise<Response> =>
  registry.request('PUT', `/v2/${name}/manifests/${reference}`, {
    body: typeof text === 'string' ? Buffer.from(text) : text,
    headers: { 'content-type': mediaType },
  });

/** Pushes the image with its parts under a tag or its digest; answers the image. */
export const pushImage = async (
  registry: TestRegistry,
  name: string,
  content: string,
  tag?: string,
  more: Record<string, unknown> = {},
): Promise<TestImage> => {
  const image = imageOf(content, more);
  await pushBlob(registry, name, image.config);
  await pushBlob(registry, name, image.layer);
  const response = await putManifest(registry, name, tag ?? image.digest, image.text);
  if (response.status !== 201) throw new Error(`push of a manifest: ${response.status} ${await response.text()}`);
  return image;
};

/** The codes of an error answer. */
export const codesOf = async (response: Response): Promise<readonly string[]> =>
  ((await response.json()) as { errors: { code: string }[] }).errors.map(({ code }) => code);
