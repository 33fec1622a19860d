/** `oreno lxd shell`: a terminal in an instance, of the window's size; in a pipe a shell that reads its commands there. */
import { spawnSync } from 'node:child_process';
import type { ExecSession } from '@oreno/lxd';
import { CommandFailure } from '../../failure.ts';
import { withLxd } from '../../lxd/session.ts';
import { passThrough } from '../../lxd/streams.ts';
import type { Target } from '../../lxd/target.ts';

/** bash where there is one; as another user with that user's own environment. */
const login =
  'if [ -n "$1" ]; then exec su - "$1"; elif command -v bash >/dev/null; then exec bash -l; else exec sh -l; fi';

const sizeOf = ({ columns, rows }: NodeJS.WriteStream) => ({ width: columns ?? 80, height: rows ?? 24 });

export const shell = (name: string, options: Target & { readonly user?: string }): Promise<void> =>
  withLxd(options, async (lxd) => {
    const { stdin, stdout } = process;
    const session = await lxd.instance(name).exec(['sh', '-c', login, 'shell', options.user ?? ''], {
      ...(stdin.isTTY && { terminal: sizeOf(stdout) }),
      environment: {
        TERM: process.env['TERM'] ?? 'xterm',
        HOME: '/root',
        USER: 'root',
        PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      },
    });
    const code = await (stdin.isTTY ? attach(session) : passThrough(session));
    if (code !== 0) throw new CommandFailure('', code);
  });

/** This terminal is the session's until it ends; answers the exit code. */
const attach = async (session: ExecSession): Promise<number> => {
  const { stdin, stdout } = process;
  const resize = (): void => session.resize(sizeOf(stdout));
  stdout.on('resize', resize);
  stdin.setRawMode(true);
  // Raw to Node.js still turns every line feed into two characters, which the terminal inside has done where it should.
  spawnSync('stty', ['-opost'], { stdio: ['inherit', 'ignore', 'ignore'] });
  session.stdin.on('error', () => {});
  stdin.on('data', (chunk: Buffer) => session.stdin.write(chunk));
  stdin.on('end', () => session.stdin.write('\u0004'));
  session.stdout.on('data', (chunk: Buffer) => stdout.write(chunk));
  try {
    return await session.exitCode;
  } finally {
    stdin.setRawMode(false);
    stdout.off('resize', resize);
    stdin.destroy();
  }
};
