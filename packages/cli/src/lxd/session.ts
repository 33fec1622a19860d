/** What the `lxd` commands have in common: a connection for the length of the work, and errors as people read them. */
import { constants } from 'node:os';
import type { Lxd } from '@oreno/lxd';
import { CommandFailure } from '../failure.ts';
import { reportLxd } from '../instances/report-lxd.ts';
import { LaunchRequestError } from './launch-spec.ts';
import { openTarget, type Target } from './target.ts';

/** A signal has told this process to end. */
export class Interruption extends CommandFailure {
  /** Its number. */
  readonly signal: number;

  constructor(name: NodeJS.Signals) {
    const number = constants.signals[name];
    super('interrupted; what was begun is undone', 128 + number);
    this.signal = number;
  }
}

/** Runs `work` on the server; an interrupt aborts it first and ends the process at the second. */
export const withLxd = (target: Target, work: (lxd: Lxd, signal: AbortSignal) => Promise<void>): Promise<void> =>
  reportLxd(async () => {
    const controller = new AbortController();
    const interrupt = (name: NodeJS.Signals): void => controller.abort(new Interruption(name));
    process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
    const lxd = await openTarget(target);
    try {
      await work(lxd, controller.signal);
    } catch (error) {
      // A command of its own that ended by the signal has said what there was to say.
      if (controller.signal.aborted && !(error instanceof CommandFailure)) throw controller.signal.reason;
      if (error instanceof LaunchRequestError) throw new CommandFailure(error.message, 2);
      throw error;
    } finally {
      lxd.close();
      process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
    }
  });

/** Tells progress on standard error: one line that changes on a terminal, nothing in a pipe. */
export const progress = (): { readonly tell: (text: string) => void; readonly done: () => void } => {
  const clear = '\r\u001b[K';
  if (!process.stderr.isTTY) return { tell: () => {}, done: () => {} };
  return {
    tell: (text) => process.stderr.write(`${clear}${text}`),
    done: () => process.stderr.write(clear),
  };
};

export const printJson = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
