/** Waiting for the end that a person or a service manager asks for. */

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
