/** `oreno events`: what happened to tasks, container instances, services and deployments. */
import { openDataDir, readNote } from '../data-dir.ts';
import { readEvents } from '../event-feed.ts';
import { eventLine } from '../event-line.ts';
import { CommandFailure } from '../failure.ts';
import { untilToldToStop } from '../signals.ts';

export interface EventsOptions {
  readonly follow: boolean;
  readonly json: boolean;
  readonly dataDir?: string;
}

export const events = async ({ follow, json, dataDir: root }: EventsOptions): Promise<void> => {
  const dataDir = openDataDir(root);
  const note = readNote(dataDir);
  if (note === undefined) {
    throw new CommandFailure(`nothing runs on ${dataDir.root}. Start it with: oreno up --detach`);
  }
  const stopped = new AbortController();
  // Who reads them has seen enough: `oreno events | head`.
  process.stdout.once('error', () => process.exit(0));
  if (follow) void untilToldToStop().then(() => stopped.abort());
  for await (const event of readEvents({ dataDir, note, from: 'start', follow, signal: stopped.signal })) {
    process.stdout.write(`${json ? JSON.stringify(event) : eventLine(event)}\n`);
  }
};
