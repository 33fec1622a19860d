/** The streams of this process for a command that runs without a terminal. */
import { pipeline } from 'node:stream/promises';
import type { ExecSession } from '@oreno/lxd';

/** Passes input and output on until the command ends; answers its exit code when all of its output was passed on. */
export const passThrough = async (session: ExecSession): Promise<number> => {
  session.stdin.on('error', () => {});
  if (process.stdin.isTTY) session.stdin.end();
  else process.stdin.pipe(session.stdin);
  const shown = (
    [
      [session.stdout, process.stdout],
      [session.stderr, process.stderr],
    ] as const
  ).map(([from, to]) =>
    // A reader that left, as `head` does, is the command's affair: it is told when it writes more.
    pipeline(from, to, { end: false }).catch(() => {}),
  );
  try {
    return await session.exitCode;
  } finally {
    await Promise.all(shown);
    process.stdin.unpipe().destroy();
  }
};
