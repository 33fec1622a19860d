/**
 * The entry of the log spool's process: `spool-main.ts <data folder> <options as JSON>`. Logs to its standard output,
 * one JSON object a line. Starts from Node's compile cache, as the agent does.
 */
import { enableCompileCache } from 'node:module';
import type { Log } from '../domain/agent-runtime.ts';
import type { SpoolProcessOptions } from './spool-process.ts';

enableCompileCache();
process.title = 'oreno-log-spool';
process.umask(0o077);

const log: Log = (level, message, fields) => {
  if (level === 'debug') return;
  process.stdout.write(`${JSON.stringify({ time: new Date().toISOString(), level, message, ...fields })}\n`);
};

const [, , dataDir = '', given = '{}'] = process.argv;
try {
  const { runSpoolProcess } = await import('./spool-process.ts');
  await runSpoolProcess({ ...(JSON.parse(given) as Omit<SpoolProcessOptions, 'dataDir' | 'log'>), dataDir, log });
} catch (error) {
  log('error', 'log spool: cannot run', { error: String(error) });
  process.exitCode = 1;
}
// A connection of a driver or an agent must not hold what has ended.
process.exit();
