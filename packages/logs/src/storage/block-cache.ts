/**
 * The decoded events of blocks that were written or read lately, bounded by their size. What `tail --follow` asks
 * for every few seconds is answered from here.
 */
import type { StoredEvent } from '../domain/event-block.ts';

export interface BlockCache {
  get(id: string): readonly StoredEvent[] | undefined;
  /** `bytes` is the block's uncompressed size. */
  set(id: string, events: readonly StoredEvent[], bytes: number): void;
}

/** Makes a cache that forgets what was used least lately beyond `capacity` bytes. */
export const openBlockCache = (capacity: number): BlockCache => {
  const entries = new Map<string, { readonly events: readonly StoredEvent[]; readonly bytes: number }>();
  let used = 0;
  return {
    get(id) {
      const entry = entries.get(id);
      if (entry === undefined) return undefined;
      // A Map walks in the order of insertion: taking out and putting in again marks it as used last.
      entries.delete(id);
      entries.set(id, entry);
      return entry.events;
    },
    set(id, events, bytes) {
      if (bytes > capacity || entries.has(id)) return;
      entries.set(id, { events, bytes });
      used += bytes;
      for (const [oldest, entry] of entries) {
        if (used <= capacity) break;
        entries.delete(oldest);
        used -= entry.bytes;
      }
    },
  };
};
