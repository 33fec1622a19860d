/**
 * Reads everything that the registry keeps and hashes it again: bytes that rotted on the disk, and rows whose bytes are
 * gone. Nothing is changed. Safe while pushes and the collector run: what went meanwhile is not reported.
 */
import type { Blobs } from '@oreno/blobs';
import type { ReadTransaction, Store } from '@oreno/store';
import { parseDigest } from '../domain/digest.ts';
import { blobNameOf, blobPrefix, layers, manifests } from '../records.ts';
import type { LayerRecord } from '../records.ts';
import { dropDamaged } from './drop-damaged.ts';
import type { KeyedLock } from './keyed-lock.ts';
import { createHashes, hasDigest, updateHashes } from './hashes.ts';

/** Something that is not what its digest says. */
export interface Damage {
  readonly kind: 'layer' | 'manifest';
  readonly problem: 'wrong-content' | 'missing';
  /** The digest that it should have. */
  readonly digest: string;
  /** Where it is named, as `account/region/repository` for layers; ids of repositories for manifests. */
  readonly repositories: readonly string[];
}

export interface Verified {
  readonly checked: number;
  readonly bytes: number;
  readonly damages: readonly Damage[];
}

interface VerifierParts {
  readonly store: Store;
  readonly blobs: Blobs;
  readonly contentLock: KeyedLock;
}

const pageSize = 200;

const placeOf = ({ account, region, repositoryName }: LayerRecord): string => `${account}/${region}/${repositoryName}`;

const rowsOf = async (store: Store, content: string): Promise<readonly LayerRecord[]> =>
  (await store.read((tx) => tx.list(layers, { index: 'byContent', where: { content } }))).map(({ record }) => record);

interface LayerDamage extends Damage {
  /** The SHA-256 that its bytes should have. */
  readonly content: string;
}

const damageOf = (problem: Damage['problem'], content: string, rows: readonly LayerRecord[]): LayerDamage => ({
  content,
  kind: 'layer',
  problem,
  digest: rows[0]?.digest ?? `sha256:${content}`,
  repositories: [...new Set(rows.map(placeOf))],
});

interface VerifiedLayers extends Verified {
  readonly damages: readonly LayerDamage[];
}

const verifyBytes = async ({ store, blobs }: VerifierParts, shard: string): Promise<VerifiedLayers> => {
  const found = { checked: 0, bytes: 0, damages: [] as LayerDamage[] };
  for await (const { name } of blobs.list(`${blobPrefix}${shard}/`)) {
    const reader = await blobs.get(name);
    if (!reader) continue;
    const hashes = createHashes('sha256');
    await reader.send(async (block) => updateHashes(hashes, block));
    const content = name.slice(name.lastIndexOf('/') + 1);
    found.checked += 1;
    found.bytes += hashes.size;
    if (hashes.sha256.digest('hex') !== content) {
      found.damages.push(damageOf('wrong-content', content, await rowsOf(store, content)));
    }
  }
  return found;
};

const missingLayers = async ({ store, blobs }: VerifierParts, shard: string): Promise<readonly LayerDamage[]> => {
  const damages: LayerDamage[] = [];
  let before = '';
  let after: LayerRecord | undefined;
  for (;;) {
    const query = { index: 'byContent', prefix: shard, after, limit: pageSize } as const;
    const rows = (await store.read((tx) => tx.list(layers, query))).map(({ record }) => record);
    for (const { content } of rows) {
      if (content === before || (await blobs.stat(blobNameOf(content)))) continue;
      before = content;
      // Rows go before their bytes: what has none any more was collected meanwhile.
      const left = await rowsOf(store, content);
      if (left.length > 0) damages.push(damageOf('missing', content, left));
    }
    after = rows.at(-1);
    if (!after || rows.length < pageSize) return damages;
  }
};

/**
 * Verifies the layers whose SHA-256 starts with two hexadecimal digits: a 256th of them all. With `drop` what is damaged
 * is given up, so that a push brings it again.
 */
export const verifyLayers = async (parts: VerifierParts, shard: string, drop: boolean): Promise<Verified> => {
  const { checked, bytes, damages: wrong } = await verifyBytes(parts, shard);
  const damages = [...wrong, ...(await missingLayers(parts, shard))];
  if (drop) for (const { content } of damages) await dropDamaged(parts, content);
  return { checked, bytes, damages: damages.map(({ content: _, ...damage }) => damage) };
};

/** Verifies all manifests. */
export const verifyManifests = async ({ store }: Pick<VerifierParts, 'store'>): Promise<Verified> => {
  const found = { checked: 0, bytes: 0, damages: [] as Damage[] };
  let after: { readonly repositoryId: string; readonly digest: string } | undefined;
  for (;;) {
    const page = async (tx: ReadTransaction) => tx.list(manifests, { after, limit: pageSize });
    const rows = (await store.read(page)).map(({ record }) => record);
    for (const { repositoryId, digest: text, text: manifest } of rows) {
      const bytes = Buffer.from(manifest);
      const digest = parseDigest(text);
      found.checked += 1;
      found.bytes += bytes.byteLength;
      if (digest && hasDigest(bytes, digest)) continue;
      found.damages.push({ kind: 'manifest', problem: 'wrong-content', digest: text, repositories: [repositoryId] });
    }
    after = rows.at(-1);
    if (!after || rows.length < pageSize) return found;
  }
};
