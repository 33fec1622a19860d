/**
 * The `oreno` command: reads the arguments, loads the one command that was asked for, and turns what it throws
 * into one line and an exit code: 0, 1 failure, 2 usage. A command lives in commands/, one file each.
 */
import { enableCompileCache } from 'node:module';
import { Command, CommanderError } from 'commander';
import { CommandFailure } from './failure.ts';
import { describeCommands } from './program.ts';

enableCompileCache();
// Threads that wait for the disk, not for a processor: syncs that wait at the same time are one for the file system.
process.env['UV_THREADPOOL_SIZE'] ??= '12';

const fail = (error: unknown): number => {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof CommandFailure) {
    if (error.message !== '') process.stderr.write(`oreno: ${error.message}\n`);
    return error.exitCode;
  }
  process.stderr.write(`oreno: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return 1;
};

const program = describeCommands(new Command());
try {
  await program.parseAsync(process.argv);
} catch (error) {
  process.exitCode = fail(error);
}
