import { execFile } from 'node:child_process';

/** Runs a program with an input and resolves with what it printed. Rejects with what it said. */
export type RunProgram = (program: string, args: readonly string[], input?: string) => Promise<string>;

/** Runs a program of this machine, for ten seconds at most. */
export const runProgram: RunProgram = (program, args, input) =>
  new Promise((resolve, reject) => {
    const child = execFile(program, args, { timeout: 10_000, encoding: 'utf8' }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(Object.assign(new Error(stderr.trim() || error.message), { code: error.code }));
    });
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input ?? '');
  });
