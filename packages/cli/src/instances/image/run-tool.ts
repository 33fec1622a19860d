import { spawn } from 'node:child_process';
import { CommandFailure } from '../../failure.ts';

const kept = 2_000;

/** Debian's package of a program. */
const packageOf = (program: string): string => (program === 'mksquashfs' ? 'squashfs-tools' : program);

/** Runs a program to its end; what it prints is shown only when it fails. Throws a CommandFailure then. */
export const runTool = (program: string, args: readonly string[], signal?: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    let last = '';
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], ...(signal && { signal }) });
    const keep = (chunk: Buffer): void => {
      last = (last + chunk.toString()).slice(-kept);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.once('error', (error: NodeJS.ErrnoException) => {
      // It is told to end, and tidies up: what it works on is its own until it has.
      if (error.name === 'AbortError') return;
      const text = `${program} is needed for this. On Debian or Ubuntu: apt-get install ${packageOf(program)}`;
      reject(error.code === 'ENOENT' ? new CommandFailure(text) : error);
    });
    child.once('close', (code) => {
      if (code === 0) resolve();
      else if (signal?.aborted === true) reject(signal.reason as Error);
      else reject(new CommandFailure(`${program} failed with exit code ${code}:\n${last.trim()}`));
    });
  });
