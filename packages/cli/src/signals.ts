/** Waiting for the end that a person or a service manager asks for. */
import { CommandFailure } from './failure.ts';

/** Does work that a first SIGINT or SIGTERM aborts, so that it can tidy up; a second one ends the process at once. */
export const abortable = async <T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> => {
  const controller = new AbortController();
  const interrupt = (): void => controller.abort(new CommandFailure('interrupted', 130));
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  try {
    return await work(controller.signal);
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
};

/** Resolves with the first SIGTERM or SIGINT; a second one ends the process at once. */
export const untilToldToStop = (): Promise<NodeJS.Signals> =>
  new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.once(signal, () => {
        process.once(signal, () => process.exit(1));
        resolve(signal);
      });
    }
  });
