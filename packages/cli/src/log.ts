/**
 * Log lines: one readable line each on a terminal, JSON otherwise. Levels below info are left out unless
 * ORENO_LOG_LEVEL asks for them.
 */
import type { Log } from '@oreno/aws-wire';
import { pino, type Logger } from 'pino';

export type LogFormat = 'human' | 'json';

const colours = { debug: 90, info: 36, warn: 33, error: 31 } as const;

/** Makes the log of a long-running command, on standard error. */
export const openLog = (format: LogFormat | undefined): Log => {
  const level = process.env['ORENO_LOG_LEVEL'] ?? 'info';
  if ((format ?? (process.stderr.isTTY ? 'human' : 'json')) === 'human') return humanLog(level === 'debug');
  const destination = pino.destination({ fd: 2, sync: true, minLength: writtenTogether });
  let later: NodeJS.Timeout | undefined;
  const flush = (): void => {
    clearTimeout(later);
    later = undefined;
    destination.flushSync();
  };
  process.on('exit', flush);
  const logger: Logger = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination);
  return (level, message, fields) => {
    logger[level](fields ?? {}, message);
    // What may be the last line before the end is not kept back.
    if (level === 'warn' || level === 'error') flush();
    else later ??= setTimeout(flush, waitAtMost).unref();
  };
};

/** JSON lines are written together up to so many bytes, and after so many milliseconds: a busy server has thousands. */
const writtenTogether = 4_096;
const waitAtMost = 100;

const humanLog =
  (debug: boolean): Log =>
  (level, message, fields = {}) => {
    if (level === 'debug' && !debug) return;
    const time = new Date().toISOString().slice(11, 23);
    const details = Object.entries(fields)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
      .join(' ');
    const tag = process.stderr.isTTY ? `\u001b[${colours[level]}m${level.padEnd(5)}\u001b[0m` : level.padEnd(5);
    process.stderr.write(`${time} ${tag} ${message}${details === '' ? '' : `  ${details}`}\n`);
  };
