/**
 * Mounting: a repository gets a layer that another one of the same registry has, without its bytes moving. The
 * source's row is read in the transaction that writes the new one, so the bytes are named at every moment between.
 */
import { AwsError } from '@oreno/aws-wire';
import { authorize } from '../access.ts';
import type { Caller } from '../caller.ts';
import type { EcrParts } from '../context.ts';
import { isRepositoryName } from '../domain/names.ts';
import { blobNameOf, findRepository, layers } from '../records.ts';
import type { RepositoryRecord } from '../records.ts';
import { isLayerArchived } from './storage-class.ts';

/** How many repositories are looked at when the client does not say where the layer is. */
const candidatesAtMost = 20;

export interface Mount {
  readonly repository: RepositoryRecord;
  readonly digest: string;
  /** The source repository's name; any that the caller may read when absent. */
  readonly from: string | undefined;
}

const mayRead = async (parts: EcrParts, caller: Caller, repositoryName: string): Promise<boolean> => {
  try {
    await authorize(parts, caller, 'ecr:GetDownloadUrlForLayer', repositoryName);
    return true;
  } catch (error) {
    if (error instanceof AwsError) return false;
    throw error;
  }
};

const candidates = async (
  { store }: EcrParts,
  { account, region }: Caller,
  { digest, from }: Mount,
): Promise<readonly string[]> => {
  if (from !== undefined) return isRepositoryName(from) ? [from] : [];
  const query = { index: 'byDigest', where: { account, region, digest }, limit: candidatesAtMost };
  const rows = await store.read((tx) => tx.list(layers, query));
  return rows.map(({ record }) => record.repositoryName);
};

/** False where the file of a layer was lost: its client is to push it again. */
const hasBytes = async (
  { store, blobs }: EcrParts,
  registry: Caller,
  name: string,
  digest: string,
): Promise<boolean> => {
  const layer = await store.read(async (tx) => {
    const source = await findRepository(tx, registry, name);
    return source && (await tx.get(layers, { repositoryId: source.repositoryId, digest }))?.record;
  });
  return layer !== undefined && (await blobs.stat(blobNameOf(layer.content))) !== undefined;
};

/** True when the repository has the layer now; false when there was nothing to mount for this caller. */
export const mountLayer = async (parts: EcrParts, caller: Caller, mount: Mount): Promise<boolean> => {
  const { repository, digest } = mount;
  const { account, region, repositoryId, repositoryName } = repository;
  for (const name of await candidates(parts, caller, mount)) {
    if (!(await mayRead(parts, caller, name))) continue;
    if (!(await hasBytes(parts, caller, name, digest))) continue;
    const mounted = await parts.store.update(async (tx) => {
      const source = await findRepository(tx, caller, name);
      const target = await findRepository(tx, caller, repositoryName);
      if (!source || target?.repositoryId !== repositoryId) return false;
      const found = (await tx.get(layers, { repositoryId: source.repositoryId, digest }))?.record;
      if (!found || (await isLayerArchived(tx, source.repositoryId, digest))) return false;
      const { content, size } = found;
      await tx.put(layers, {
        account,
        region,
        repositoryId,
        repositoryName,
        digest,
        content,
        size,
        touchedAt: parts.now(),
      });
      return true;
    });
    if (mounted) return true;
  }
  return false;
};
