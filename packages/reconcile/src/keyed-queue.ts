/**
 * Which keys wait for work and which are worked on. A key is in at most one hand at a time; activations of a
 * key that waits already add nothing, those of one that is worked on make it wait once more. Keys that
 * changed go before those that a sweep names, but for one take in eight, so that a sweep ends under any load.
 */
export interface KeyedQueue {
  add(key: string, lane: Lane): void;
  /** The next key, which is worked on until `done`; undefined when none waits. */
  take(): string | undefined;
  done(key: string): void;
  /** Drops what waits. */
  clear(): void;
  readonly waiting: number;
  readonly working: number;
}

export type Lane = 'changed' | 'swept';

const sweptTurn = 8;

export const keyedQueue = (): KeyedQueue => {
  const lanes: Readonly<Record<Lane, Set<string>>> = { changed: new Set(), swept: new Set() };
  const working = new Map<string, Lane | undefined>();
  let takes = 0;

  const add = (key: string, lane: Lane): void => {
    if (working.has(key)) {
      if (working.get(key) !== 'changed') working.set(key, lane);
    } else if (!lanes.changed.has(key)) {
      lanes[lane].add(key);
      if (lane === 'changed') lanes.swept.delete(key);
    }
  };
  const takeFrom = (lane: Lane): string | undefined => {
    const [key] = lanes[lane];
    if (key === undefined) return undefined;
    lanes[lane].delete(key);
    working.set(key, undefined);
    return key;
  };

  return {
    add,
    take: () => {
      takes++;
      return takes % sweptTurn === 0
        ? (takeFrom('swept') ?? takeFrom('changed'))
        : (takeFrom('changed') ?? takeFrom('swept'));
    },
    done: (key) => {
      const again = working.get(key);
      working.delete(key);
      if (again !== undefined) add(key, again);
    },
    clear: () => {
      lanes.changed.clear();
      lanes.swept.clear();
      for (const key of working.keys()) working.set(key, undefined);
    },
    get waiting() {
      return lanes.changed.size + lanes.swept.size;
    },
    get working() {
      return working.size;
    },
  };
};
