/** A reader of a server's lifecycle events, for tests. */
import type { EventGap, Lxd } from '@oreno/lxd';

export interface Listening {
  /** What has happened: `instance-started` … */
  readonly seen: readonly unknown[];
  /** One for each time that the stream was opened, with what may have been missed before it. */
  readonly gaps: readonly (EventGap | undefined)[];
  /** Resolves when the stream has ended. */
  stop(): Promise<void>;
}

/** Starts to listen; resolves when the server does. */
export const listen = async (lxd: Lxd): Promise<Listening> => {
  const stopping = new AbortController();
  const opened = Promise.withResolvers<void>();
  const gaps: (EventGap | undefined)[] = [];
  const seen: unknown[] = [];
  const onConnect = (missed?: EventGap): void => {
    gaps.push(missed);
    opened.resolve();
  };
  const reading = (async () => {
    const options = { types: ['lifecycle'] as const, signal: stopping.signal, onConnect };
    for await (const { metadata } of lxd.events(options)) seen.push(metadata['action']);
  })();
  await opened.promise;
  const stop = async (): Promise<void> => {
    stopping.abort();
    await reading;
  };
  return { seen, gaps, stop };
};
