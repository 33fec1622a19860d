import type { Handler, ecr } from '@oreno/aws-wire';
import type { EcrContext } from '../context.ts';
import { isLayerArchived } from '../content/storage-class.ts';
import { touchLayer } from '../content/touch-layer.ts';
import { parseDigest } from '../domain/digest.ts';
import { layers, uses } from '../records.ts';
import type { LayerRecord } from '../records.ts';
import { repositoryOf } from './repository.ts';

export const BatchCheckLayerAvailability: Handler<ecr.Operations, 'BatchCheckLayerAvailability', EcrContext> = async (
  input,
  context,
) => {
  const { repositoryId } = await repositoryOf(input, context, 'BatchCheckLayerAvailability');
  const available: LayerRecord[] = [];
  const answer = await context.store.read(async (tx) => {
    const found: ecr.Layer[] = [];
    const failures: ecr.LayerFailure[] = [];
    for (const layerDigest of input.layerDigests) {
      if (!parseDigest(layerDigest)) {
        const failureReason = 'Invalid layer digest: it must be a sha256 or sha512 digest';
        failures.push({ layerDigest, failureCode: 'InvalidLayerDigest', failureReason });
        continue;
      }
      const layer = (await tx.get(layers, { repositoryId, digest: layerDigest }))?.record;
      if (!layer) {
        found.push({ layerDigest, layerAvailability: 'UNAVAILABLE' });
        continue;
      }
      const [use] = await tx.list(uses, { where: { repositoryId, digest: layerDigest }, limit: 1 });
      available.push(layer);
      found.push({
        layerDigest,
        layerAvailability: (await isLayerArchived(tx, repositoryId, layerDigest)) ? 'ARCHIVED' : 'AVAILABLE',
        layerSize: layer.size,
        mediaType: use?.record.mediaType,
      });
    }
    return { layers: found, failures };
  });
  for (const layer of available) await touchLayer(context.store, layer, context.now());
  return answer;
};
