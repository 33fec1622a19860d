import type { AgentState } from '../domain/agent-state.ts';
import type { Log } from '../domain/agent-runtime.ts';
import type { ImageRecord } from '../images/image-record.ts';
import type { PulledImage } from '../images/pull-image.ts';
import type { Journal } from './journal.ts';

/** Writes every change of a task behind the one who makes it. Returns the function that ends it. */
export function keepInJournal(state: AgentState, journal: Journal, log: Log): () => void {
  let failing = false;
  return state.onChange((change) => {
    if (change.kind !== 'task') return;
    journal.append({ kind: 'task', task: change.task });
    journal.flushed().then(
      () => {
        failing = false;
      },
      (error: unknown) => {
        if (!failing) log('error', 'the state of the agent cannot be written', { error: String(error) });
        failing = true;
      },
    );
  });
}

/** Notes that an image is used, for the clean-up of images; only those count that this agent pulled. */
export function recordImage(
  journal: Journal,
  images: Map<string, ImageRecord>,
  reference: string,
  { imageId, pulled }: PulledImage,
  now: number,
): void {
  const known = images.get(imageId);
  if (!known && !pulled) return;
  const image: ImageRecord = {
    imageId,
    references: [...new Set([...(known?.references ?? []), reference])],
    pulledAt: known?.pulledAt ?? now,
    lastUsedAt: now,
  };
  images.set(imageId, image);
  journal.append({ kind: 'image', image });
}
