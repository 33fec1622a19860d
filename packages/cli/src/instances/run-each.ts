/** The same for several machines, with a line of progress for each; two at a time, more is no faster on one machine. */
import { Listr } from 'listr2';
import { LxdError } from '@oreno/lxd';
import { CommandFailure } from '../failure.ts';
import { messageOf } from '../lxd/remedies.ts';
import { abortable } from '../signals.ts';

const atOnce = 2;
/** As a shell tells the end by an interrupt. */
const interrupted = 130;

/**
 * Runs `work` for each name. It tells how far it is, and resolves with what is shown at its end. Throws a
 * CommandFailure that names those that failed, after the others were done.
 */
export const runEach = async (
  names: readonly string[],
  work: (name: string, index: number, tell: (text: string) => void, signal: AbortSignal) => Promise<string>,
  renderer: 'default' | 'simple' | 'silent' = process.stdout.isTTY ? 'default' : 'simple',
): Promise<void> => {
  const failures: string[] = [];
  await abortable(async (signal) => {
    const steps = names.map((name, index) => ({
      title: name,
      task: async (_: object, task: { title: string; output: string }) => {
        try {
          task.title = `${name}: ${await work(name, index, (text) => (task.output = text), signal)}`;
        } catch (error) {
          const message = messageFor(signal.aborted ? signal.reason : error);
          failures.push(`${name}: ${message}`);
          throw new Error(message, { cause: error });
        }
      },
    }));
    // With listeners of its own it would end the process, and leave what was begun.
    const options = { renderer, concurrent: atOnce, exitOnError: false, registerSignalListeners: false } as const;
    await new Listr(steps, options).run();
    if (failures.length > 0) throw new CommandFailure(failures.join('\n'), signal.aborted ? interrupted : 1);
  });
};

const messageFor = (error: unknown): string =>
  error instanceof LxdError ? messageOf(error) : (error as Error).message;
