/**
 * Follows the engine's events for ever. After a break it asks from the time of the last event on, and drops what it
 * has given out already, so that within the engine's own memory no event is lost or doubled; every connection is
 * announced, because beyond that memory only a look at the engine helps.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { EngineEvent } from './engine-types.ts';
import type { EventItem, Filters } from './engine.ts';
import { jsonValues } from './json-values.ts';
import type { Transport } from './transport.ts';

const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 5_000;

/** Remembers where the stream stands: the newest second seen and the events of that second. */
interface Position {
  time: number;
  seen: Set<string>;
}

export async function* followEvents(
  transport: Transport,
  query: { filters?: Filters; signal: AbortSignal },
): AsyncGenerator<EventItem> {
  const position: Position = { time: 0, seen: new Set() };
  let again = false;
  let delay = FIRST_DELAY_MS;
  while (!query.signal.aborted) {
    let failure: Error;
    try {
      const response = await transport.open({
        method: 'GET',
        path: '/events',
        // Whole seconds: the engine's nanoseconds do not survive a double, and repeats are dropped below.
        query: {
          since: position.time === 0 ? undefined : position.time,
          filters: query.filters && JSON.stringify(query.filters),
        },
        operation: 'follow events',
        signal: query.signal,
      });
      yield { kind: 'connected', again };
      again = true;
      delay = FIRST_DELAY_MS;
      for await (const event of jsonValues<EngineEvent>(response)) {
        if (isNew(event, position)) yield { kind: 'event', event };
      }
      failure = new Error('the engine ended the event stream');
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error));
    }
    if (query.signal.aborted) return;
    yield { kind: 'disconnected', error: failure };
    await sleep(delay, undefined, { signal: query.signal }).catch(() => {});
    delay = Math.min(delay * 2, LONGEST_DELAY_MS);
  }
}

function isNew(event: EngineEvent, position: Position): boolean {
  const key = `${event.timeNano} ${event.Type} ${event.Action} ${event.Actor.ID}`;
  if (position.seen.has(key)) return false;
  // A reconnect asks from the start of a second: its events must be known until the next second begins.
  if (event.time > position.time) {
    position.time = event.time;
    position.seen.clear();
  }
  position.seen.add(key);
  return true;
}
