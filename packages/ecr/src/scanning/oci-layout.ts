/** An image out of the registry's own bytes as an OCI image layout (OCI image specification, "Image Layout"). */
import { mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Blobs } from '@oreno/blobs';
import type { Store } from '@oreno/store';
import { parseDigest } from '../domain/digest.ts';
import { readManifest } from '../domain/manifest.ts';
import { findManifest } from '../content/find-manifest.ts';
import { blobNameOf, layers } from '../records.ts';
import { ScanFailure } from './scanner.ts';

interface Parts {
  readonly store: Store;
  readonly blobs: Blobs;
}

/** Where a blob lies in a layout; its folder is made. */
const fileOf = async (folder: string, text: string): Promise<string> => {
  const digest = parseDigest(text);
  if (!digest) throw new ScanFailure(`${text} is not a digest`);
  const parent = join(folder, 'blobs', digest.algorithm);
  await mkdir(parent, { recursive: true });
  return join(parent, digest.text.slice(digest.algorithm.length + 1));
};

const writeLayer = async ({ store, blobs }: Parts, repositoryId: string, folder: string, digest: string) => {
  const layer = (await store.read((tx) => tx.get(layers, { repositoryId, digest })))?.record;
  const reader = layer && (await blobs.get(blobNameOf(layer.content)));
  if (!reader) throw new ScanFailure(`The layer ${digest} is not in the repository any more`);
  const file = await open(await fileOf(folder, digest), 'w', 0o600);
  try {
    await reader.send(async (block) => {
      for (let done = 0; done < block.byteLength;) done += (await file.write(block, done)).bytesWritten;
    });
  } finally {
    await file.close();
  }
};

/** Writes the image into the folder, which must be empty. Throws {@link ScanFailure} where a part is missing. */
export const writeLayout = async (
  parts: Parts,
  repositoryId: string,
  digest: string,
  folder: string,
): Promise<void> => {
  const found = await parts.store.read((tx) => findManifest(tx, repositoryId, { digest: { text: digest } }));
  const bytes = Buffer.from(found?.text ?? '');
  const reading = readManifest(bytes, found?.image.mediaType);
  if (reading.kind === 'invalid') throw new ScanFailure(`The image ${digest} is not in the repository any more`);
  const { mediaType, blobs } = reading.manifest;
  await writeFile(join(folder, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  await writeFile(await fileOf(folder, digest), bytes);
  for (const each of new Set(blobs.map((blob) => blob.digest))) await writeLayer(parts, repositoryId, folder, each);
  const manifests = [{ mediaType, digest, size: bytes.byteLength }];
  await writeFile(join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }));
};
