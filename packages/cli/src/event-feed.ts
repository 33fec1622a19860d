/** Reads the server's events, page by page and, where it is wanted, waiting for the next. */
import { setTimeout as sleep } from 'node:timers/promises';
import { sign } from '@oreno/aws-wire';
import type { AwsEvent, EventFeedPage } from '@oreno/server';
import type { DataDir, RunningNote } from './data-dir.ts';
import { CommandFailure } from './failure.ts';
import { rootAccessKey } from './root-key.ts';

export interface EventReading {
  readonly dataDir: DataDir;
  readonly note: RunningNote;
  /** All that is kept, or only what happens from now. */
  readonly from: 'start' | 'now';
  /** Go on at the end. */
  readonly follow: boolean;
  readonly signal: AbortSignal;
}

const waitSeconds = 20;

const ask = async ({ dataDir, note, signal }: EventReading, query: string): Promise<EventFeedPage> => {
  const { accessKeyId, secretAccessKey } = rootAccessKey(dataDir);
  const url = `${note.origin}/oreno/events${query}`;
  const credentials = { accessKeyId, secretAccessKey };
  const common = { method: 'GET', url, region: note.region, service: 'ecs', credentials, now: Date.now() };
  const { host: _, ...headers } = sign(common);
  const response = await fetch(url, { headers, signal });
  if (!response.ok) throw new CommandFailure(`the server does not show its events: ${await response.text()}`);
  return (await response.json()) as EventFeedPage;
};

/** A page; while following, a server that does not answer is asked again until the signal. */
const pageOf = async (reading: EventReading, query: string): Promise<EventFeedPage | undefined> => {
  for (;;) {
    try {
      return await ask(reading, query);
    } catch (error) {
      if (reading.signal.aborted) return undefined;
      if (!reading.follow || error instanceof CommandFailure) throw error;
      await sleep(1_000, undefined, { signal: reading.signal }).catch(() => {});
    }
  }
};

/** The events in their order. Ends with the signal and, unless it follows, at the newest one. */
export const readEvents = async function* (reading: EventReading): AsyncGenerator<AwsEvent, void, void> {
  const { from, follow, signal } = reading;
  let after: number | undefined = from === 'start' ? 0 : undefined;
  while (!signal.aborted) {
    const wait: string = follow ? `&wait=${waitSeconds}` : '';
    const page: EventFeedPage | undefined = await pageOf(reading, after === undefined ? '' : `?after=${after}${wait}`);
    if (page === undefined) return;
    yield* page.events;
    if (!follow && page.events.length === 0) return;
    after = page.after;
  }
};
