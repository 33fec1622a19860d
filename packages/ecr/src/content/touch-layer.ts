/** A client that asks whether a layer is here will count on it: the collector leaves it alone for a while. */
import type { Store } from '@oreno/store';
import { layers } from '../records.ts';
import type { LayerRecord } from '../records.ts';

const touchEvery = 12 * 60 * 60 * 1000;

/** Notes at `now` (milliseconds since the epoch) that the layer is counted on; at most twice a day. */
export const touchLayer = async (store: Store, layer: LayerRecord, now: number): Promise<void> => {
  if (now - layer.touchedAt < touchEvery) return;
  const { repositoryId, digest } = layer;
  await store.update(async (tx) => {
    const current = (await tx.get(layers, { repositoryId, digest }))?.record;
    if (current) await tx.put(layers, { ...current, touchedAt: now });
  });
};
