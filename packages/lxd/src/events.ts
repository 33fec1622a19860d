/** What happens on a server as it happens (LXD documentation, "Events"). */
import { setTimeout as delay } from 'node:timers/promises';
import type { WebSocket } from 'ws';
import type { Client } from './client.ts';
import { ConnectionError } from './errors.ts';

export interface LxdEvent {
  readonly type: 'lifecycle' | 'logging' | 'operation';
  /** ISO 8601. */
  readonly timestamp: string;
  readonly location?: string;
  readonly project?: string;
  /** Of a lifecycle event `action` ("instance-started") and `source`; of an operation its state. */
  readonly metadata: Readonly<Record<string, unknown>>;
}

export interface EventOptions {
  /** All types when absent. */
  readonly types?: readonly LxdEvent['type'][] | undefined;
  /** Ends the stream without an error. */
  readonly signal?: AbortSignal | undefined;
  /** Called when the server listens, and again after each interruption, with the time whose events may be missing. */
  readonly onConnect?: ((missed?: EventGap) => void) | undefined;
}

/** What happened between the two may not have been told. */
export interface EventGap {
  readonly from: Date;
  readonly until: Date;
}

const longestPause = 5_000;

/** Opens the stream; resolves when it ends, after each event was handed on. Throws when it cannot be opened. */
const readOnce = (
  socket: WebSocket,
  { signal, onConnect }: EventOptions,
  hand: (event: LxdEvent) => void,
  lost: Date | undefined,
): Promise<boolean> =>
  new Promise((resolve, reject) => {
    let opened = false;
    const close = (): void => socket.close();
    signal?.addEventListener('abort', close, { once: true });
    socket.on('open', () => {
      opened = true;
      onConnect?.(lost === undefined ? undefined : { from: lost, until: new Date() });
    });
    socket.on('message', (data: Buffer) => hand(JSON.parse(data.toString()) as LxdEvent));
    socket.on('error', (error) => {
      if (!opened && signal?.aborted !== true)
        reject(new ConnectionError(error.message, { operation: 'events', cause: error }));
    });
    socket.on('close', () => {
      signal?.removeEventListener('abort', close);
      resolve(opened);
    });
  });

/**
 * The events from now on, in their order, until the signal. A connection that is lost is made again; `onConnect` tells.
 * Throws a ConnectionError where the first one cannot be made.
 */
export const events = async function* (
  client: Client,
  options: EventOptions = {},
): AsyncGenerator<LxdEvent, void, void> {
  const { types = [] } = options;
  // Ends with the caller's signal, and when the caller stops reading.
  const over = new AbortController();
  const signal = options.signal === undefined ? over.signal : AbortSignal.any([options.signal, over.signal]);
  const query = new URLSearchParams({ ...client.scope, ...(types.length > 0 && { type: types.join(',') }) });
  const waiting: LxdEvent[] = [];
  let wake = (): void => {};
  let failure: unknown;
  let ended = false;
  const hand = (event: LxdEvent): void => {
    waiting.push(event);
    wake();
  };
  const follow = async (): Promise<void> => {
    let pause = 0;
    // Nobody knows how long a connection was dead before that was seen: the gap begins at the last thing heard.
    let heard = new Date();
    const note = (event: LxdEvent): void => {
      heard = new Date();
      hand(event);
    };
    for (let first = true; !signal.aborted; first = false) {
      const socket = client.transport.websocket(`/1.0/events?${query.toString()}`);
      socket.on('ping', () => (heard = new Date()));
      const opened = await readOnce(socket, { ...options, signal }, note, first ? undefined : heard).catch(
        (error: unknown) => {
          if (first) throw error;
          return false;
        },
      );
      pause = opened ? 100 : Math.min(longestPause, pause * 2 || 100);
      await delay(pause, undefined, { signal }).catch(() => {});
    }
  };
  void follow()
    .catch((error: unknown) => (failure = error))
    .finally(() => {
      ended = true;
      wake();
    });
  try {
    for (;;) {
      const event = waiting.shift();
      if (event !== undefined) yield event;
      else if (failure !== undefined) throw failure;
      else if (ended) return;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    over.abort();
  }
};
