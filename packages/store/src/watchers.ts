/** Who wants to hear of commits. A listener that throws harms neither the others nor the store. */
export interface Watchers {
  add(listener: () => void): () => void;
  /** Calls every listener, on a microtask of its own. */
  readonly notify: () => void;
}

export const openWatchers = (): Watchers => {
  const listeners = new Set<{ readonly call: () => void }>();
  return {
    add: (call) => {
      const entry = { call };
      listeners.add(entry);
      return () => void listeners.delete(entry);
    },
    notify: () =>
      queueMicrotask(() => {
        for (const entry of listeners) {
          try {
            entry.call();
          } catch (error) {
            process.emitWarning(error instanceof Error ? error : new Error(String(error)));
          }
        }
      }),
  };
};
