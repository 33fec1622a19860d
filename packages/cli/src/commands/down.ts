/** `oreno down`: stops what `up` or `server` started on this data folder. Tasks go on running unless told otherwise. */
import { openDataDir, readNote, removeNote } from '../data-dir.ts';
import { CommandFailure } from '../failure.ts';
import { waitForEnd } from '../processes.ts';
import { stopMachineTasks } from '../stop-machine-tasks.ts';

export interface DownOptions {
  readonly stopTasks: boolean;
  readonly dataDir?: string;
}

export const down = async (options: DownOptions): Promise<void> => {
  const dataDir = openDataDir(options.dataDir);
  const note = readNote(dataDir);
  if (note === undefined) {
    if (options.stopTasks) {
      throw new CommandFailure('nothing runs here, so nobody can stop the tasks. Start it first: oreno up --detach');
    }
    process.stdout.write('Nothing runs.\n');
    return;
  }
  if (options.stopTasks) {
    process.stdout.write('Stopping tasks ...\n');
    await untilInterrupted((signal) => stopMachineTasks(dataDir, note, signal));
  }
  process.kill(note.pid, 'SIGTERM');
  if (!(await waitForEnd(note.pid, note.startTime, 30_000))) {
    throw new CommandFailure(`the server (process ${note.pid}) has not ended after 30 s. Its log: ${dataDir.log}`);
  }
  removeNote(dataDir);
  process.stdout.write(
    options.stopTasks ? 'Stopped.\n' : 'Stopped. Tasks go on running; "oreno up" finds them again.\n',
  );
};

const untilInterrupted = async (work: (signal: AbortSignal) => Promise<void>): Promise<void> => {
  const controller = new AbortController();
  const interrupt = (): void => controller.abort();
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  try {
    await work(controller.signal);
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
};
