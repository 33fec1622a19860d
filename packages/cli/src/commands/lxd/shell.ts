/** `oreno lxd shell`: a terminal in an instance, of the window's size. */
import { CommandFailure } from '../../failure.ts';
import { withLxd } from '../../lxd/session.ts';
import type { Target } from '../../lxd/target.ts';

/** bash where there is one; as another user with that user's own environment. */
const login =
  'if [ -n "$1" ]; then exec su - "$1"; elif command -v bash >/dev/null; then exec bash -l; else exec sh -l; fi';

export const shell = (name: string, options: Target & { readonly user?: string }): Promise<void> =>
  withLxd(options, async (lxd) => {
    const { stdin, stdout } = process;
    const sizeOf = () => ({ width: stdout.columns ?? 80, height: stdout.rows ?? 24 });
    const session = await lxd.instance(name).exec(['sh', '-c', login, 'shell', options.user ?? ''], {
      terminal: sizeOf(),
      environment: {
        TERM: process.env['TERM'] ?? 'xterm',
        HOME: '/root',
        USER: 'root',
        PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      },
    });
    const resize = (): void => session.resize(sizeOf());
    stdout.on('resize', resize);
    if (stdin.isTTY) stdin.setRawMode(true);
    session.stdin.on('error', () => {});
    stdin.on('data', (chunk: Buffer) => session.stdin.write(chunk));
    stdin.on('end', () => session.stdin.write('\u0004'));
    session.stdout.on('data', (chunk: Buffer) => stdout.write(chunk));
    try {
      const code = await session.exitCode;
      if (code !== 0) throw new CommandFailure('', code);
    } finally {
      if (stdin.isTTY) stdin.setRawMode(false);
      stdout.off('resize', resize);
      stdin.destroy();
    }
  });
