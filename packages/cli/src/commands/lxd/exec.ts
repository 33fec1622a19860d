/** `oreno lxd exec`: a command in an instance, with its own streams and its own exit code. */
import { LxdError } from '@oreno/lxd';
import { CommandFailure } from '../../failure.ts';
import { Interruption, withLxd } from '../../lxd/session.ts';
import { passThrough } from '../../lxd/streams.ts';
import type { Target } from '../../lxd/target.ts';

export interface ExecOptions extends Target {
  readonly user?: number;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export const exec = (name: string, command: readonly string[], options: ExecOptions): Promise<void> => {
  // What follows the first argument is passed through, and with it the dashes that end the options.
  const argv = command[0] === '--' ? command.slice(1) : command;
  const [program] = argv;
  if (program === undefined) throw new CommandFailure(`say what to run: oreno lxd exec ${name} -- COMMAND`, 2);
  return withLxd(options, async (lxd, signal) => {
    const session = await lxd.instance(name).exec(argv, {
      user: options.user,
      cwd: options.cwd,
      environment: options.env,
    });
    const interrupt = ({ reason }: AbortSignal): void => {
      if (reason instanceof Interruption) session.kill(reason.signal);
    };
    if (signal.aborted) interrupt(signal);
    signal.addEventListener('abort', () => interrupt(signal), { once: true });
    let words = 0;
    session.stderr.on('data', (chunk: Buffer) => (words += chunk.length));
    const code = await passThrough(session).catch(notExecutable);
    if (code === 0) return;
    // A shell inside has said it; where LXD itself found no such program, nobody has.
    const isSilent = code === notFound && words === 0;
    const hint = program.startsWith('-') ? '. Options of exec stand before the name of the instance.' : '';
    throw new CommandFailure(isSilent ? `${name} has no command ${program}${hint}` : '', code);
  });
};

const notFound = 127;
const cannotRun = 126;

const notExecutable = (error: unknown): never => {
  if (error instanceof LxdError && error.metadata?.['return'] === cannotRun) {
    throw new CommandFailure(error.message, cannotRun);
  }
  throw error;
};
