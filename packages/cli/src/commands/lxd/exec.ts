/** `oreno lxd exec`: a command in an instance, with its own streams and its own exit code. */
import { pipeline } from 'node:stream/promises';
import { LxdError } from '@oreno/lxd';
import { CommandFailure } from '../../failure.ts';
import { withLxd } from '../../lxd/session.ts';
import type { Target } from '../../lxd/target.ts';

export interface ExecOptions extends Target {
  readonly user?: number;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

const interrupt = 2;

export const exec = (name: string, command: readonly string[], options: ExecOptions): Promise<void> =>
  withLxd(options, async (lxd, signal) => {
    // What follows the first argument is passed through, and with it the dashes that end the options.
    const argv = command[0] === '--' ? command.slice(1) : command;
    const session = await lxd.instance(name).exec(argv, {
      user: options.user,
      cwd: options.cwd,
      environment: options.env,
    });
    signal.addEventListener('abort', () => session.kill(interrupt), { once: true });
    session.stdin.on('error', () => {});
    if (process.stdin.isTTY) session.stdin.end();
    else process.stdin.pipe(session.stdin);
    const shown = [
      pipeline(session.stdout, process.stdout, { end: false }),
      pipeline(session.stderr, process.stderr, { end: false }),
    ];
    let words = 0;
    session.stderr.on('data', (chunk: Buffer) => (words += chunk.length));
    const code = await session.exitCode.catch(notExecutable);
    // A reader that left, as `head` does, is no failure of the command.
    await Promise.allSettled(shown);
    process.stdin.unpipe().destroy();
    // A shell inside has said it; where LXD itself found no such program, nobody has.
    const [program = ''] = argv;
    const silent = code === notFound && words === 0;
    if (code !== 0) throw new CommandFailure(silent ? `${name} has no command ${program}` : '', code);
  });

const notFound = 127;
const cannotRun = 126;

const notExecutable = (error: unknown): never => {
  if (error instanceof LxdError && error.metadata?.['return'] === cannotRun) {
    throw new CommandFailure(error.message, cannotRun);
  }
  throw error;
};
