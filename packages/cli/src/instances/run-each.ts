/** The same for several machines, with a line of progress for each; two at a time, more is no faster on one machine. */
import { Listr } from 'listr2';
import { LxdError } from '@oreno/lxd';
import { CommandFailure } from '../failure.ts';
import { messageOf } from '../lxd/remedies.ts';

const atOnce = 2;

/**
 * Runs `work` for each name. It tells how far it is, and resolves with what is shown at its end. Throws a
 * CommandFailure that names those that failed, after the others were done.
 */
export const runEach = async (
  names: readonly string[],
  work: (name: string, index: number, tell: (text: string) => void, signal: AbortSignal) => Promise<string>,
): Promise<void> => {
  const controller = new AbortController();
  const interrupt = (): void => controller.abort(new Error('interrupted'));
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  const failures: string[] = [];
  const steps = names.map((name, index) => ({
    title: name,
    task: async (_: object, task: { title: string; output: string }) => {
      try {
        task.title = `${name}: ${await work(name, index, (text) => (task.output = text), controller.signal)}`;
      } catch (error) {
        const message = error instanceof LxdError ? messageOf(error) : (error as Error).message;
        failures.push(`${name}: ${message}`);
        throw new Error(message, { cause: error });
      }
    },
  }));
  const renderer = process.stdout.isTTY ? 'default' : 'simple';
  const options = { renderer, concurrent: atOnce, exitOnError: false } as const;
  try {
    await new Listr(steps, options).run();
  } finally {
    process.removeListener('SIGINT', interrupt).removeListener('SIGTERM', interrupt);
  }
  if (failures.length > 0) throw new CommandFailure(failures.join('\n'));
};
