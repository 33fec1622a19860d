import type { AgentPart } from './domain/agent-runtime.ts';

/** What is to be closed when the agent ends, the newest first. */
export interface Closing {
  push(close: () => Promise<void> | void): void;
  /** Notes a part that is to be stopped, and gives it back. */
  keep<Part extends AgentPart>(part: Part): Part;
  closeAll(): Promise<void>;
}

export function createClosing(): Closing {
  const closers: (() => Promise<void> | void)[] = [];
  return {
    push: (close) => void closers.push(close),
    keep(part) {
      closers.push(() => part.stop());
      return part;
    },
    async closeAll() {
      for (const close of closers.splice(0).toReversed()) await close();
    },
  };
}
