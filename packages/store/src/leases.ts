import type { Lease } from './port.ts';

/** Leases within one process: enough where one process owns the store. */
export interface Leases {
  take(name: string): Lease | undefined;
  /** Ends all: their signals abort. */
  close(): void;
}

export const openLeases = (): Leases => {
  const held = new Map<string, AbortController>();
  return {
    take: (name) => {
      if (held.has(name)) return undefined;
      const controller = new AbortController();
      held.set(name, controller);
      return {
        name,
        signal: controller.signal,
        release: async () => {
          if (held.get(name) === controller) held.delete(name);
        },
      };
    },
    close: () => {
      for (const controller of held.values()) controller.abort();
      held.clear();
    },
  };
};
