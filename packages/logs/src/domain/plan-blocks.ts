/** How batches become blocks: one stream each, in order, at most 1 MiB and at most a day long. Pure. */
import { comparePositions } from './position.ts';
import type { StoredEvent } from './event-block.ts';

const day = 86_400_000;
const maxBytes = 1024 * 1024;

/** The events of one block to be. */
export interface PlannedBlock {
  readonly logStreamName: string;
  readonly events: readonly StoredEvent[];
}

/** Groups the events by stream, sorts them, and cuts them where a block is full or long enough. */
export const planBlocks = (
  batches: readonly { readonly logStreamName: string; readonly events: readonly StoredEvent[] }[],
): readonly PlannedBlock[] =>
  [...Map.groupBy(batches, (batch) => batch.logStreamName)].flatMap(([logStreamName, ofStream]) =>
    cut(ofStream.flatMap((batch) => batch.events).toSorted(comparePositions)).map((events) => ({
      logStreamName,
      events,
    })),
  );

const cut = (events: readonly StoredEvent[]): readonly (readonly StoredEvent[])[] => {
  const parts: StoredEvent[][] = [];
  let part: StoredEvent[] = [];
  let bytes = 0;
  for (const event of events) {
    const first = part[0];
    if (first !== undefined && (bytes + event.message.length > maxBytes || event.timestamp - first.timestamp > day)) {
      parts.push(part);
      part = [];
      bytes = 0;
    }
    part.push(event);
    bytes += event.message.length;
  }
  if (part.length > 0) parts.push(part);
  return parts;
};
