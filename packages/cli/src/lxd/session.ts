/** What the `lxd` commands have in common: a connection for the length of the work, and errors as people read them. */
import type { Lxd } from '@oreno/lxd';
import { CommandFailure } from '../failure.ts';
import { reportLxd } from '../instances/report-lxd.ts';
import { LaunchRequestError } from './launch-spec.ts';
import { openTarget, type Target } from './target.ts';

/** Runs `work` on the server; an interrupt aborts it first and ends the process at the second. */
export const withLxd = (target: Target, work: (lxd: Lxd, signal: AbortSignal) => Promise<void>): Promise<void> =>
  reportLxd(async () => {
    const controller = new AbortController();
    const interrupt = (): void => controller.abort(new CommandFailure('interrupted; what was begun is undone', 130));
    process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
    const lxd = await openTarget(target);
    try {
      await work(lxd, controller.signal);
    } catch (error) {
      if (controller.signal.aborted) throw controller.signal.reason;
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
